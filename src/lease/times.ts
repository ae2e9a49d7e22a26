/**
 * The times of a lease, derived from how long its holder may use it. Safety needs one inequality only: what an
 * acceptor promises outlasts what the holder uses, whatever their clocks do within the bound. Pure.
 */
import type { Millis } from '../base/time.ts';

/** By how much the rate of a monotonic clock may be wrong. Quartz and NTP's slewing: 0.05 % at most. */
export const CLOCK_RATE_ERROR = 0.001;

/** A lease that is shorter is lost to a garbage collection or to one late packet. */
export const HOLD_MS_MIN: Millis = 300;

/** A longer one keeps a service away for longer than anybody would wait for a person. */
export const HOLD_MS_MAX: Millis = 60_000;

export interface LeaseTimes {
  /** T_p: from before it asks, for so long the holder uses what it was granted. */
  readonly holdMs: Millis;
  /** T_a: from when it hears the question, for so long an acceptor grants nobody else anything. */
  readonly promiseMs: Millis;
  /** From one round of questions of a holder to the next. */
  readonly renewMs: Millis;
  /** Who does not hold it waits so long for the answers of a round. */
  readonly patienceMs: Millis;
  /** An acceptor that has not answered is asked again after this time, within the round. */
  readonly repeatMs: Millis;
  /** Candidates that were in each other's way wait for up to twice this time. */
  readonly backOffMs: Millis;
}

/**
 * T_a ≥ T_p × (1 + ρ) / (1 − ρ) + e. `latenessMs` is e: how late the kernel may close what the holder has
 * opened until an instant.
 */
export function leaseTimes(holdMs: Millis, latenessMs: Millis): LeaseTimes {
  const drift = (1 + CLOCK_RATE_ERROR) / (1 - CLOCK_RATE_ERROR);
  return {
    holdMs,
    promiseMs: Math.ceil(holdMs * drift + latenessMs),
    renewMs: holdMs / 3,
    patienceMs: holdMs / 3,
    repeatMs: holdMs / 12,
    backOffMs: holdMs / 30,
  };
}
