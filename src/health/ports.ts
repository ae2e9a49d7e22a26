/** What health asks of the outside, in its own words. */
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Clock, Instant } from '../base/time.ts';
import type { Trouble } from '../base/trouble.ts';
import type { Order } from '../model/drain.ts';
import type { ServerNotice } from '../model/notice.ts';
import type { VirtualServer } from '../model/virtual-server.ts';
import type { Ask } from './ask.ts';
import type { Dial } from './checker.ts';
import type { Rounds } from './rounds.ts';
import type { SessionPort } from './sessions.ts';

/** Tells operators, those of one server in order, and never blocks. */
export interface NotifyPort {
  changed(notice: ServerNotice): void;
}

/** What operators have ordered, by the names of virtual server and real server. */
export interface OrderPort {
  /** Nothing is ordered of anybody: nobody need be asked for. */
  readonly isEmpty: boolean;
  orderOf(virtualServer: string, realServer: string): Order | null;
}

/** What everything that watches needs. */
export interface WatchPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly dial: Dial;
  /** How checkers ask; absent: over the network. */
  readonly ask?: Ask;
  readonly notify: NotifyPort;
  readonly orders: OrderPort;
  readonly sessions: SessionPort;
  readonly rounds: Rounds;
  /** Checks that could not be made: one for all, because what is wanting there is wanting to thousands. */
  readonly unmade: Trouble;
}

/**
 * What is known of a real server when it begins to be watched: after an earlier life of this process from the
 * kernel's table, at a reload from the virtual server that had its service before. `unknown` when none of its
 * services was there, or was ours.
 */
export type Presence = 'serves' | 'withdrawn' | 'unknown';

/** Tells of each real server of a virtual server, in its order. */
export type PresenceOf = (
  server: Pick<VirtualServer, 'keys' | 'group' | 'realServers'>,
) => readonly Presence[];

/** Since when something stands as it does, and why. */
export interface Since {
  /** Milliseconds since 1970. */
  readonly ms: number;
  readonly reason: string;
}

/** When something came to be watched: what the first failed check is worth depends on it. */
export interface Beginning {
  readonly at: Instant;
  /** The same for people. One for all: a hundred thousand real servers begin together. */
  readonly since: Since;
  /** The daemon was serving before: a new server gets all its retries. */
  readonly reload: boolean;
  /** What its services held before; absent when nothing is to be learnt from that. */
  readonly presence?: PresenceOf;
}
