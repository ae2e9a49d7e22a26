/**
 * The state directory: the texts of configurations that were good, and what kept-state.ts wants
 * remembered. Files may hold passwords, so only the daemon's account reads them.
 *
 *   DIR/state.json                    KeptState
 *   DIR/configurations/DIGEST.json    the texts of one configuration
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DirectorError, errnoName } from '../base/error.ts';
import type { KeptFiles } from '../config/kept.ts';
import { type KeptState, NOTHING_KEPT, referenced } from './kept-state.ts';
import { type ConfigSource, type Reading, readConfiguration } from './reload.ts';

const OWNER_ONLY = { folder: 0o700, file: 0o600 } as const;
const DIGEST = /^[0-9a-f]{12}$/;

interface KeptConfiguration {
  readonly source: ConfigSource;
  readonly files: KeptFiles;
}

export class History {
  readonly folder: string;
  private current: KeptState;

  constructor(folder: string) {
    this.folder = folder;
    this.current = readState(join(folder, 'state.json'));
  }

  get state(): KeptState {
    return this.current;
  }

  /**
   * Remembers a state, and the texts of a configuration that it names; forgets what it names no longer.
   * It is on the disk when this returns. @throws DirectorError STATE_UNWRITABLE; then nothing has changed.
   */
  remember(
    state: KeptState,
    ...readings: readonly Pick<Reading, 'digest' | 'source' | 'kept'>[]
  ): void {
    const folder = join(this.folder, 'configurations');
    try {
      mkdirSync(folder, { recursive: true, mode: OWNER_ONLY.folder });
      const there = new Set(readdirSync(folder));
      for (const { digest, source, kept } of readings) {
        if (there.has(`${digest}.json`)) continue;
        const configuration: KeptConfiguration = {
          source: { ...source, memory: null },
          files: kept,
        };
        writeDurably(this.fileOf(digest), JSON.stringify(configuration));
      }
      writeDurably(join(this.folder, 'state.json'), JSON.stringify(state));
      this.current = state;
      const needed = referenced(state);
      for (const name of there) {
        if (!needed.has(name.replace(/\.json$/, ''))) rmSync(join(folder, name), { force: true });
      }
    } catch (error) {
      throw new DirectorError(
        'STATE_UNWRITABLE',
        `the state directory ${this.folder} cannot be written: ${errnoName(error)}`,
        { cause: error, hint: 'give lvsd one that it may write: --state-dir DIR' },
      );
    }
  }

  /** The state counts for this life of the daemon only: the disk does not take it. */
  hold(state: KeptState): void {
    this.current = state;
  }

  /** A configuration read from its kept texts; null: they are not there. It may have errors by now. */
  read(digest: string): Reading | null {
    if (!DIGEST.test(digest)) return null;
    const kept = readJson(this.fileOf(digest)) as KeptConfiguration | null;
    if (kept === null) return null;
    try {
      return readConfiguration(kept.source, kept.files);
    } catch {
      // The file is not what we have written.
      return null;
    }
  }

  private fileOf(digest: string): string {
    return join(this.folder, 'configurations', `${digest}.json`);
  }
}

function readState(path: string): KeptState {
  const told = readJson(path) as Partial<KeptState> | null;
  if (told === null || !Array.isArray(told.good)) return NOTHING_KEPT;
  return { good: told.good, pin: told.pin ?? null, pending: told.pending ?? null };
}

/** Null: it is not there, or is no JSON. */
function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

/** The whole text or the one before, also when the machine loses its power meanwhile. */
function writeDurably(path: string, text: string): void {
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

function writeAll(opened: number, octets: Uint8Array): void {
  for (let at = 0; at < octets.length; ) at += writeSync(opened, octets, at);
}
