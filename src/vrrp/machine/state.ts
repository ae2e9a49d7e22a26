/** What the machine of an instance is made of: its states, what happens to it, and what it wants done. */
import type { Instant, Millis } from '../../base/time.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';
import type { AnnouncePlan } from './announce.ts';
import type { Pace } from './pace.ts';

/** Who this router is now: its configuration, its effective priority, its address on the link. */
export interface Self {
  readonly instance: VrrpInstance;
  readonly priority: number;
  readonly address: string;
  /** When in each of its intervals it advertises, as a share of one, where many take turns; absent: it alone decides. */
  readonly turn?: number;
}

export interface Init {
  readonly is: 'init';
}

export interface Backup {
  readonly is: 'backup';
  /** Interval of the master heard last, or our own. */
  readonly masterIntervalMs: Millis;
  readonly masterDownAt: Instant;
  /** When a master of lower priority has been endured long enough; null: none is. */
  readonly preemptAt: Instant | null;
  /** When a master of lower priority was heard last; null: somebody else was heard since. */
  readonly lesserHeardAt: Instant | null;
  /** It woke up late for its deadline, and has read since what came meanwhile. */
  readonly wasLate: boolean;
}

export interface Master {
  readonly is: 'master';
  readonly advertAt: Instant;
  /** When the addresses are to be held; null: they are. */
  readonly holdAt: Instant | null;
  /** Another router says that it owns the addresses, as this one does; null: none does. */
  readonly rival: Rival | null;
  /** Advertisements that answer those of others. */
  readonly answers: Pace;
  readonly announcements: AnnouncePlan;
}

/** A second owner: it should yield to the greater address. If it does not, this one gives its 255 up. */
export interface Rival {
  readonly decideAt: Instant;
  readonly heardAt: Instant;
  /** It is still there if it was heard so shortly before `decideAt`. */
  readonly withinMs: Millis;
}

export interface Fault {
  readonly is: 'fault';
}

export type State = Init | Backup | Master | Fault;

/** Why a backup takes over from a master that has not resigned. */
export const SILENCE = 'no advertisement in time';

/** An advertisement that was admitted. */
export interface Heard {
  readonly source: string;
  readonly priority: number;
  readonly intervalMs: Millis;
}

export type Event =
  /** Everything it needs is there. */
  | { readonly type: 'start' }
  /** It was master, its process died, and no peer can have taken over yet. */
  | { readonly type: 'resume' }
  | { readonly type: 'heard'; readonly advert: Heard }
  /** A deadline may have passed. */
  | { readonly type: 'time' }
  | { readonly type: 'fault'; readonly reason: string }
  /** Another member of the sync group has changed. */
  | { readonly type: 'group-master' }
  | { readonly type: 'group-backup' }
  /** Nobody may answer for the addresses any more: a peer may hold them. */
  | { readonly type: 'shut'; readonly reason: string }
  /** A peer has given it up and waits for us. */
  | { readonly type: 'hand-over'; readonly from: string }
  /** It is given up on purpose. */
  | { readonly type: 'resign'; readonly reason: string }
  | { readonly type: 'stop' };

export type Effect =
  | { readonly do: 'advertise'; readonly priority: number }
  | { readonly do: 'hold-addresses' }
  | { readonly do: 'release-addresses' }
  /** Each address, so many times. */
  | { readonly do: 'announce'; readonly times: number }
  /** From now on its base priority is this. */
  | { readonly do: 'lower-priority'; readonly to: number }
  /** Something that a person should hear of. */
  | { readonly do: 'note'; readonly note: Note; readonly source: string };

/** A master heard another one of lower priority. */
export type Note = 'lesser-master';

export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
  /** Why the state changed; null: it is another moment of the same state. */
  readonly reason: string | null;
}
