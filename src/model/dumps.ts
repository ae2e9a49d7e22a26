/** Where the dumps go that exporters made for keepalived read. */

export interface DumpSettings {
  /** Names or paths; a name is one in TMPDIR, else /tmp, as with keepalived. */
  readonly data: string;
  readonly stats: string;
  readonly json: string;
  readonly jsonVersion: 1 | 2;
}
