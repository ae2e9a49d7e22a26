/**
 * A machine that is suspended stops CLOCK_MONOTONIC, and with it every timer of this process and of the kernel's gate;
 * CLOCK_BOOTTIME goes on. A clock that compares the two before a wake-up, so that whoever has slept knows it before he
 * does anything else.
 */
import type { Clock, Instant, Millis } from './time.ts';

/** Uptime is told in hundredths of a second. */
const NOTICED_MS: Millis = 50;
/** Reading it takes 70 µs: wake-ups that follow each other more closely share one. */
const READ_EVERY_MS: Millis = 20;

/** `uptimeMs`: CLOCK_BOOTTIME. `onSlept`: before the wake-up that found it runs. */
export function sleepWatch(
  clock: Clock,
  uptimeMs: () => Millis,
  onSlept: (forMs: Millis) => void,
): Clock {
  // Read before the clock: what comes between the two makes it less, and never feigns a sleep.
  const read = (): Millis => {
    const uptime = uptimeMs();
    return uptime - clock.now();
  };
  let known = read();
  let readAt: Instant = clock.now();
  const look = (): void => {
    if (clock.now() < readAt + READ_EVERY_MS) return;
    readAt = clock.now();
    const offset = read();
    const forMs = offset - known;
    known = Math.max(known, offset);
    if (forMs > NOTICED_MS) onSlept(forMs);
  };
  return {
    now: clock.now,
    wallTimeMs: clock.wallTimeMs,
    wakeAt: (at, run) =>
      clock.wakeAt(at, () => {
        look();
        run();
      }),
  };
}
