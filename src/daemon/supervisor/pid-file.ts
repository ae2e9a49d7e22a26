/** Files with the number of a process, for whoever watches it or signals it by that. */
import { writeFileSync } from 'node:fs';
import { DirectorError, errnoName } from '../../base/error.ts';

/** What helps besides another place. */
const CURES: Readonly<Record<string, string>> = {
  ENOENT: 'make its folder',
  ENOSPC: 'make room for it',
  EDQUOT: 'make room for it',
};

/** `option`: which one gives it another place. @throws DirectorError RUN_DIR_UNWRITABLE */
export function writePid(path: string, pid: number, option: string): void {
  try {
    writeFileSync(path, `${pid}\n`);
  } catch (cause) {
    const why = `the pid file ${path} cannot be written: ${errnoName(cause)}`;
    const first = CURES[errnoName(cause)];
    const hint = `${first === undefined ? '' : `${first}, or `}give it another place: ${option} FILE`;
    throw new DirectorError('RUN_DIR_UNWRITABLE', why, { cause, hint });
  }
}
