/**
 * The machine of one VRRP instance: RFC 9568 §6.4, and keepalived's FAULT.
 *
 *                       start                         no advertisement in time
 *    init ───────────────────────────▶ backup ─────────────────────────────────▶ master
 *     │                                ▲  │ ◀─────────────────────────────────── │
 *     │ fault      mended              │  │ fault    higher priority, or late     │ fault
 *     └───────▶ fault ─────────────────┘  └─────────────▶ fault ◀────────────────┘
 *
 * It reads no clock and does nothing itself: it answers an event with the next state and with effects
 * as values, and tells when it next wants to be woken.
 */
import { compareAddresses } from '../base/address.ts';
import { unreachable } from '../base/error.ts';
import type { Instant, Millis } from '../base/time.ts';
import type { VrrpInstance } from '../model/vrrp.ts';
import {
  type AnnouncePlan,
  afterLowerMaster,
  dueRounds,
  firstRound,
  NO_ROUNDS,
  nextRound,
} from './announce.ts';

export const OWNER_PRIORITY = 255;

/**
 * Between our first advertisement and our holding the addresses, when a master of lower priority is alive:
 * it hears the one and lets go of the other, and two never hold them. A client misses a packet or two.
 */
export const YIELD_MS: Millis = 20;

/** Who this router is now: its configuration, its effective priority, its address on the link. */
export interface Self {
  readonly instance: VrrpInstance;
  readonly priority: number;
  readonly address: string;
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
}

export interface Master {
  readonly is: 'master';
  readonly advertAt: Instant;
  /** When the addresses are to be held; null: they are. */
  readonly holdAt: Instant | null;
  readonly announcements: AnnouncePlan;
}

export interface Fault {
  readonly is: 'fault';
}

export type State = Init | Backup | Master | Fault;

/** An advertisement that was admitted. */
export interface Heard {
  readonly source: string;
  readonly priority: number;
  readonly intervalMs: Millis;
}

export type Event =
  /** Everything it needs is there. */
  | { readonly type: 'start' }
  | { readonly type: 'heard'; readonly advert: Heard }
  /** A deadline may have passed. */
  | { readonly type: 'time' }
  | { readonly type: 'fault'; readonly reason: string }
  /** Another member of the sync group has changed. */
  | { readonly type: 'group-master' }
  | { readonly type: 'group-backup' }
  | { readonly type: 'stop' };

export type Effect =
  | { readonly do: 'advertise'; readonly priority: number }
  | { readonly do: 'hold-addresses' }
  | { readonly do: 'release-addresses' }
  /** Each address, so many times. */
  | { readonly do: 'announce'; readonly times: number };

export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
  /** Why the state changed; null: it is another moment of the same state. */
  readonly reason: string | null;
}

/** What happens to `state` at `now`. */
export function step(self: Self, state: State, event: Event, now: Instant): Step {
  switch (event.type) {
    case 'fault':
      return state.is === 'fault' ? stay(state) : leave(state, { is: 'fault' }, event.reason);
    case 'stop':
      return leave(state, { is: 'init' }, 'stop');
    case 'start':
      return state.is === 'init' || state.is === 'fault' ? begin(self, state, now) : stay(state);
    case 'group-master':
      return state.is === 'backup' ? takeOver(self, state, now, 'sync group') : stay(state);
    case 'group-backup':
      return state.is === 'master' ? yieldTo(self, null, now, 'sync group') : stay(state);
    case 'heard':
      if (state.is === 'backup') return backupHears(self, state, event.advert, now);
      return state.is === 'master' ? masterHears(self, state, event.advert, now) : stay(state);
    case 'time':
      return onTime(self, state, now);
    default:
      return unreachable(event);
  }
}

/** When the machine next wants a `time` event; Infinity: never by itself. */
export function nextDeadline(state: State): Instant {
  switch (state.is) {
    case 'backup':
      return Math.min(state.masterDownAt, state.preemptAt ?? Infinity);
    case 'master':
      return Math.min(state.advertAt, state.holdAt ?? Infinity, nextRound(state.announcements));
    default:
      return Infinity;
  }
}

