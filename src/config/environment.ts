/** What reading a configuration asks of this machine: files, interfaces, accounts. The only effects here. */
import { accessSync, constants, readdirSync, readFileSync, statSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseAddress } from '../base/address.ts';
import { errnoName } from '../base/error.ts';
import { systemRandom } from '../base/random.ts';
import { TEXT_MAX } from './expand.ts';
import type { FilePort } from './include.ts';

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** An address of this machine and the length of its network's prefix. */
export interface Network {
  readonly address: string;
  readonly prefixLength: number;
}

export interface ConfigEnvironment extends FilePort {
  hostName(): string;
  /** Names of the interfaces there are, or null when that cannot be told. */
  interfaces(): readonly string[] | null;
  /** Addresses of an interface and the networks they lie in; null when it has none, or is unknown. */
  networks(interfaceName: string): readonly Network[] | null;
  /** Null: there is no such user, or group. */
  account(user: string, group: string | null): Account | null;
  /** Whether a file can be run: `missing`, `not-executable` or fine. */
  program(path: string): 'good' | 'missing' | 'not-executable';
  variable(name: string): string | undefined;
  /** In [0, 1). */
  random(): number;
}

/** Octets of one file; all files together may not have more characters than that either. */
const FILE_BYTES_MAX = TEXT_MAX;

export function systemEnvironment(): ConfigEnvironment {
  // Asked of the kernel once a reading of the configuration.
  let names: readonly string[] | null = null;
  let networks: ReadonlyMap<string, readonly Network[]> | null = null;
  return {
    readFile,
    listFiles,
    absolutePath: (path) => resolve(path),
    hostName: hostname,
    interfaces: () => {
      names ??= readInterfaces();
      return names;
    },
    networks: (interfaceName) => {
      networks ??= readNetworks();
      return networks.get(interfaceName) ?? null;
    },
    account: findAccount,
    program: inspectProgram,
    variable: (name) => process.env[name],
    random: systemRandom,
  };
}

function readFile(path: string): { readonly text: string } | { readonly error: string } {
  try {
    const facts = statSync(path);
    if (facts.isDirectory()) return { error: 'it is a directory' };
    if (facts.size > FILE_BYTES_MAX) return { error: `it is larger than ${FILE_BYTES_MAX} octets` };
    return { text: readFileSync(path, 'utf8') };
  } catch (error) {
    return { error: errnoName(error) };
  }
}

/** Down interfaces count too: `os.networkInterfaces` leaves them out. */
function readInterfaces(): readonly string[] {
  try {
    return readdirSync('/sys/class/net');
  } catch {
    return Object.keys(networkInterfaces());
  }
}

function readNetworks(): ReadonlyMap<string, readonly Network[]> {
  const found = new Map<string, readonly Network[]>();
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    const networks = (addresses ?? []).flatMap(({ address, cidr }) => {
      const prefixLength = Number(cidr?.split('/')[1] ?? Number.NaN);
      const canonical = parseAddress(address);
      return canonical === null || Number.isNaN(prefixLength)
        ? []
        : [{ address: canonical, prefixLength }];
    });
    if (networks.length > 0) found.set(name, networks);
  }
  return found;
}

/** Patterns may stand in every part of the path; directories and executable files are passed over. */
function listFiles(pattern: string): readonly string[] {
  return matchParts('/', resolve(pattern).split('/').slice(1)).filter(isPlainFile).sort();
}

function matchParts(folder: string, parts: readonly string[]): readonly string[] {
  const [part = '', ...rest] = parts;
  const names = /[*?[]/.test(part) ? namesLike(folder, part) : [part];
  const paths = names.map((name) => join(folder, name));
  return rest.length === 0 ? paths : paths.flatMap((path) => matchParts(path, rest));
}

function namesLike(folder: string, pattern: string): readonly string[] {
  try {
    return readdirSync(folder).filter(nameMatcher(pattern));
  } catch {
    return [];
  }
}

/** glob(7) for one part of a path: `*`, `?` and `[…]`. A name that begins with a dot has to be asked for. */
export function nameMatcher(pattern: string): (name: string) => boolean {
  const form = pattern.replace(
    /\[([!^]?)(\]?[^\]]*)\]|[\s\S]/g,
    (one, not: string | undefined, set: string | undefined) => {
      if (set !== undefined) return `[${not ? '^' : ''}${set.replace(/[\\[\]^]/g, '\\$&')}]`;
      if (one === '*') return '.*';
      return one === '?' ? '.' : one.replace(/[\\.+^${}()|[\]]/g, '\\$&');
    },
  );
  const matcher = readMatcher(`^${form}$`);
  return (name) => (!name.startsWith('.') || pattern.startsWith('.')) && matcher.test(name);
}

/** A range that goes backwards, `[z-a]`, matches nothing. */
function readMatcher(form: string): RegExp {
  try {
    return new RegExp(form, 's');
  } catch {
    return /(?!)/;
  }
}

function isPlainFile(path: string): boolean {
  try {
    const facts = statSync(path);
    return facts.isFile() && (facts.mode & 0o111) === 0;
  } catch {
    return false;
  }
}

function findAccount(user: string, group: string | null): Account | null {
  const entry = lookUp('/etc/passwd', user);
  if (entry === null) return null;
  const [, , uid, gid] = entry;
  const ownGid = group === null ? gid : lookUp('/etc/group', group)?.[2];
  return ownGid === undefined ? null : { uid: Number(uid), gid: Number(ownGid) };
}

/** A line of a file with fields between colons, by its first field. */
function lookUp(path: string, name: string): readonly string[] | null {
  const read = readFile(path);
  if (!('text' in read)) return null;
  const line = read.text.split('\n').find((one) => one.startsWith(`${name}:`));
  return line?.split(':') ?? null;
}

/** A word without slash is looked for in PATH. */
function inspectProgram(path: string): 'good' | 'missing' | 'not-executable' {
  const candidates = path.includes('/')
    ? [path]
    : (process.env.PATH ?? '').split(':').map((folder) => join(folder, path));
  const there = candidates.find((one) => exists(one));
  if (there === undefined) return 'missing';
  try {
    accessSync(there, constants.X_OK);
    return statSync(there).isFile() ? 'good' : 'not-executable';
  } catch {
    return 'not-executable';
  }
}

function exists(path: string): boolean {
  try {
    return statSync(path).isFile() || dirname(path) === path;
  } catch {
    return false;
  }
}
