/**
 * Before a backup preempts a director of ours it asks it to hand over, so that no client is without an answer.
 * Asked are all of a unit together; who does not hand over in time is preempted as the standard says.
 *
 *   deadline ── want ──▶ lesser master: prepare, release, take ──▶ master
 *      └────── 100 ms ──────▶ nothing has come: preempted all the same
 */
import type { Clock, Instant, Millis } from '../../base/time.ts';
import type { Self, State } from '../machine/state.ts';
import { masterDownMs } from '../machine/timers.ts';

/** What a lesser master has to hand over: it waits at most 60 ms for us to be ready. */
const HAND_OVER_MS: Millis = 100;
/** Who did not hand over is not asked again so soon. */
const ASK_AGAIN_MS: Millis = 1_000;

export class Preemption {
  private readonly clock: Clock;
  private readonly ask: () => boolean;
  private askedAt: Instant = -Infinity;

  /** `ask`: asks the master to hand over. False: it is none of ours. */
  constructor(clock: Clock, ask: () => boolean) {
    this.clock = clock;
    this.ask = ask;
  }

  /** Before the machine is given the time: what it is to be given instead of its state. */
  beforeTime(self: Self, state: State): State {
    const now = this.clock.now();
    if (!isPreempting(self, state, now) || now < this.askedAt + ASK_AGAIN_MS) return state;
    this.askedAt = now;
    if (!this.ask()) return state;
    const until = now + HAND_OVER_MS;
    return {
      ...state,
      masterDownAt: Math.max(state.masterDownAt, until),
      preemptAt: state.preemptAt === null ? null : until,
    };
  }
}

/** A backup that would take over now from a lesser master that is alive. */
function isPreempting(
  self: Self,
  state: State,
  now: Instant,
): state is Extract<State, { is: 'backup' }> {
  if (state.is !== 'backup' || state.lesserHeardAt === null) return false;
  if (now < Math.min(state.masterDownAt, state.preemptAt ?? Infinity)) return false;
  return now - state.lesserHeardAt <= masterDownMs(self, state.masterIntervalMs);
}