/** RFC 3768 §6.1: seconds, not scaled by the interval. RFC 9568 §6.1: a share of the interval. */
export function skewMs(version: 2 | 3, priority: number, masterIntervalMs: Millis): Millis {
  const unitMs = version === 2 ? 1000 : masterIntervalMs;
  return ((256 - priority) * unitMs) / 256;
}

function masterDownMs({ instance, priority }: Self, masterIntervalMs: Millis): Millis {
  const { version, downTimerAdverts } = instance;
  return downTimerAdverts * masterIntervalMs + skewMs(version, priority, masterIntervalMs);
}

function stay(state: State, effects: readonly Effect[] = []): Step {
  return { state, effects, reason: null };
}

function begin(self: Self, from: Init | Fault, now: Instant): Step {
  const { instance, priority } = self;
  const { advertIntervalMs, initialState, version } = instance;
  if (priority === OWNER_PRIORITY) return becomeMaster(self, now, 'owner of the addresses');
  // keepalived: `state MASTER` only shortens the first wait, to one interval and the least skew.
  const hinted = initialState === 'master' && from.is === 'init';
  const waitMs = hinted
    ? advertIntervalMs + skewMs(version, OWNER_PRIORITY, advertIntervalMs)
    : masterDownMs(self, advertIntervalMs);
  return {
    state: backup(advertIntervalMs, now + waitMs),
    effects: [],
    reason: from.is === 'init' ? 'start' : 'fault mended',
  };
}

function backup(masterIntervalMs: Millis, masterDownAt: Instant): Backup {
  return { is: 'backup', masterIntervalMs, masterDownAt, preemptAt: null, lesserHeardAt: null };
}

/** RFC 9568 §6.4.2: advertise first, so that others yield before the addresses move. */
function becomeMaster(self: Self, now: Instant, reason: string): Step {
  const held = hold(self, { advertAt: now + self.instance.advertIntervalMs }, now);
  const advertise: Effect = { do: 'advertise', priority: self.priority };
  return { ...held, effects: [advertise, ...held.effects], reason };
}

function hold(self: Self, { advertAt }: Pick<Master, 'advertAt'>, now: Instant): Step {
  const { plan, times } = firstRound(self.instance.announce, now);
  const master: Master = { is: 'master', advertAt, holdAt: null, announcements: plan };
  return stay(master, [{ do: 'hold-addresses' }, { do: 'announce', times }]);
}

/** A backup becomes master; from a lesser master that is alive it takes the addresses a moment later. */
function takeOver(self: Self, state: Backup, now: Instant, reason: string): Step {
  const { lesserHeardAt, masterIntervalMs } = state;
  const silentMs = lesserHeardAt === null ? Infinity : now - lesserHeardAt;
  if (silentMs > masterDownMs(self, masterIntervalMs)) return becomeMaster(self, now, reason);
  const master: Master = {
    is: 'master',
    advertAt: now + self.instance.advertIntervalMs,
    holdAt: now + YIELD_MS,
    announcements: NO_ROUNDS,
  };
  return { state: master, effects: [{ do: 'advertise', priority: self.priority }], reason };
}

/** A backup hears an advertisement: RFC 9568 §6.4.2. */
function backupHears(self: Self, state: Backup, heard: Heard, now: Instant): Step {
  const { instance, priority } = self;
  if (heard.priority === 0) {
    // The master resigned: only the skew is left to wait.
    const skew = skewMs(instance.version, priority, state.masterIntervalMs);
    return stay({ ...state, masterDownAt: now + skew, preemptAt: null, lesserHeardAt: null });
  }
  const accepted = backup(heard.intervalMs, now + masterDownMs(self, heard.intervalMs));
  if (heard.priority >= priority || !instance.preempt) return stay(accepted);
  if (instance.preemptDelayMs === 0) return stay({ ...state, lesserHeardAt: now }); // let it run out
  // A lesser master is endured for a while.
  const preemptAt = state.preemptAt ?? now + instance.preemptDelayMs;
  return stay({ ...accepted, preemptAt, lesserHeardAt: now });
}

