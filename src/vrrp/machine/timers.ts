/** How long is waited for what: RFC 9568 §6.1, RFC 3768 §6.1, and what is ours. Nothing is rounded. Pure. */
import type { Instant, Millis } from '../../base/time.ts';
import type { Self } from './state.ts';

export const OWNER_PRIORITY = 255;

/**
 * Between our first advertisement and our holding the addresses, when a master of lower priority is alive:
 * it hears the one and lets go of the other, and two never hold them. A client misses a packet or two.
 */
export const YIELD_MS: Millis = 20;

/**
 * A backup that woke up late by more than this may have advertisements in its socket that nobody has read
 * yet: timers run before sockets are read. It looks there before it takes over.
 */
export const LATE_MS: Millis = 50;
export const READ_FIRST_MS: Millis = 5;

/**
 * Lesser masters, and those that resign, are answered at once, but all together not more often than this: anybody on
 * the link can forge what is to be answered. None waits longer for an answer.
 */
export const ANSWER_EVERY_MS: Millis = 100;

/** What is left to an owner that another one does not yield to (keepalived's rule). */
export const LOWERED_PRIORITY = 254;

/**
 * Who is told to wait for one interval waits for its skew, too, which is half of one at priority 128: before that a timer
 * of ours is late, and nobody has taken over.
 */
export const SILENT_ADVERTS_MIN = 1.5;

/** How long a master may be silent until a peer may have taken over. */
export function silenceMs({ advertIntervalMs, downTimerAdverts }: Self['instance']): Millis {
  return Math.max(SILENT_ADVERTS_MIN, downTimerAdverts) * advertIntervalMs;
}

/** RFC 3768 §6.1: seconds, not scaled by the interval. RFC 9568 §6.1: a share of the interval. */
export function skewMs(version: 2 | 3, priority: number, masterIntervalMs: Millis): Millis {
  const unitMs = version === 2 ? 1000 : masterIntervalMs;
  return ((256 - priority) * unitMs) / 256;
}

export function masterDownMs(
  { instance, priority }: Pick<Self, 'instance' | 'priority'>,
  masterIntervalMs: Millis,
): Millis {
  const { version, downTimerAdverts } = instance;
  return downTimerAdverts * masterIntervalMs + skewMs(version, priority, masterIntervalMs);
}

/** When the advertisement after this one is due: in an interval, or before that in its turn. */
export function nextAdvertAt(
  { instance: { advertIntervalMs }, turn }: Self,
  now: Instant,
): Instant {
  if (turn === undefined) return now + advertIntervalMs;
  const intervals = Math.floor(now / advertIntervalMs - turn) + 1;
  return (intervals + turn) * advertIntervalMs;
}
