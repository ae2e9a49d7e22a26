/** `lvsctl witness --etcd` before the etcd of Debian (etcd-server), on this machine's loopback. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { witness } from '../../src/cli/witness.ts';
import { type Datagrams, openDatagrams } from '../../src/kernel/lease-socket.ts';
import {
  decodeLease,
  encodeLease,
  etcdId,
  keyringOf,
  type LeaseAnswer,
  type LeaseAsk,
  signingKey,
} from '../../src/wire/lease.ts';
import { freePort } from '../world/free-port.ts';

const SECRET = '0123456789abcdef0123456789abcdef';
const KEY = signingKey(Buffer.from(SECRET));
const PASSWORD = 'canary-of-etcd';
const POLL = { timeout: 15_000, interval: 100 };

vi.setConfig({ testTimeout: 40_000, hookTimeout: 20_000 });

function hasEtcd(): boolean {
  try {
    execFileSync('etcd', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

let folder: string;
let etcd: ChildProcess;
let scheme = 'http';
/** Of etcd: for us, and for other members. Taken for each test, as those of the directors. */
let clientPort: number;
let peerPort: number;
const ending: (() => Promise<void>)[] = [];
const lines: string[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'etcd-'));
  scheme = 'http';
  lines.length = 0;
  clientPort = await freePort('tcp');
  peerPort = await freePort('tcp');
  start();
  await isThere();
});

afterEach(async () => {
  for (const end of ending.splice(0)) await end();
  await killed();
  rmSync(folder, { recursive: true });
});

function start(...more: readonly string[]): void {
  const client = `${scheme}://127.0.0.1:${clientPort}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  etcd = spawn(
    'etcd',
    [
      ...['--name', 'one', '--data-dir', join(folder, 'data'), '--log-level', 'error'],
      ...['--listen-client-urls', client, '--advertise-client-urls', client],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
      ...['--initial-cluster', `one=${peer}`, ...more],
    ],
    { stdio: 'ignore' },
  );
}

async function killed(): Promise<void> {
  const ended = new Promise((resolve) => etcd.once('exit', resolve));
  if (etcd.exitCode === null && etcd.kill('SIGKILL')) await ended;
}

async function isThere(): Promise<void> {
  const isUp = () =>
    post('/v3/kv/range', { key: 'AA==' }).then(
      () => true,
      () => false,
    );
  await expect.poll(isUp, POLL).toBe(true);
}

async function post(path: string, body: unknown, token?: string): Promise<Record<string, string>> {
  const reply = await fetch(`http://127.0.0.1:${clientPort}${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: token === undefined ? {} : { authorization: token },
  });
  if (!reply.ok) throw new Error(await reply.text());
  return (await reply.json()) as Record<string, string>;
}

function fileWith(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, 0o600);
  return path;
}

/** A director with the process beside it that asks etcd. */
class Director {
  private port = 0;
  private readonly node: number;
  private readonly answers: LeaseAnswer[] = [];
  private socket: Datagrams | null = null;
  private round = 0;
  private epoch = 0;

  constructor(node: number) {
    this.node = node;
  }

  async begin(options: object = {}): Promise<void> {
    this.port = await freePort('udp');
    const ended = witness.run(
      {
        terminal: {
          write: (text: string) => void lines.push(text),
          writeError: () => {},
          colour: false,
          live: false,
        },
        runDir: '',
      },
      {
        listen: `127.0.0.1:${this.port}`,
        keyFile: fileWith(`key-${this.node}`, SECRET),
        timeMax: '10',
        etcd: [`${scheme}://127.0.0.1:${clientPort}`],
        etcdPrefix: '/lvsd/lease/',
        ...options,
      } as never,
      [],
    );
    const socket = await openDatagrams({ address: '127.0.0.1', port: 0 }, (octets) => {
      const decoded = decodeLease(octets, keyringOf([KEY]));
      if ('message' in decoded && decoded.message.type === 'answer') {
        this.answers.push(decoded.message);
      }
    });
    this.socket = socket;
    ending.push(async () => {
      socket.close();
      process.emit('SIGTERM');
      await ended;
    });
  }

  /** Asks anew; the verdict, or `nothing` when none has come in time. */
  async ask(withinMs = 2_500, promiseMs = 3_000): Promise<string> {
    this.round += 1;
    const question: LeaseAsk = {
      type: 'ask',
      ...{ list: 1, node: this.node, acceptor: etcdId(), round: this.round, life: 1 },
      ...{ epoch: this.epoch, keys: [51], promiseMs, priority: 100 },
    };
    const to = { address: '127.0.0.1', port: this.port };
    const end = performance.now() + withinMs;
    while (performance.now() < end) {
      this.socket?.send(encodeLease({ ...question, epoch: this.epoch }, KEY), to);
      await new Promise((resolve) => setTimeout(resolve, 50));
      for (const { verdict, epoch, round } of this.answers.splice(0)) {
        if (verdict === 'epoch') this.epoch = epoch;
        else if (round === this.round) return verdict;
      }
    }
    return 'nothing';
  }
}

async function pair(options: object = {}): Promise<readonly [Director, Director]> {
  const [one, two] = [new Director(1), new Director(2)];
  await one.begin(options);
  await two.begin(options);
  return [one, two];
}

