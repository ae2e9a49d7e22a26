/** What reading a configuration asks of this machine: files, interfaces, accounts. The only effects here. */
import { isAscii } from 'node:buffer';
import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
} from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseAddress } from '../base/address.ts';
import { errnoName } from '../base/error.ts';
import { systemRandom } from '../base/random.ts';
import { inspectPath } from '../base/trusted-path.ts';
import { nameMatcher } from './text/glob.ts';
import type { FilePort, FileText } from './text/include.ts';
import { TEXT_MAX } from './text/limits.ts';

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
  /** Octets of the largest packet of an interface; null when it is unknown. */
  mtu(interfaceName: string): number | null;
  /** Null: there is no such user, or group. */
  account(user: string, group: string | null): Account | null;
  /** Whether a file can be run: `missing`, `not-executable` or fine. */
  program(path: string): 'good' | 'missing' | 'not-executable';
  /** Whether its group or everybody may read or write a file. */
  isOpenToOthers(path: string): boolean;
  /** Who besides root could change the program of this path, as a sentence; null: nobody. */
  whoCanChange(path: string): string | null;
  variable(name: string): string | undefined;
  /** In [0, 1). */
  random(): number;
}

/** Octets of one file; all files together may not have more characters than that either. */
const FILE_BYTES_MAX = TEXT_MAX;
/** Names in folders that the patterns of one reading are held against. */
const NAMES_MAX = 200_000;

export function systemEnvironment(): ConfigEnvironment {
  // Asked of the kernel once a reading of the configuration.
  let names: readonly string[] | null = null;
  let networks: ReadonlyMap<string, readonly Network[]> | null = null;
  const mtus = new Map<string, number | null>();
  const lister = new Lister();
  return {
    readFile,
    listFiles: (pattern) => lister.list(pattern),
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
    mtu: (interfaceName) => {
      const known = mtus.get(interfaceName);
      if (known !== undefined) return known;
      const octets = readMtu(interfaceName);
      mtus.set(interfaceName, octets);
      return octets;
    },
    account: remembered((user, group) => findAccount(user, group)),
    program: inspectProgram,
    isOpenToOthers,
    whoCanChange,
    variable: (name) => process.env[name],
    random: systemRandom,
  };
}

/** As seen by a configuration for another network namespace, whose interfaces are not those of this one. */
export function elsewhere(environment: ConfigEnvironment): ConfigEnvironment {
  return { ...environment, interfaces: () => null, networks: () => null, mtu: () => null };
}

/** The name that commands have for their standard input. */
export const STANDARD_INPUT = '-';
const STDIN_DESCRIPTOR = 0;

/** What was piped in: it is there once, and may be asked for by two names or twice. */
let standardInput: FileText | null = null;

/** The machine as a command sees it: besides files, it reads what is piped into it. */
export function commandEnvironment(): ConfigEnvironment {
  const environment = systemEnvironment();
  return {
    ...environment,
    readFile: (path) => {
      if (path !== STANDARD_INPUT) return environment.readFile(path);
      standardInput ??= readStandardInput();
      return standardInput;
    },
  };
}

/** The same question again gets the same answer, without asking the machine once more. */
function remembered<Answer>(
  ask: (user: string, group: string | null) => Answer,
): (user: string, group: string | null) => Answer {
  const answers = new Map<string, Answer>();
  return (user, group) => {
    const key = `${user}\n${group ?? ''}`;
    const known = answers.get(key);
    if (known !== undefined) return known;
    const answer = ask(user, group);
    answers.set(key, answer);
    return answer;
  };
}

/** Regular files only: a pipe may never have an end, and a device has none. */
function readFile(path: string): FileText {
  let opened: number | null = null;
  try {
    opened = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const facts = fstatSync(opened);
    if (facts.isDirectory()) return { error: 'it is a directory' };
    if (!facts.isFile()) return { error: 'it is no regular file; what is piped in is read as "-"' };
    return readText(opened, facts.size);
  } catch (error) {
    return { error: errnoName(error) };
  } finally {
    if (opened !== null) closeSync(opened);
  }
}

function readStandardInput(): FileText {
  try {
    return readText(STDIN_DESCRIPTOR, 0);
  } catch (error) {
    return { error: errnoName(error) };
  }
}

function readText(opened: number, size: number): FileText {
  const octets = readOctets(opened, size);
  if (octets === null) return { error: `it is larger than ${FILE_BYTES_MAX} octets` };
  // ASCII, which nearly all are, is quicker to copy than to decode.
  return { text: octets.toString(isAscii(octets) ? 'latin1' : 'utf8') };
}

/** Null: there are too many. A file of /proc says that it has none, and gives some. */
function readOctets(opened: number, size: number): Buffer | null {
  if (size > FILE_BYTES_MAX) return null;
  let octets = Buffer.allocUnsafe(Math.max(size + 1, 4096));
  let length = 0;
  for (;;) {
    const count = readSync(opened, octets, length, octets.length - length, null);
    length += count;
    if (count === 0) return octets.subarray(0, length);
    if (length > FILE_BYTES_MAX) return null;
    if (length === octets.length) octets = Buffer.concat([octets], octets.length * 2);
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

function readMtu(interfaceName: string): number | null {
  if (interfaceName.includes('/')) return null;
  try {
    const octets = Number(readFileSync(`/sys/class/net/${interfaceName}/mtu`, 'utf8'));
    return Number.isInteger(octets) ? octets : null;
  } catch {
    return null;
  }
}

/** Files by patterns, which may stand in every part of a path; directories and executable files are passed over. */
class Lister {
  private namesLeft = NAMES_MAX;

  list(pattern: string): readonly string[] | { readonly error: string } {
    const paths = this.below('/', resolve(pattern).split('/').slice(1));
    if (this.namesLeft < 0) {
      return { error: `patterns of includes that look at more than ${NAMES_MAX} names in folders` };
    }
    return paths.filter(isPlainFile).sort();
  }

  private below(folder: string, parts: readonly string[]): readonly string[] {
    const [part = '', ...rest] = parts;
    const names = /[*?[]/.test(part) ? this.namesLike(folder, part) : [part];
    const paths = names.map((name) => join(folder, name));
    return rest.length === 0 ? paths : paths.flatMap((path) => this.below(path, rest));
  }

  private namesLike(folder: string, pattern: string): readonly string[] {
    if (this.namesLeft < 0) return [];
    try {
      const names = readdirSync(folder);
      this.namesLeft -= names.length;
      return names.filter(nameMatcher(pattern));
    } catch {
      return [];
    }
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

function whoCanChange(path: string): string | null {
  const verdict = inspectPath(path);
  return 'unsafe' in verdict ? verdict.unsafe : null;
}

function isOpenToOthers(path: string): boolean {
  try {
    return (statSync(path).mode & 0o066) !== 0;
  } catch {
    return false;
  }
}

function exists(path: string): boolean {
  try {
    return statSync(path).isFile() || dirname(path) === path;
  } catch {
    return false;
  }
}
