/** The file that a command names to the daemon, which reads it itself. */
import { resolve } from 'node:path';
import { DirectorError } from '../base/error.ts';

export const DAEMON_FILE_HELP = 'default: the file of the daemon';

/** An absolute path, or null: the daemon's own file. @throws DirectorError USAGE */
export function fileForDaemon(named: string | undefined): string | null {
  if (named === '-') {
    throw new DirectorError(
      'USAGE',
      'the daemon reads the file itself, and nothing that is piped',
      {
        hint: 'write it into a file: the daemon must be able to read it again',
      },
    );
  }
  return named === undefined ? null : resolve(named);
}
