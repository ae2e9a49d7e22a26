/** A director in a model of the lease: what of its state decides, in ticks from now on. */
import {
  type RequesterEvent,
  type RequesterSelf,
  type RequesterState,
  requesterStep,
} from '../../src/lease/requester.ts';

export const PRIORITY = 100;

export interface Director {
  readonly is: RequesterState['is'];
  /** Of holding: how long still; 0: over, and not noticed yet. */
  readonly left: number;
  /** Of a round: how long ago it was asked, up to `hold`. */
  readonly age: number;
  readonly openLeft: number;
  /** For how long its kernel still lets the address be used. */
  readonly gate: number;
  /** How long it still has the lease by what it has left to know, which nobody has put right since. */
  readonly will: number;
  /** Rounds whose questions, and whose giving back, are under way: bit `rounds` is the last one. */
  readonly asked: number;
  readonly released: number;
}

export const IDLE: Director = {
  is: 'idle',
  left: 0,
  age: 0,
  openLeft: 0,
  gate: 0,
  will: 0,
  asked: 0,
  released: 0,
};

/**
 * Whether an answer can still change anything: not once a majority has been counted, and not when the round
 * is as old as a lease may get. Such states are one, whatever was answered.
 */
export function awaits({ is, left, age }: Director, hold: number): boolean {
  return age < hold && (is === 'asking' || (is === 'holding' && left < hold - age));
}

/** `round`: its last one; `granted`: how many acceptors have granted it. */
export function unpackDirector(
  { is, left, age, openLeft }: Director,
  round: number,
  granted: number,
): RequesterState {
  const lacking = { round, openUntil: openLeft, priority: PRIORITY };
  const bits = 2 ** granted - 1;
  switch (is) {
    case 'idle':
      return { is, ...lacking };
    case 'resting':
      return { is, ...lacking, askAt: 0 };
    case 'asking':
      return {
        is,
        ...lacking,
        askedAt: -age,
        granted: bits,
        refused: new Map(),
        repeatAt: Infinity,
      };
    case 'holding':
      return {
        is,
        priority: PRIORITY,
        round,
        until: left,
        askedAt: -age,
        granted: bits,
        repeatAt: Infinity,
        renewAt: -age,
      };
  }
}

export function packDirector(
  state: RequesterState,
  more: Pick<Director, 'gate' | 'will' | 'asked' | 'released'>,
): Director {
  const { is } = state;
  const isRound = is === 'asking' || is === 'holding';
  return {
    is,
    left: is === 'holding' ? state.until : 0,
    age: isRound ? -state.askedAt : 0,
    openLeft: is === 'holding' ? 0 : Math.max(0, state.openUntil),
    ...more,
  };
}

export function tickOfDirector(director: Director, hold: number): Director {
  const { is, left, age, openLeft, gate, will } = director;
  const isRound = is === 'asking' || is === 'holding';
  return {
    ...director,
    left: Math.max(0, left - 1),
    age: isRound ? Math.min(hold, age + 1) : 0,
    openLeft: Math.max(0, openLeft - 1),
    gate: Math.max(0, gate - 1),
    will: Math.max(0, will - 1),
  };
}

export interface StepOptions {
  readonly self: RequesterSelf;
  readonly rounds: number;
  /** So many ticks later than it should the kernel closes. */
  readonly lateness: number;
  /** How many acceptors granted the round before this event. */
  readonly granted: number;
  /** Absent: what it leaves to know is of no interest. */
  readonly leavesWill?: boolean;
}

export interface DirectorStep {
  readonly state: RequesterState;
  readonly more: Pick<Director, 'gate' | 'will' | 'asked' | 'released'>;
  /** It begins a new round, so that all that is under way is older by one. */
  readonly begins: boolean;
  readonly does: string;
}

/** The production's step, and what it sends under way. */
export function stepOfDirector(
  { self, rounds, lateness, granted, leavesWill = false }: StepOptions,
  before: Director,
  event: RequesterEvent,
): DirectorStep {
  const { state, effects } = requesterStep(self, unpackDirector(before, rounds, granted), event, {
    now: 0,
    chance: 0,
  });
  const begins = state.round > rounds;
  // Who hands over has closed before it says so.
  let gate = event.type === 'release' ? 0 : before.gate;
  let { will, asked, released } = before;
  if (begins) [asked, released] = [(asked >> 1) & ~1, (released >> 1) & ~1];
  for (const effect of effects) {
    if (effect.do === 'ask') asked |= 1 << rounds;
    if (effect.do === 'release') released |= 1 << rounds;
    if (effect.do !== 'granted' && effect.do !== 'renewed') continue;
    gate = effect.until + lateness;
    // It is written with the grant, and not when it is given back: the worst time to die is before that.
    if (leavesWill) will = effect.until;
  }
  const does = `${event.type}${effects.map((one) => `, ${one.do}`).join('')}`;
  return { state, more: { gate, will, asked, released }, begins, does };
}
