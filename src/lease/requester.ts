/**
 * The machine of who wants a lease: it asks all acceptors in rounds, and holds the lease while a majority has
 * granted it, counted from before it asked.
 *
 *            want                a majority has granted it
 *    idle ────────▶ asking ─────────────────────────────────▶ holding ──┐ renewed
 *     ▲              │  ▲                                      │  ▲     │
 *     │              ▼  │ after a while                        │  └─────┘
 *     │            resting                                     │
 *     └────────────────────── release, or not renewed in time ◀┘
 *
 * It reads no clock and sends nothing: it answers with the next state and with effects as values.
 */
import { unreachable } from '../base/error.ts';
import type { Instant } from '../base/time.ts';
import type { Verdict } from './acceptor.ts';
import type { LeaseTimes } from './times.ts';

export interface RequesterSelf {
  /** How many acceptors there are; odd. */
  readonly acceptors: number;
  readonly times: LeaseTimes;
}

/** What every state but `holding` remembers. */
interface Lacking {
  /** The last round that was used; the next is higher. */
  readonly round: number;
  /**
   * Until then something may still be open that was opened under an earlier grant, or by an earlier life of this
   * process: nothing is given back before. The promises outlast it.
   */
  readonly openUntil: Instant;
}

export interface Idle extends Lacking {
  readonly is: 'idle';
}

/** Questions are under way. */
export interface Asking extends Lacking {
  readonly is: 'asking';
  /** 0 to 255: the higher one asks again first. */
  readonly priority: number;
  /** Noted before the first question of the round was sent. */
  readonly askedAt: Instant;
  /** Acceptors that have granted it in this round, one bit each. */
  readonly granted: number;
  /** When each of the others could grant it, as far as they said. */
  readonly refused: ReadonlyMap<number, Instant>;
  readonly repeatAt: Instant;
}

/** It did not get it, and lets others try. */
export interface Resting extends Lacking {
  readonly is: 'resting';
  readonly priority: number;
  readonly askAt: Instant;
}

export interface Holding {
  readonly is: 'holding';
  readonly priority: number;
  /** Until then, and not at it. */
  readonly until: Instant;
  /** The round that is to renew it. */
  readonly round: number;
  readonly askedAt: Instant;
  readonly granted: number;
  readonly repeatAt: Instant;
  /** Infinity: it is inherited, and nobody has wanted it yet. */
  readonly renewAt: Instant;
}

export type RequesterState = Idle | Asking | Resting | Holding;

export type RequesterEvent =
  /** It is needed from now on; `priority` as in VRRP. */
  | { readonly type: 'want'; readonly priority: number }
  /** Not any more. Whoever held it has let go of everything that it stands for. */
  | { readonly type: 'release' }
  | {
      readonly type: 'answer';
      /** Its number in the list, from 0. */
      readonly acceptor: number;
      readonly round: number;
      readonly verdict: Verdict;
    }
  /** Somebody has given it back. */
  | { readonly type: 'freed' }
  /** Somebody else asks for it, too, and goes first. */
  | { readonly type: 'outbid' }
  /** A deadline may have passed. */
  | { readonly type: 'time' };

export type RequesterEffect =
  /** To the acceptors of these bits. */
  | { readonly do: 'ask'; readonly round: number; readonly to: number }
  /** To all. */
  | { readonly do: 'release'; readonly round: number }
  | { readonly do: 'granted'; readonly until: Instant }
  | { readonly do: 'renewed'; readonly until: Instant }
  | { readonly do: 'lost' };

export interface RequesterStep {
  readonly state: RequesterState;
  readonly effects: readonly RequesterEffect[];
}

