/**
 * What drains, in the state directory: orders of operators outlive every restart and boot, and what leaves after a
 * reload is known to the next health process. One file, that only the health process writes.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DirectorError, errnoName } from '../base/error.ts';
import type { DrainState } from '../model/drain.ts';
import { OWNER_ONLY, readJson, writeDurably } from './durable.ts';

/** In the environment of a health process: the state directory. */
export const STATE_DIR_VARIABLE = 'LVSD_STATE_DIR';

const FILE = 'drains.json';

/** Nothing drains when the file is not there, or is not what we have written. */
export function readDrains(folder: string): DrainState {
  const told = readJson(join(folder, FILE)) as Partial<DrainState> | null;
  return {
    orders: Array.isArray(told?.orders) ? told.orders : [],
    leaving: Array.isArray(told?.leaving) ? told.leaving : [],
  };
}

/** It is on the disk when this returns. @throws DirectorError STATE_UNWRITABLE */
export function writeDrains(folder: string, state: DrainState): void {
  try {
    mkdirSync(folder, { recursive: true, mode: OWNER_ONLY.folder });
    writeDurably(join(folder, FILE), `${JSON.stringify(state, null, 2)}\n`);
  } catch (error) {
    throw new DirectorError(
      'STATE_UNWRITABLE',
      `the state directory ${folder} cannot be written: ${errnoName(error)}`,
      { cause: error, hint: 'give lvsd one that it may write: --state-dir DIR' },
    );
  }
}
