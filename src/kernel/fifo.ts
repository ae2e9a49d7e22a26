/**
 * The writing end of a FIFO. It is opened for reading too and never blocks: without a reader what is written
 * waits in the kernel until 64 KiB are full, and then is lost.
 */
import {
  chownSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { DirectorError, errnoName } from '../base/error.ts';
import type { FifoSettings } from '../model/notice.ts';
import { loadAddon } from './addon.ts';

/** Only whoever owns it; the daemon writes as root anyhow. */
const MODE = 0o600;
const ROOT = 0;

export interface Fifo {
  /** False: it is full, and nobody reads. */
  write(line: string): boolean;
  /** `remove`: also from its folder, if it was made here. */
  close(remove: boolean): void;
}

/** @throws DirectorError FIFO_REFUSED: what is there is another thing, or belongs to somebody else. */
export function openFifo({ path, account }: Pick<FifoSettings, 'path' | 'account'>): Fifo {
  const made = make(path, account);
  const fd = open(path);
  const facts = fstatSync(fd);
  const owners = [ROOT, process.geteuid?.() ?? ROOT, account?.uid ?? ROOT];
  if (!facts.isFIFO() || !owners.includes(facts.uid)) {
    closeSync(fd);
    const what = facts.isFIFO() ? `belongs to user ${facts.uid}` : 'is no FIFO';
    throw refusal(path, what, `remove it: lvsd makes one of its own`);
  }
  return {
    write: (line) => write(fd, line),
    close: (remove) => {
      closeSync(fd);
      if (remove && made && isStill(path, facts.ino)) rmSync(path, { force: true });
    },
  };
}

/** Whether it was made now; one that is there already is taken as it is. */
function make(path: string, account: FifoSettings['account']): boolean {
  try {
    loadAddon().makeFifo(path, MODE);
  } catch (error) {
    if (errnoName(error) === 'EEXIST') return false;
    throw refusal(path, `cannot be made: ${errnoName(error)}`, 'its folder has to be there', error);
  }
  if (account !== null) chownSync(path, account.uid, account.gid);
  return true;
}

function open(path: string): number {
  const { O_RDWR, O_NONBLOCK, O_NOFOLLOW } = constants;
  try {
    return openSync(path, O_RDWR | O_NONBLOCK | O_NOFOLLOW);
  } catch (error) {
    const name = errnoName(error);
    const why = name === 'ELOOP' ? 'is a symbolic link' : `cannot be opened: ${name}`;
    throw refusal(path, why, 'name the FIFO itself', error);
  }
}

/** A line is shorter than PIPE_BUF: it goes as a whole, or not at all. */
function write(fd: number, line: string): boolean {
  try {
    writeSync(fd, line);
    return true;
  } catch (error) {
    if (errnoName(error) === 'EAGAIN') return false;
    throw error;
  }
}

function isStill(path: string, inode: number): boolean {
  try {
    return lstatSync(path).ino === inode;
  } catch {
    return false;
  }
}

function refusal(path: string, why: string, hint: string, cause?: unknown): DirectorError {
  return new DirectorError('FIFO_REFUSED', `the FIFO ${path} ${why}`, { hint, cause });
}