/** What happens to `state` at `now`. `chance`, from 0 to 1, keeps two candidates from moving in step. */
export function requesterStep(
  self: RequesterSelf,
  state: RequesterState,
  event: RequesterEvent,
  { now, chance }: { readonly now: Instant; readonly chance: number },
): RequesterStep {
  if (event.type === 'release') return giveBack(state, now);
  // What has run out is lost before anything else is looked at.
  if (state.is === 'holding' && now >= state.until) return lose(self, state, event, now);
  switch (event.type) {
    case 'want':
      if (state.is === 'idle') return ask(self, state, event.priority, now);
      if (state.is === 'holding' && state.renewAt === Infinity) {
        return renew(self, { ...state, priority: event.priority }, state.round, now);
      }
      return { state: { ...state, priority: event.priority }, effects: [] };
    case 'answer':
      return answered(self, state, event, now, chance);
    case 'freed':
      return state.is === 'resting' ? ask(self, state, state.priority, now) : stay(state);
    case 'outbid':
      // Two who ask at once would have half of the voices each, and wait for their end.
      return state.is === 'asking' ? rest(self, state, now, chance) : stay(state);
    case 'time':
      return onTime(self, state, now, chance);
    default:
      return unreachable(event);
  }
}

/**
 * What an earlier life of this process held when it died, and held is until it ends: the acceptors have promised it to the
 * director, whichever life of it asks. It is renewed when somebody wants it.
 */
export function inherited(round: number, until: Instant): Holding {
  const never = { askedAt: Number.NEGATIVE_INFINITY, granted: 0 };
  return {
    is: 'holding',
    priority: 0,
    until,
    round,
    ...never,
    repeatAt: Infinity,
    renewAt: Infinity,
  };
}

/** When the machine next wants a `time` event; Infinity: never by itself. */
export function nextDeadline(self: RequesterSelf, state: RequesterState): Instant {
  switch (state.is) {
    case 'idle':
      return Infinity;
    case 'resting':
      return state.askAt;
    case 'asking':
      return Math.min(state.repeatAt, state.askedAt + self.times.patienceMs);
    case 'holding':
      return Math.min(state.repeatAt, state.renewAt, state.until);
  }
}

/** How many make a majority. */
export function majorityOf(acceptors: number): number {
  return Math.floor(acceptors / 2) + 1;
}

function stay(state: RequesterState): RequesterStep {
  return { state, effects: [] };
}

function everyone({ acceptors }: RequesterSelf): number {
  return 2 ** acceptors - 1;
}

/** A round of who does not hold it, higher than `round`. */
function ask(
  self: RequesterSelf,
  { round: last, openUntil }: Lacking,
  priority: number,
  now: Instant,
): RequesterStep {
  const round = last + 1;
  const state: Asking = {
    is: 'asking',
    priority,
    round,
    openUntil,
    askedAt: now,
    granted: 0,
    refused: new Map(),
    repeatAt: now + self.times.repeatMs,
  };
  return { state, effects: [{ do: 'ask', round, to: everyone(self) }] };
}

/** A round of who holds it: what it has stays as it is until the answers are there. */
function renew(self: RequesterSelf, state: Holding, last: number, now: Instant): RequesterStep {
  const { renewMs, repeatMs } = self.times;
  const round = last + 1;
  const next = { ...state, round, askedAt: now, granted: 0 };
  return {
    state: { ...next, repeatAt: now + repeatMs, renewAt: now + renewMs },
    effects: [{ do: 'ask', round, to: everyone(self) }],
  };
}

function giveBack(state: RequesterState, now: Instant): RequesterStep {
  const { is, round } = state;
  const idle: Idle = { is: 'idle', round, openUntil: now };
  return { state: idle, effects: is === 'idle' ? [] : [{ do: 'release', round }] };
}

/**
 * Nothing is given back: the kernel may close a moment after `until`, and the promises are longer by just that
 * moment. They run out by themselves.
 */
function lose(
  self: RequesterSelf,
  { round, until }: Holding,
  event: RequesterEvent,
  now: Instant,
): RequesterStep {
  const { holdMs, promiseMs } = self.times;
  const idle: Idle = { is: 'idle', round, openUntil: until + promiseMs - holdMs };
  // An answer, or what else was for the lease that is lost, comes too late for it.
  const next = event.type === 'want' ? ask(self, idle, event.priority, now) : stay(idle);
  return { ...next, effects: [{ do: 'lost' }, ...next.effects] };
}

