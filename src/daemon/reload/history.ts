/**
 * The state directory: the texts of configurations that were good, and what kept-state.ts wants
 * remembered. Files may hold passwords, so only the daemon's account reads them.
 *
 *   DIR/state.json                    KeptState
 *   DIR/configurations/DIGEST.json    the texts of one configuration
 */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DirectorError, errnoName } from '../../base/error.ts';
import type { KeptFiles } from '../../config/kept.ts';
import { makeFolder, OWNER_ONLY, readJson, writeDurably } from '../durable.ts';
import { type KeptState, NOTHING_KEPT, referenced } from './kept-state.ts';
import { type ConfigSource, type Reading, readConfiguration } from './reload.ts';

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
      makeFolder(folder, OWNER_ONLY.folder);
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
