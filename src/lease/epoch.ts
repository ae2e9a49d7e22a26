/**
 * The epoch of an acceptor: which start of it, and which second since then. A question has to name one that the acceptor
 * has told a moment ago: who asks was heard and hears. A director whose receiver is broken would else be promised again
 * and again what it can never use, and keep everybody else from it. Pure.
 *
 *   | drawn at the start (32 bits) | seconds since then (16 bits) |
 */
import type { Instant, Millis } from '../base/time.ts';

const SECOND_MS: Millis = 1_000;
const COUNTS = 2 ** 16;
/** One may be old by as much: it was told in the second before. */
const BEHIND_MAX = 1;

/** A start of an acceptor. */
export interface Birth {
  /** 32 bits that nobody can guess: what was recorded before is worth nothing. */
  readonly draw: number;
  readonly at: Instant;
}

export function epochAt(birth: Birth, now: Instant): number {
  return birth.draw * COUNTS + countAt(birth, now);
}

/** It was told within the last two seconds. */
export function isFresh(birth: Birth, epoch: number, now: Instant): boolean {
  const behind = (countAt(birth, now) - (epoch % COUNTS) + COUNTS) % COUNTS;
  return isOfThisStart(birth, epoch) && behind <= BEHIND_MAX;
}

/** It was told at some time since the start. */
export function isOfThisStart({ draw }: Birth, epoch: number): boolean {
  return Math.floor(epoch / COUNTS) === draw;
}

function countAt({ at }: Birth, now: Instant): number {
  return Math.floor((now - at) / SECOND_MS) % COUNTS;
}
