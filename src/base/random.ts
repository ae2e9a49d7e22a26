/** The only door to real chance. A seeded source makes a run repeatable. */
import { randomBytes } from 'node:crypto';

/** Gives a number in [0, 1). */
export type Random = () => number;

export const systemRandom: Random = () => Math.random();

/** A small generator (mulberry32): the same seed gives the same numbers. Not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A number of 32 bits that nobody can guess. */
export function drawNumber(): number {
  return randomBytes(4).readUInt32BE();
}
