/** The files that are read when none is named. Apart, because `check` needs no more of read-config.ts. */
import { existsSync } from 'node:fs';
import type { Mode } from '../config/diagnostics/severity.ts';

export const OWN_FILE = '/etc/lvsd/lvsd.conf';
export const KEEPALIVED_FILE = '/etc/keepalived/keepalived.conf';
export const FILE_HELP: string = `default ${OWN_FILE}, else ${KEEPALIVED_FILE}; - is standard input`;

/** The file that lvsd would read when none is named. */
export function defaultFile(): string {
  return existsSync(OWN_FILE) ? OWN_FILE : KEEPALIVED_FILE;
}

/** keepalived's own file is read as keepalived reads it, unless somebody names it. */
export function chosenFile(
  named: string | undefined,
  compat: true | undefined,
): { readonly path: string; readonly mode: Mode } {
  const path = named ?? defaultFile();
  const isFallback = named === undefined && path === KEEPALIVED_FILE;
  return { path, mode: compat || isFallback ? 'compat' : 'default' };
}
