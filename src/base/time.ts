/**
 * The only door to real time. Everything else receives a `Clock`, so that a simulated one can take
 * its place. Instants are monotonic: a step of the wall clock changes nothing.
 */

/** A span of time in milliseconds; fractions are allowed. */
export type Millis = number;

/** A point on the monotonic clock, in milliseconds since an arbitrary origin. */
export type Instant = number;

/** Stops a wake-up that has not happened yet; harmless afterwards. */
export type Cancel = () => void;

export interface Clock {
  now(): Instant;
  /** Milliseconds since 1970, only for showing to people. */
  wallTimeMs(): number;
  /** Calls `run` once, at or shortly after `at`; an instant in the past means as soon as possible. */
  wakeAt(at: Instant, run: () => void): Cancel;
}

/** Node's timers hold 31 bits of milliseconds: a later wake-up is reached in several steps. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  wallTimeMs: () => Date.now(),
  wakeAt(at, run) {
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const leftMs = at - performance.now();
      timer =
        leftMs > TIMER_MS_MAX
          ? setTimeout(arm, TIMER_MS_MAX)
          : setTimeout(run, Math.max(0, leftMs));
    };
    arm();
    return () => clearTimeout(timer);
  },
};

/**
 * Node's timers count whole milliseconds, and one that fires early by a fraction is armed again for a
 * whole one. Where a fraction counts, the rest of the last millisecond is waited for turn by turn.
 */
export const preciseClock: Clock = {
  ...systemClock,
  wakeAt(at, run) {
    let immediate: NodeJS.Immediate | undefined;
    const look = (): void => {
      if (performance.now() >= at) run();
      else immediate = setImmediate(look);
    };
    const cancelTimer = systemClock.wakeAt(at - 1, look);
    return () => {
      cancelTimer();
      clearImmediate(immediate);
    };
  },
};

/** Milliseconds on a clock that all processes of this machine share: CLOCK_MONOTONIC, steps change nothing. */
export function sharedTimeMs(): Millis {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}

/** Resolves in the next turn of the event loop: whatever waits meanwhile has its turn before. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Resolves after `ms` on the given clock. */
export function sleep(clock: Clock, ms: Millis): Promise<void> {
  return new Promise((resolve) => {
    clock.wakeAt(clock.now() + ms, resolve);
  });
}

/** A wake-up that is this much too late tells that this process was busy, or stopped. */
const OVERSLEPT_MS: Millis = 100;

/**
 * Resolves like `promise`, or with `late()` if that takes longer than `limitMs`. The promise itself
 * goes on; its result is then dropped. After a wake-up that came much too late the time begins anew: the
 * answer may have come while we could not hear it, and Node runs timers before it reads.
 */
export function within<T>(
  clock: Clock,
  limitMs: Millis,
  promise: Promise<T>,
  late: () => T,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let cancel: Cancel;
    const arm = (): void => {
      const at = clock.now() + limitMs;
      cancel = clock.wakeAt(at, () => (clock.now() - at > OVERSLEPT_MS ? arm() : giveUp()));
    };
    const giveUp = (): void => {
      try {
        resolve(late());
      } catch (error) {
        reject(error);
      }
    };
    arm();
    promise.then(resolve, reject).finally(() => cancel());
  });
}