/** A master hears an advertisement: RFC 9568 §6.4.3. */
function masterHears(self: Self, state: Master, heard: Heard, now: Instant): Step {
  const { instance, priority } = self;
  if (heard.priority === 0) {
    return stay(rearmed(self, state, now), [{ do: 'advertise', priority }]);
  }
  if (isGreater(heard, self)) {
    const reason = `higher priority ${heard.priority} of ${heard.source}`;
    const yielded = yieldTo(self, heard, now, reason);
    if (!instance.answerHigherPriority) return yielded;
    return { ...yielded, effects: [{ do: 'advertise', priority }, ...yielded.effects] };
  }
  const answer: readonly Effect[] = instance.answerLowerPriority
    ? [{ do: 'advertise', priority }]
    : [];
  const answered = instance.answerLowerPriority ? rearmed(self, state, now) : state;
  if (state.holdAt !== null) return stay(answered, answer);
  const { plan, times } = afterLowerMaster(state.announcements, instance.announce, now);
  return stay({ ...answered, announcements: plan }, [...answer, { do: 'announce', times }]);
}

/** By priority, then by address as an unsigned number. */
function isGreater(heard: Heard, self: Self): boolean {
  if (heard.priority !== self.priority) return heard.priority > self.priority;
  return compareAddresses(heard.source, self.address) > 0;
}

function rearmed(self: Self, state: Master, now: Instant): Master {
  return { ...state, advertAt: now + self.instance.advertIntervalMs };
}

/** From master to backup: the addresses go, and nothing is sent. */
function yieldTo(self: Self, heard: Heard | null, now: Instant, reason: string): Step {
  const intervalMs = heard?.intervalMs ?? self.instance.advertIntervalMs;
  return {
    state: backup(intervalMs, now + masterDownMs(self, intervalMs)),
    effects: [{ do: 'release-addresses' }],
    reason,
  };
}

/**
 * Out of service. A master gives its addresses up before it says so: whoever hears the priority 0 may
 * hold them at once, and two must never.
 */
function leave(from: State, to: Init | Fault, reason: string): Step {
  const effects: readonly Effect[] =
    from.is === 'master' ? [{ do: 'release-addresses' }, { do: 'advertise', priority: 0 }] : [];
  return { state: to, effects, reason: from.is === to.is ? null : reason };
}

function onTime(self: Self, state: State, now: Instant): Step {
  if (state.is === 'backup') {
    if (now >= state.masterDownAt) return takeOver(self, state, now, 'no advertisement in time');
    if (state.preemptAt !== null && now >= state.preemptAt) {
      return takeOver(self, state, now, 'preempt delay is over');
    }
    return stay(state);
  }
  return state.is === 'master' ? masterOnTime(self, state, now) : stay(state);
}

function masterOnTime(self: Self, state: Master, now: Instant): Step {
  const { instance, priority } = self;
  const { advertIntervalMs, downTimerAdverts, version } = instance;
  const silentMs = now - (state.advertAt - advertIntervalMs);
  if (silentMs > downTimerAdverts * advertIntervalMs) {
    // We were paused for longer than a peer waits: it may hold the addresses now. Listen first.
    const waitMs = advertIntervalMs + skewMs(version, OWNER_PRIORITY, advertIntervalMs);
    return {
      state: backup(advertIntervalMs, now + waitMs),
      effects: [{ do: 'release-addresses' }],
      reason: `was paused for ${Math.round(silentMs)} ms`,
    };
  }
  if (state.holdAt !== null && now >= state.holdAt) return hold(self, state, now);
  const { plan, times } = dueRounds(state.announcements, instance.announce, now);
  const effects: Effect[] = [];
  let { advertAt } = state;
  if (now >= advertAt) {
    effects.push({ do: 'advertise', priority });
    // Absolute: a late timer does not move the ones after it.
    advertAt += advertIntervalMs;
    if (advertAt <= now) advertAt = now + advertIntervalMs;
  }
  if (times > 0) effects.push({ do: 'announce', times });
  return stay({ ...state, advertAt, announcements: plan }, effects);
}
