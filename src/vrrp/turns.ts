/**
 * Turns of many instances in advertising: each has a place of its own within the interval. Advertisements and renewals
 * of gates do not come all at once, and neither do the takeovers when this director dies: its peer needs a few
 * milliseconds for each. Pure.
 */
import type { Millis } from '../base/time.ts';

/** So few have no need of turns. */
const TOGETHER_MAX = 16;
/** Those of one turn are woken together. */
const TURNS_MAX = 64;
const TURN_MS_MIN: Millis = 5;
/** An interval of less is short beside what a takeover takes: the first one is not made shorter. */
const INTERVAL_MS_MIN: Millis = 100;

/**
 * The turn of one that is `at` its place among `count` of them, as a share of its interval. Members of a sync group
 * count as one: they are taken over together, when the first of them has been silent for long enough. The gates of the
 * others must not be open for longer than that.
 */
export function turnOf(at: number, count: number, intervalMs: Millis): number | undefined {
  if (count <= TOGETHER_MAX || intervalMs < INTERVAL_MS_MIN) return undefined;
  const turns = Math.min(count, TURNS_MAX, Math.floor(intervalMs / TURN_MS_MIN));
  return Math.floor((at * turns) / count) / turns;
}
