/**
 * Whether others than root could change what a program is: the rule of keepalived's enable_script_security.
 *
 * Without a race: a name can be changed only by who may write the directory that holds it. The walk begins
 * at / and goes on only through directories that nobody but the trusted may write, so what it has seen stays
 * as it was seen, whatever others do meanwhile. Of a sticky directory that holds for what the trusted own in
 * it. A symbolic link is followed by the same walk, from the place of the link on.
 */
import { lstatSync, readlinkSync, realpathSync, type Stats } from 'node:fs';
import { errnoName } from './error.ts';

const ROOT = 0;
const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;
const SETUID = 0o4000;
const EXECUTABLE = 0o111;
/** As many as the kernel follows. */
const LINKS_MAX = 40;

export interface PathVerdict {
  /** Null: only the trusted can change it; else who can, as a sentence. */
  readonly unsafe: string | null;
  /** Its file runs as root whoever starts it. */
  readonly isSetuidRoot: boolean;
}

export interface PathRefusal {
  /** It cannot be run at all, and why. */
  readonly unusable: string;
}

/** `lstat` and `readlink` of this machine, or of a test. */
export interface PathPort {
  lstat(path: string): Pick<Stats, 'uid' | 'mode'> & {
    isSymbolicLink(): boolean;
    isDirectory(): boolean;
    isFile(): boolean;
  };
  readlink(path: string): string;
}

const SYSTEM: PathPort = {
  lstat: (path) => lstatSync(path),
  readlink: (path) => readlinkSync(path),
};

/** Looks at an absolute path, part by part from the root. */
export function inspectPath(path: string, port: PathPort = SYSTEM): PathVerdict | PathRefusal {
  if (!path.startsWith('/')) return { unusable: `${path} is no absolute path` };
  let unsafe: string | null = null;
  const tell = (sentence: string | null): void => {
    unsafe ??= sentence;
  };
  const ahead = ['', ...partsOf(path)];
  let [at, links] = ['', 0];
  try {
    for (let part = ahead.shift(); part !== undefined; part = ahead.shift()) {
      if (part === '..') {
        at = at.slice(0, Math.max(0, at.lastIndexOf('/')));
        continue;
      }
      const here = part === '' ? '/' : `${at}/${part}`;
      const facts = port.lstat(here);
      const isLast = ahead.length === 0;
      if (facts.isSymbolicLink()) {
        tell(ownedByOther(here, facts));
        links += 1;
        if (links > LINKS_MAX) return { unusable: `${path} leads through too many links` };
        const target = port.readlink(here);
        if (target.startsWith('/')) at = '';
        ahead.unshift(...partsOf(target));
        continue;
      }
      tell(ownedByOther(here, facts) ?? writableByOthers(here, facts));
      if (isLast) return lastPart(here, facts, unsafe);
      if (!facts.isDirectory()) return { unusable: `${here} is no directory` };
      at = here === '/' ? '' : here;
    }
  } catch (error) {
    return { unusable: `${path}: ${errnoName(error)}` };
  }
  return { unusable: `${path} is a directory` };
}

export interface OpenFolder {
  /** The folder itself, or one that it lies in. */
  readonly at: string;
  /** Who can change it, as a sentence. */
  readonly reason: string;
}

/**
 * Whether others than root and this process could put a file of their own into a folder; null: nobody could. A folder
 * that is not there is nobody's.
 */
export function openFolder(folder: string, ownUid: number): OpenFolder | null {
  try {
    const whole = realpathSync(folder);
    for (let at = whole; ; at = at.slice(0, at.lastIndexOf('/'))) {
      const here = at === '' ? '/' : at;
      const { uid, mode } = lstatSync(here);
      // A sticky folder keeps what is in it from others; a file that is not there yet it does not.
      const facts = { mode: here === whole ? mode & ~STICKY : mode, isDirectory: () => true };
      const who = uid === ownUid ? null : ownedByOther(here, { uid });
      const reason = who ?? writableByOthers(here, facts);
      if (reason !== null) return { at: here, reason };
      if (here === '/') return null;
    }
  } catch {
    return null;
  }
}

function lastPart(
  path: string,
  facts: ReturnType<PathPort['lstat']>,
  unsafe: string | null,
): PathVerdict | PathRefusal {
  if (!facts.isFile()) return { unusable: `${path} is no regular file` };
  if ((facts.mode & EXECUTABLE) === 0) return { unusable: `${path} is not executable` };
  return { unsafe, isSetuidRoot: facts.uid === ROOT && (facts.mode & SETUID) !== 0 };
}

function partsOf(path: string): readonly string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

function ownedByOther(path: string, { uid }: Pick<Stats, 'uid'>): string | null {
  return uid === ROOT ? null : `${path} belongs to user ${uid}`;
}

function writableByOthers(
  path: string,
  facts: Pick<ReturnType<PathPort['lstat']>, 'mode' | 'isDirectory'>,
): string | null {
  if ((facts.mode & WRITABLE_BY_OTHERS) === 0) return null;
  if (facts.isDirectory() && (facts.mode & STICKY) !== 0) return null;
  return `${path} can be written by ${(facts.mode & 0o002) === 0 ? 'its group' : 'everybody'}`;
}
