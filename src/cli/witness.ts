/**
 * `lvsctl witness`: a voice in the lease on a machine that is no director. One UDP port; no root, no disk, no
 * configuration but a key. It runs until it is told to end; SIGUSR1 makes it tell its state.
 */
import { readFileSync, statSync } from 'node:fs';
import { familyOf, parseEndpoint } from '../base/address.ts';
import { formatEndpoint } from '../base/endpoint.ts';
import { DirectorError, errnoName } from '../base/error.ts';
import { type Log, type LogRecord, logTo } from '../base/log.ts';
import { drawNumber } from '../base/random.ts';
import { systemClock } from '../base/time.ts';
import type { Etcd } from '../kernel/etcd.ts';
import { type Datagrams, openDatagrams, ownAddresses } from '../kernel/lease-socket.ts';
import { EtcdAcceptor } from '../lease/etcd-acceptor.ts';
import { Witness, type WitnessSnapshot } from '../lease/witness.ts';
import { LEASE_PORT, type LeaseEndpoint, SECRET_OCTETS_MIN } from '../model/lease.ts';
import { etcdId, nodeIdOf } from '../wire/lease.ts';
import { type Command, Exit } from './command.ts';
import { type Terminal, untilInterrupted } from './terminal.ts';

interface Options {
  readonly listen: string;
  readonly keyFile: string;
  readonly as?: readonly string[];
  readonly timeMax: string;
  readonly etcd?: readonly string[];
  readonly etcdPrefix: string;
  readonly etcdCa?: string;
  readonly etcdCert?: string;
  readonly etcdKey?: string;
  readonly etcdUser?: string;
  readonly etcdPasswordFile?: string;
  readonly json?: true;
}

const TIME_MAX_SECONDS = 600;
const KEYS_MAX = 64;

export const witness: Command<Options> = {
  name: 'witness',
  summary: 'give leases of virtual addresses a third voice; runs in the foreground',
  declare(command) {
    command
      .requiredOption('--listen <address:port>', `UDP address to hear on (port ${LEASE_PORT})`)
      .requiredOption(
        '--key-file <file>',
        'file with the key of each group of directors, a line each; two keys on it while they change',
      )
      .option(
        '--as <address:port...>',
        'the acceptor as it stands in lvsd.conf, if that is another',
      )
      .option('--time-max <seconds>', 'longest promise, and silence after the start', '10')
      .option('--etcd <url...>', 'promise by this etcd cluster, for "acceptor etcd": its members')
      .option('--etcd-prefix <text>', 'of its keys: one for each pair of directors', '/lvsd/lease/')
      .option('--etcd-ca <file>', 'certificates that its members are signed by')
      .option('--etcd-cert <file>', 'certificate to show to it')
      .option('--etcd-key <file>', 'key of that certificate')
      .option('--etcd-user <name>', 'user of etcd')
      .option('--etcd-password-file <file>', 'file with the password of that user')
      .option('--json', 'one JSON object a line instead of sentences');
  },
  async run({ terminal }, options) {
    const listen = readEndpoint('--listen', options.listen);
    const self = {
      groups: readKeys(options.keyFile),
      names: namesOf(listen, options.as ?? []),
      promiseMsMax: readSeconds(options.timeMax) * 1000,
    };
    const log = logFor(terminal, options.json === true);
    const etcd = await openBackend(options, self.groups.length);
    let heard: Witness | null = null;
    const socket: Datagrams = await openDatagrams(listen, (octets, from) => {
      heard?.onDatagram(octets, from);
    });
    const ports = { clock: systemClock, log, draw: drawNumber, datagrams: socket };
    heard = new Witness(ports, {
      ...self,
      ...(etcd === null
        ? {}
        : {
            names: new Set([etcdId()]),
            acceptorOf: (who) =>
              new EtcdAcceptor({ clock: systemClock, log, etcd }, who, options.etcdPrefix),
          }),
    });
    const where = formatEndpoint(listen.address, socket.port);
    const { silentForMs } = heard.snapshot();
    log.info({ listen: where, silentForMs, groups: self.groups.length }, 'witness started');
    const tell = (): void => tellState(terminal, (heard as Witness).snapshot(), options);
    process.on('SIGUSR1', tell);
    const { interrupted, stop } = untilInterrupted();
    await interrupted;
    stop();
    process.off('SIGUSR1', tell);
    socket.close();
    etcd?.close();
    log.info({ listen: where }, 'witness stopped');
    return Exit.ok;
  },
};

