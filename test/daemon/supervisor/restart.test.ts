import { expect, test } from 'vitest';
import { afterDeath, noDeaths } from '../../../src/daemon/supervisor/restart.ts';

/** Delays before each restart of a process that lives for the given times. */
function delaysMs(livesMs: readonly number[]): number[] {
  let history = noDeaths;
  return livesMs.map((lifeMs) => {
    const restart = afterDeath(history, { startedAt: 1_000, diedAt: 1_000 + lifeMs });
    history = restart.history;
    return restart.delayMs;
  });
}

test('a single death is answered at once', () => {
  expect(delaysMs([5])).toEqual([0]);
});

test('a process that keeps dying waits longer each time, a minute at most', () => {
  expect(delaysMs([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1])).toEqual([
    0, 0, 0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000,
  ]);
});

test('a minute of life forgives the deaths before it', () => {
  expect(delaysMs([1, 1, 1, 1, 60_000, 1, 1, 1])).toEqual([0, 0, 0, 1_000, 0, 0, 0, 1_000]);
});
