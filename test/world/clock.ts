/**
 * Simulated time: nothing passes unless a test says so, and then every wake-up runs at its exact
 * instant, or as late as the test says, in order. The asynchronous forms let promises settle between wake-ups.
 */
import type { Cancel, Clock, Instant, Millis } from '../../src/base/time.ts';

export interface SimulatedClock extends Clock {
  /** Runs everything due until `at`, then stands at `at`. */
  advanceTo(at: Instant): void;
  advanceBy(ms: Millis): void;
  /** The same for code that awaits: promises settle before, between and after the wake-ups. */
  settleTo(at: Instant): Promise<void>;
  settleBy(ms: Millis): Promise<void>;
  /** How many wake-ups are armed. */
  readonly armed: number;
}

interface WakeUp {
  readonly at: Instant;
  readonly run: () => void;
}

/** What the wall clock shows at instant 0. */
const WALL_TIME_AT_ZERO_MS = Date.UTC(2026, 0, 1);

/** `lateMs`: how much later than it is due each wake-up runs; absent: at its exact instant. */
export function simulatedClock(start: Instant = 0, lateMs: () => Millis = () => 0): SimulatedClock {
  let now = start;
  const wakeUps = new Set<WakeUp>();

  const wakeAt = (at: Instant, run: () => void): Cancel => {
    const wakeUp: WakeUp = { at: Math.max(at, now) + lateMs(), run };
    wakeUps.add(wakeUp);
    return () => {
      wakeUps.delete(wakeUp);
    };
  };

  /** Runs the first wake-up that is due until `at`, or tells that there is none. */
  const step = (at: Instant): boolean => {
    let first: WakeUp | null = null;
    for (const wakeUp of wakeUps) {
      if (wakeUp.at > at) continue;
      if (first === null || wakeUp.at - first.at < 0) first = wakeUp;
    }
    if (first === null) return false;
    wakeUps.delete(first);
    now = first.at;
    first.run();
    return true;
  };

  const advanceTo = (at: Instant): void => {
    while (step(at));
    now = Math.max(now, at);
  };

  const settleTo = async (at: Instant): Promise<void> => {
    await settled();
    while (step(at)) await settled();
    now = Math.max(now, at);
  };

  return {
    now: () => now,
    wallTimeMs: () => WALL_TIME_AT_ZERO_MS + now,
    wakeAt,
    advanceTo,
    advanceBy: (ms) => advanceTo(now + ms),
    settleTo,
    settleBy: (ms) => settleTo(now + ms),
    get armed() {
      return wakeUps.size;
    },
  };
}

/** Resolves when all promises that can settle without time passing have done so. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Time passes whenever somebody looks at it, so that work in slices pauses all the time. */
export function hurriedClock(eachMs: Millis): Pick<Clock, 'now'> {
  let now = 0;
  return {
    now: () => {
      now += eachMs;
      return now;
    },
  };
}
