/** The file that a command reads. Apart from read-config.ts, because `check` needs no more of it. */
import { defaultFile, KEEPALIVED_FILE, OWN_FILE } from '../config/default-files.ts';
import type { Mode } from '../config/diagnostics/severity.ts';

export const FILE_HELP: string = `default ${OWN_FILE}, else ${KEEPALIVED_FILE}; - is standard input`;

/** keepalived's own file is read as keepalived reads it, unless somebody names it. */
export function chosenFile(
  named: string | undefined,
  compat: true | undefined,
): { readonly path: string; readonly mode: Mode } {
  const path = named ?? defaultFile();
  const isFallback = named === undefined && path === KEEPALIVED_FILE;
  return { path, mode: compat || isFallback ? 'compat' : 'default' };
}