describe.skipIf(!hasEtcd())('etcd as an acceptor', () => {
  test('promises to one of two, and to the other when that does not ask any more', async () => {
    const [one, two] = await pair();
    expect(await one.ask()).toBe('granted');
    expect(await two.ask()).toBe('held');
    const begunAt = performance.now();
    expect(await one.ask()).toBe('granted');
    await expect.poll(() => two.ask(), POLL).toBe('granted');
    // Not before the promise is over, and etcd looks for leases that are over twice a second.
    expect(performance.now() - begunAt).toBeGreaterThan(2_900);
    expect(await one.ask()).toBe('held');
  });

  test('that is killed answers nobody, and keeps what was promised when it is back', async () => {
    const [one, two] = await pair();
    expect(await one.ask()).toBe('granted');
    await killed();
    expect(await one.ask(1_500)).toBe('nothing');
    start();
    await isThere();
    expect(await two.ask()).toBe('held');
    await expect.poll(() => one.ask(), POLL).toBe('granted');
    expect(lines.join('')).toMatch(/etcd does not answer: reason .*ECONNREFUSED/);
    expect(lines.join('')).toContain('etcd answers again');
  });

  test('that is stopped for a while promises nothing that was not told', async () => {
    const [one, two] = await pair();
    expect(await one.ask()).toBe('granted');
    expect(await two.ask()).toBe('held');
    etcd.kill('SIGSTOP');
    expect(await one.ask(1_800)).toBe('nothing');
    etcd.kill('SIGCONT');
    await expect.poll(() => one.ask(), POLL).toBe('granted');
    expect(await two.ask()).toBe('held');
  });

  test('of which two members do not answer is asked by the third within two thirds of a lease', async () => {
    const silent = [await silentMember(), await silentMember()];
    const [one, two] = await pair({ etcd: [...silent, `http://127.0.0.1:${clientPort}`] });
    // The first question is answered by an epoch, of which etcd knows nothing.
    const begunAt = performance.now();
    expect(await one.ask(5_000, 6_000)).toBe('granted');
    expect(performance.now() - begunAt).toBeLessThan(4_000);
    expect(lines.join('')).toMatch(/etcd does not answer: reason .*no answer within 1000 ms/);
    // It is asked on, and costs nothing any more.
    expect(await one.ask(900, 6_000)).toBe('granted');
    expect(await two.ask(5_000, 6_000)).toBe('held');
  });

  test('whose key somebody removed', async () => {
    const [one, two] = await pair();
    expect(await one.ask(2_500, 9_000)).toBe('granted');
    expect(await two.ask()).toBe('held');
    const key = Buffer.from('/lvsd/lease/51').toString('base64');
    expect((await post('/v3/kv/deleterange', { key })).deleted).toBe('1');
    expect(await two.ask()).toBe('held');
    expect(lines.join('')).toContain('a key of etcd is gone before its time');
    expect(await one.ask()).toBe('granted');
  });

  test('that wants to know who asks', async () => {
    await post('/v3/auth/user/add', { name: 'root', password: PASSWORD });
    await post('/v3/auth/role/add', { name: 'root' });
    await post('/v3/auth/user/grant', { user: 'root', role: 'root' });
    await post('/v3/auth/enable', {});
    const [stranger] = await pair();
    expect(await stranger.ask(1_500)).toBe('nothing');
    for (const end of ending.splice(0)) await end();
    const etcdPasswordFile = fileWith('password', `${PASSWORD}\n`);
    const [one] = await pair({ etcdUser: 'root', etcdPasswordFile });
    expect(await one.ask()).toBe('granted');
    // Tokens of etcd are forgotten when it is started again.
    await killed();
    start();
    await expect.poll(() => one.ask(), POLL).toBe('granted');
    expect(lines.join('')).not.toContain(PASSWORD);
  });

  test('that speaks TLS, and wants to see a certificate', async () => {
    await killed();
    scheme = 'https';
    const paths = certificates();
    start(
      ...['--cert-file', paths.cert, '--key-file', paths.key],
      ...['--client-cert-auth', '--trusted-ca-file', paths.ca],
    );
    const [one] = await pair({ etcdCa: paths.ca, etcdCert: paths.cert, etcdKey: paths.key });
    await expect.poll(() => one.ask(), POLL).toBe('granted');
    for (const end of ending.splice(0)) await end();
    // Who does not know who has signed its certificate does not talk to it.
    const [stranger] = await pair({ etcdCert: paths.cert, etcdKey: paths.key });
    expect(await stranger.ask(1_500)).toBe('nothing');
    expect(lines.join('')).toMatch(/etcd does not answer: reason .*(SELF_SIGNED|UNABLE_TO_VERIFY)/);
  });
});

/** As one that is stopped: its kernel takes connections, and nothing comes back. Its URL. */
async function silentMember(): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => void sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ending.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An authority, and a certificate of it for 127.0.0.1 that both sides show. */
function certificates(): { readonly ca: string; readonly cert: string; readonly key: string } {
  const at = (name: string): string => join(folder, name);
  const openssl = (...args: readonly string[]): void =>
    void execFileSync('openssl', args, { stdio: 'ignore' });
  const fresh = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl(
    ...['req', '-x509', ...fresh, '-days', '2', '-subj', '/CN=authority'],
    ...['-keyout', at('ca.key'), '-out', at('ca.pem')],
  );
  openssl(
    ...['req', ...fresh, '-subj', '/CN=127.0.0.1'],
    ...['-keyout', at('tls.key'), '-out', at('tls.csr')],
  );
  writeFileSync(at('san'), 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n');
  openssl(
    ...['x509', '-req', '-in', at('tls.csr'), '-CA', at('ca.pem'), '-CAkey', at('ca.key')],
    ...['-CAcreateserial', '-days', '2', '-extfile', at('san'), '-out', at('tls.pem')],
  );
  chmodSync(at('tls.key'), 0o600);
  return { ca: at('ca.pem'), cert: at('tls.pem'), key: at('tls.key') };
}
