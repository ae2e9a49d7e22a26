/** A command of the operator's, as checked by the configuration. */
import type { Millis } from '../base/time.ts';

export interface Script {
  /** Absolute path of the program, then its arguments. */
  readonly argv: readonly [string, ...string[]];
  /** Account to run as, or null for the daemon's own. */
  readonly account: { readonly user: string; readonly uid: number; readonly gid: number } | null;
}

/** A script that is ended when it takes longer. */
export interface TimedScript {
  readonly script: Script;
  readonly timeoutMs: Millis;
}

/** Before any process of ours begins, and when all have ended; null: nothing is run. */
export interface AroundScripts {
  readonly startup: TimedScript | null;
  readonly shutdown: TimedScript | null;
}

/** How a run of a script ended. */
export interface ScriptEnd {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
}

/** Who is told when an instance or a group changes state, and of what. */
export interface NotifyScripts {
  readonly master: Script | null;
  readonly backup: Script | null;
  readonly fault: Script | null;
  readonly stop: Script | null;
  readonly deleted: Script | null;
  /** Run when a master hears an advertisement of lower priority. */
  readonly lowerPriority: Script | null;
  /** Run on every change, with `INSTANCE|GROUP NAME STATE PRIORITY` appended. */
  readonly any: Script | null;
  /** That a reload has removed it is told as DELETED; else as FAULT. */
  readonly tellsDeleted: boolean;
  /** Changes of the effective priority are told to FIFOs. */
  readonly tellsPriority: boolean;
  /** Mail is sent on each change. */
  readonly mails: boolean;
}

export const NOBODY_IS_TOLD: NotifyScripts = {
  master: null,
  backup: null,
  fault: null,
  stop: null,
  deleted: null,
  lowerPriority: null,
  any: null,
  tellsDeleted: false,
  tellsPriority: false,
  mails: false,
};
