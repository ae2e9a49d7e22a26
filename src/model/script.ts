/** A command of the operator's, as checked by the configuration. */

export interface Script {
  /** Absolute path of the program, then its arguments. */
  readonly argv: readonly [string, ...string[]];
  /** Account to run as, or null for the daemon's own. */
  readonly account: { readonly user: string; readonly uid: number; readonly gid: number } | null;
}

/** Scripts run when an instance or a group changes state. */
export interface NotifyScripts {
  readonly master: Script | null;
  readonly backup: Script | null;
  readonly fault: Script | null;
  readonly stop: Script | null;
  /** Run on every change, with `INSTANCE|GROUP NAME STATE PRIORITY` appended. */
  readonly any: Script | null;
}