function answered(
  self: RequesterSelf,
  state: RequesterState,
  { acceptor, round, verdict }: Extract<RequesterEvent, { type: 'answer' }>,
  now: Instant,
  chance: number,
): RequesterStep {
  const isOpen = state.is === 'asking' || state.is === 'holding';
  if (!isOpen || round !== state.round) return stay(state);
  if (verdict.granted) return granted(self, state, acceptor, now, chance);
  if (verdict.why === 'old') {
    // Our numbers began too low, after a clock was set back.
    const last = Math.max(verdict.heard, state.round);
    return state.is === 'asking'
      ? ask(self, { ...state, round: last }, state.priority, now)
      : renew(self, state, last, now);
  }
  if (state.is === 'holding') return stay(state);
  const refused = new Map(state.refused).set(acceptor, now + verdict.freeInMs);
  const next = { ...state, refused };
  // A majority cannot come together any more.
  const isOver = self.acceptors - refused.size < majorityOf(self.acceptors);
  return isOver ? rest(self, next, now, chance) : stay(next);
}

function granted(
  self: RequesterSelf,
  state: Asking | Holding,
  acceptor: number,
  now: Instant,
  chance: number,
): RequesterStep {
  const bits = state.granted | (1 << acceptor);
  const next = { ...state, granted: bits };
  if (countBits(bits) < majorityOf(self.acceptors)) return stay(next);
  const until = state.askedAt + self.times.holdMs;
  if (state.is === 'holding') {
    if (until <= state.until) return stay(next);
    return { state: { ...(next as Holding), until }, effects: [{ do: 'renewed', until }] };
  }
  // The answers were under way for longer than the lease lasts.
  if (now >= until) return rest(self, state, now, chance);
  const { priority, round, askedAt, repeatAt } = state;
  const renewAt = askedAt + self.times.renewMs;
  return {
    state: { is: 'holding', priority, until, round, askedAt, granted: bits, repeatAt, renewAt },
    effects: [{ do: 'granted', until }],
  };
}

function countBits(bits: number): number {
  let count = 0;
  for (let left = bits; left !== 0; left &= left - 1) count += 1;
  return count;
}

/** What it was granted in this round is given back, so that somebody else can have it. */
function rest(self: RequesterSelf, state: Asking, now: Instant, chance: number): RequesterStep {
  const { priority, round, openUntil } = state;
  const { backOffMs, promiseMs } = self.times;
  const inAMoment = ((255 - priority) / 255 + chance) * backOffMs;
  const freeAt = Math.min(nextMajorityAt(self, state), now + promiseMs);
  return {
    state: { is: 'resting', priority, round, openUntil, askAt: Math.max(now, freeAt) + inAMoment },
    effects: now >= openUntil ? [{ do: 'release', round }] : [],
  };
}

/** When enough of those that refused could grant it; who has not answered may do so at once. */
function nextMajorityAt(self: RequesterSelf, { refused }: Asking): Instant {
  const missing = majorityOf(self.acceptors) - (self.acceptors - refused.size);
  if (missing <= 0) return Number.NEGATIVE_INFINITY;
  return [...refused.values()].sort((a, b) => a - b)[missing - 1] as Instant;
}

function onTime(
  self: RequesterSelf,
  state: RequesterState,
  now: Instant,
  chance: number,
): RequesterStep {
  switch (state.is) {
    case 'idle':
      return stay(state);
    case 'resting':
      return now >= state.askAt ? ask(self, state, state.priority, now) : stay(state);
    case 'asking':
      if (now >= state.askedAt + self.times.patienceMs) return rest(self, state, now, chance);
      return now >= state.repeatAt ? repeat(self, state, now) : stay(state);
    case 'holding':
      if (now >= state.renewAt) return renew(self, state, state.round, now);
      return now >= state.repeatAt ? repeat(self, state, now) : stay(state);
  }
}

/** Asks those again that have not granted it: the question or the answer may have been lost. */
function repeat(self: RequesterSelf, state: Asking | Holding, now: Instant): RequesterStep {
  const isSettled =
    state.is === 'holding' && countBits(state.granted) >= majorityOf(self.acceptors);
  const repeatAt = isSettled ? Infinity : now + self.times.repeatMs;
  const refused = state.is === 'asking' ? [...state.refused.keys()] : [];
  const silent = refused.reduce(
    (bits, acceptor) => bits & ~(1 << acceptor),
    everyone(self) & ~state.granted,
  );
  const next = { ...state, repeatAt };
  if (isSettled || silent === 0) return stay(next);
  return { state: next, effects: [{ do: 'ask', round: state.round, to: silent }] };
}
