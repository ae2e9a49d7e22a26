/** Files with the number of a process, for whoever watches it or signals it by that. */
import { writeFileSync } from 'node:fs';
import { DirectorError, errnoName } from '../../base/error.ts';

/** `option`: which one gives it another place. @throws DirectorError RUN_DIR_UNWRITABLE */
export function writePid(path: string, pid: number, option: string): void {
  try {
    writeFileSync(path, `${pid}\n`);
  } catch (cause) {
    const why = `the pid file ${path} cannot be written: ${errnoName(cause)}`;
    const hint = `make room for it, or give it another place: ${option} FILE`;
    throw new DirectorError('RUN_DIR_UNWRITABLE', why, { cause, hint });
  }
}
