/** Small files that outlive a process: written as a whole or not at all. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { errnoName } from '../base/error.ts';

export const OWNER_ONLY = { folder: 0o700, file: 0o600 } as const;

/**
 * Makes a folder and those around it. Of a file system that is read-only Node's recursive form says ENOENT: then the
 * kernel is asked for the first of them alone, and its own word is thrown.
 */
export function makeFolder(path: string, mode: number, make: typeof mkdirSync = mkdirSync): void {
  try {
    make(path, { recursive: true, mode });
  } catch (error) {
    if (errnoName(error) !== 'ENOENT') throw error;
    make(firstMissing(path), { mode });
    make(path, { recursive: true, mode });
  }
}

function firstMissing(path: string): string {
  const parent = dirname(path);
  return parent === path || existsSync(parent) ? path : firstMissing(parent);
}

/** Null: it is not there, or is no JSON. */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

/** The whole text or the one before, also when the machine loses its power meanwhile. */
export function writeDurably(path: string, text: string): void {
  const draft = `${path}.new`;
  rmSync(draft, { force: true });
  const opened = openSync(draft, 'wx', OWNER_ONLY.file);
  try {
    writeAll(opened, Buffer.from(text));
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
  renameSync(draft, path);
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** The same for what need not outlive the machine: a full disk or a crash leaves the text before. */
export function writeWhole(path: string, text: string): void {
  const draft = `${path}.new`;
  writeFileSync(draft, text);
  renameSync(draft, path);
}

function writeAll(opened: number, octets: Uint8Array): void {
  for (let at = 0; at < octets.length; ) at += writeSync(opened, octets, at);
}