/** Null: it has a memory of its own. @throws DirectorError USAGE */
async function openBackend(options: Options, groups: number): Promise<Etcd | null> {
  const { etcd: urls, etcdCa, etcdCert, etcdKey, etcdUser, etcdPasswordFile } = options;
  if (urls === undefined) return null;
  const refuse = (message: string, hint: string): DirectorError =>
    new DirectorError('USAGE', message, { hint });
  if (groups > 1) {
    const message = '--key-file holds the keys of several groups of directors';
    throw refuse(message, 'with --etcd each group has a witness and a prefix of its own');
  }
  if ((etcdCert === undefined) !== (etcdKey === undefined)) {
    throw refuse('--etcd-cert and --etcd-key need each other', 'both are files in PEM');
  }
  if ((etcdUser === undefined) !== (etcdPasswordFile === undefined)) {
    throw refuse('--etcd-user and --etcd-password-file need each other', 'or neither is written');
  }
  // HTTP and TLS are loaded only where they are needed.
  const { openEtcd } = await import('../kernel/etcd.ts');
  return openEtcd({
    endpoints: urls.map(readUrl),
    ca: etcdCa === undefined ? null : readText(etcdCa),
    identity:
      etcdCert === undefined || etcdKey === undefined
        ? null
        : { cert: readText(etcdCert), key: readSecretFile(etcdKey, 'the key of the certificate') },
    user:
      etcdUser === undefined || etcdPasswordFile === undefined
        ? null
        : {
            name: etcdUser,
            password: readSecretFile(etcdPasswordFile, 'the password of etcd').replace(
              /\r?\n$/,
              '',
            ),
          },
  });
}

/** @throws DirectorError USAGE */
function readUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isRoot = url !== null && url.pathname === '/' && url.search === '' && url.username === '';
  if (isRoot && (url.protocol === 'http:' || url.protocol === 'https:')) return url.origin;
  // What stands before the "@" may be a password.
  const shown = text.replace(/^(\w+:\/*)?.*@/s, '$1********@');
  throw new DirectorError('USAGE', `--etcd ${shown} is no URL of a member of etcd`, {
    hint: 'write it as https://10.0.0.9:2379, without a path and without a password',
  });
}

/** @throws DirectorError USAGE */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new DirectorError('USAGE', `${path}: ${errnoName(error)}`, {
      hint: 'a file that this account can read',
      cause: error,
    });
  }
}

/** @throws DirectorError USAGE */
function readEndpoint(option: string, text: string): LeaseEndpoint {
  const endpoint = parseEndpoint(text, LEASE_PORT);
  if (endpoint !== null) return endpoint;
  throw new DirectorError('USAGE', `${option} ${text} is no address with a port`, {
    hint: `write it as 192.0.2.3:${LEASE_PORT}, [2001:db8::3]:${LEASE_PORT} or 0.0.0.0:${LEASE_PORT}`,
  });
}

/** A question names the acceptor it is for: on all addresses it may be any of them. */
function namesOf({ address, port }: LeaseEndpoint, others: readonly string[]): ReadonlySet<number> {
  const isAny = address === '0.0.0.0' || address === '::';
  const own = isAny
    ? ownAddresses().filter((one) => familyOf(one) === familyOf(address))
    : [address];
  const named = others.map((text) => readEndpoint('--as', text));
  const all = [...own.map((one) => ({ address: one, port })), ...named];
  return new Set(all.map((one) => nodeIdOf(one.address, one.port)));
}

