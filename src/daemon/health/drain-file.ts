/**
 * What drains, in the state directory: orders of operators outlive every restart and boot, and what leaves after a
 * reload is known to the next health process. One file, that only the health process writes.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DirectorError, errnoName } from '../../base/error.ts';
import type { DrainState } from '../../model/drain.ts';
import { makeFolder, OWNER_ONLY, readJson, writeDurably } from '../durable.ts';

/** In the environment of a health process: the state directory. */
export const STATE_DIR_VARIABLE = 'LVSD_STATE_DIR';

const FILE = 'drains.json';

/**
 * Nothing drains when the file is not there. When it is there and is not what we have written, nothing does either,
 * and `onLost` is told: what operators have ordered is not in force any more.
 */
export function readDrains(folder: string, onLost: (path: string) => void): DrainState {
  const path = join(folder, FILE);
  const told = readJson(path) as DrainState | null;
  const isOurs =
    typeof told?.director === 'string' &&
    [told.orders, told.lifts, told.leaving].every((list) => Array.isArray(list));
  if (isOurs) return told;
  if (existsSync(path)) onLost(path);
  return { director: randomBytes(8).toString('hex'), orders: [], lifts: [], leaving: [] };
}

/** It is on the disk when this returns. @throws DirectorError STATE_UNWRITABLE */
export function writeDrains(folder: string, state: DrainState): void {
  try {
    makeFolder(folder, OWNER_ONLY.folder);
    writeDurably(join(folder, FILE), `${JSON.stringify(state, null, 2)}\n`);
  } catch (error) {
    throw new DirectorError(
      'STATE_UNWRITABLE',
      `the state directory ${folder} cannot be written: ${errnoName(error)}`,
      { cause: error, hint: 'give lvsd one that it may write: --state-dir DIR' },
    );
  }
}
