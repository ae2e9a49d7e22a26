/** What health asks of the outside, in its own words. */
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Clock, Instant } from '../base/time.ts';
import type { Script } from '../model/script.ts';
import type { Dial } from './checker.ts';
import type { Rounds } from './rounds.ts';

/** Runs the scripts of one subject in order, and never blocks. */
export interface NotifyPort {
  enqueue(notice: {
    readonly subject: string;
    readonly script: Script;
    readonly extraArgs: readonly string[];
  }): void;
}

/** What everything that watches needs. */
export interface WatchPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly dial: Dial;
  readonly notify: NotifyPort;
  readonly rounds: Rounds;
}

/** When something came to be watched: what the first failed check is worth depends on it. */
export interface Beginning {
  readonly at: Instant;
  /** The daemon was serving before: a new server gets all its retries. */
  readonly reload: boolean;
}
