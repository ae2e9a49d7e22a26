/**
 * What is too much for anyone ends in bounded time and memory, and its limit is named. Runs on dist/, as
 * the lab does: `npm run build` first.
 */
import { expect, test } from 'vitest';
import { HEAVY, longLines } from './heavy.ts';
import { faultsOfHeavy, slowOf } from './measure.ts';

/** `npm run fuzz` reads four times as long ones. */
const CHARACTERS = 256 * 1024;

test('every limit is named in time', { timeout: 300_000 }, () => {
  const short = HEAVY.filter(({ isLong }) => !isLong);
  expect(faultsOfHeavy(short, () => {})).toEqual([]);
});

test('no sign repeated on a line takes more than linear time', { timeout: 300_000 }, () => {
  expect(slowOf(longLines(CHARACTERS), { eachMs: 2000, allMs: 200_000 })).toEqual([]);
});
