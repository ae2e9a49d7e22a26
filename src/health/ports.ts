/** What health asks of the outside, in its own words. */
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Clock, Instant } from '../base/time.ts';
import type { Script } from '../model/script.ts';
import type { RealServer, ServiceKey } from '../model/virtual-server.ts';
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

/**
 * What the kernel's table tells of a real server after an earlier life of this process: `unknown` when
 * its virtual server is not there, or is not ours.
 */
export type KernelPresence = 'serves' | 'withdrawn' | 'unknown';

export type PresenceOf = (
  key: ServiceKey,
  real: Pick<RealServer, 'address' | 'port' | 'weight'>,
) => KernelPresence;

/** When something came to be watched: what the first failed check is worth depends on it. */
export interface Beginning {
  readonly at: Instant;
  /** The daemon was serving before: a new server gets all its retries. */
  readonly reload: boolean;
  /** What the kernel already holds; absent when nothing is to be learnt from it. */
  readonly presence?: PresenceOf;
}
