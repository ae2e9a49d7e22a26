/** The files that are read when none is named. Apart, because who only wants to know them needs no more of this folder. */
import { lstatSync } from 'node:fs';

export const OWN_FILE = '/etc/lvsd/lvsd.conf';
export const KEEPALIVED_FILE = '/etc/keepalived/keepalived.conf';

/** Our own file, else keepalived's; our own when there is neither. `isThere` is a test's. */
export function defaultFile(isThere: (path: string) => boolean = stands): string {
  return !isThere(OWN_FILE) && isThere(KEEPALIVED_FILE) ? KEEPALIVED_FILE : OWN_FILE;
}

/** A link that leads nowhere is there: who has made it means our own file, and is to be told. */
function stands(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
