/** What is tracked, whatever it is: how it is now, since when, and what it was told to be called. */
import type { Family } from '../base/address.ts';
import type { Log } from '../base/log.ts';
import type { Cancel, Clock, Millis } from '../base/time.ts';
import type { Script } from '../model/script.ts';
import type { TrackKind } from '../model/vrrp.ts';
import type { ProcessFacts } from './process.ts';
import type { ScriptResult } from './script.ts';

export interface Reading {
  /** Null: not known yet. */
  readonly up: boolean | null;
  /** The number in a file; null for everything else, and before it was read. */
  readonly value: number | null;
}

/** Nothing is known yet. */
export const UNKNOWN: Reading = { up: null, value: null };

export interface Tracker {
  readonly kind: TrackKind;
  readonly name: string;
  readonly reading: Reading;
  /** Milliseconds since 1970: when it became what it is. */
  readonly sinceMs: number;
  /** What was seen last, in words: `exit code 1`, `3 processes`; null: there is nothing to say. */
  readonly detail: string | null;
  close(): void;
}

export interface FilePort {
  /** Tells what is in a file, soon and at each change; null: there is no such file. */
  watch(path: string, onText: (text: string | null) => void): Cancel;
  /** Writes it, unless it is there and `overwrite` is false. Throws when it cannot. */
  create(path: string, text: string, overwrite: boolean): void;
}

export interface ProcessListener {
  /** Whether `argv` is wanted: it costs another file of /proc. */
  readonly wantsCommandLines: boolean;
  /** A process is new or is something else now; null: it has ended. Tells whether it is to be watched closely. */
  onProcess(pid: number, facts: ProcessFacts | null): boolean;
  /** All processes have been looked at once more. */
  onRound(): void;
}

export interface ProcessPort {
  watch(listener: ProcessListener): Cancel;
}

/** What trackers ask of the outside. */
export interface TrackPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly links: { find(name: string, family: Family): { readonly running: boolean } | null };
  readonly files: FilePort;
  readonly processes: ProcessPort;
  /** Runs a tracked script; never rejects: one that cannot be started has failed. */
  runScript(script: Script, timeoutMs: Millis): Promise<ScriptResult>;
  /** Whether a BFD session is up; null: there is none of this name, or it is not known yet. */
  bfdUp(name: string): boolean | null;
}