function readSeconds(text: string): number {
  const seconds = Number(text);
  if (seconds > 0 && seconds <= TIME_MAX_SECONDS) return seconds;
  throw new DirectorError('USAGE', `--time-max ${text} is no number of seconds`, {
    hint: `above 0 and up to ${TIME_MAX_SECONDS}; 10 is enough for leases of up to 9 s`,
  });
}

/** A line a group of directors, its keys on it. @throws DirectorError USAGE for a file that cannot be used. */
function readKeys(path: string): readonly (readonly string[])[] {
  const groups = readSecretFile(path, 'the key of the lease')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(/\s+/));
  const what = faultOf(groups);
  if (what === null) return groups;
  throw new DirectorError('USAGE', `${path} holds ${what}`, {
    hint: `one key a line, as in "lease { key … }" of lvsd.conf; "openssl rand -hex 32" makes one`,
  });
}

function faultOf(groups: readonly (readonly string[])[]): string | null {
  const keys = groups.flat();
  if (keys.length === 0) return 'no key';
  if (keys.length > KEYS_MAX) return `more than ${KEYS_MAX} keys`;
  // In two groups it would have two voices.
  if (new Set(keys).size < keys.length) return 'a key twice';
  const isShort = keys.some((one) => Buffer.byteLength(one) < SECRET_OCTETS_MIN);
  return isShort ? `a key of less than ${SECRET_OCTETS_MIN} characters` : null;
}

/** @throws DirectorError USAGE */
function readSecretFile(path: string, what: string): string {
  try {
    const isOpenToAll = (statSync(path).mode & 0o007) !== 0;
    if (!isOpenToAll) return readFileSync(path, 'utf8');
  } catch (error) {
    throw new DirectorError('USAGE', `${path}: ${errnoName(error)}`, {
      hint: `a file with ${what}, which this account can read`,
      cause: error,
    });
  }
  throw new DirectorError('USAGE', `${path} can be read by everybody`, {
    hint: `who can read it can take any lease: chmod o= ${path}`,
  });
}

function logFor(terminal: Terminal, isJson: boolean): Log {
  return logTo((record) => {
    if (record.level === 'debug' || record.level === 'trace') return;
    terminal.write(isJson ? `${JSON.stringify(asJson(record))}\n` : `${sentence(record)}\n`);
  });
}

function asJson({ level, fields, message }: LogRecord): object {
  return { time: new Date(systemClock.wallTimeMs()).toISOString(), level, msg: message, ...fields };
}

function sentence({ level, fields, message }: LogRecord): string {
  const facts = Object.entries(fields).map(([name, value]) => `${name} ${value}`);
  const mark = level === 'info' ? '' : `${level}: `;
  return `${mark}${message}${facts.length > 0 ? `: ${facts.join(', ')}` : ''}`;
}

function tellState(terminal: Terminal, state: WitnessSnapshot, options: Options): void {
  if (options.json) {
    terminal.write(`${JSON.stringify({ state })}\n`);
    return;
  }
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  const refused = Object.entries(state.refused).map(([why, count]) => `${count} for ${why}`);
  const lines = [
    state.silentForMs > 0 ? `silent for another ${seconds(state.silentForMs)}` : 'speaking',
    ...state.leases.map(({ lease, holder, leftMs }) => {
      return `${lease}: promised to ${holder} for ${seconds(leftMs)}`;
    }),
    ...state.directors.map(({ endpoint, questions, heardAgoMs }) => {
      return `director ${endpoint}: ${questions} questions, the last ${seconds(heardAgoMs)} ago`;
    }),
    ...(refused.length > 0 ? [`refused ${refused.join(', ')}`] : []),
  ];
  terminal.write(lines.map((line) => `  ${line}\n`).join(''));
}
