import { expect, test } from 'vitest';
import { atOnce, inSlices, inSlicesWhile, type Steps } from '../../src/base/slices.ts';
import { hurriedClock } from '../world/clock.ts';

function* counting(to: number, done: number[]): Steps<string> {
  for (let at = 1; at <= to; at += 1) {
    done.push(at);
    yield;
  }
  return `${to} done`;
}

test('at once and in slices give the same', async () => {
  expect(atOnce(counting(5, []))).toBe('5 done');
  expect(await inSlices(counting(5, []), hurriedClock(10))).toBe('5 done');
});

test('others have their turns between two slices, and only there', async () => {
  const done: number[] = [];
  const seen: number[] = [];
  const look = (): void => {
    seen.push(done.length);
    if (done.length < 9) setImmediate(look);
  };
  setImmediate(look);
  // Two milliseconds a step: a slice is over with the third.
  await inSlices(counting(9, done), hurriedClock(2));
  expect(seen.slice(0, 3)).toEqual([3, 6, 9]);
});

test('what is short waits for nobody', async () => {
  let turns = 0;
  setImmediate(() => {
    turns += 1;
  });
  await inSlices(counting(1_000, []), hurriedClock(0));
  expect(turns).toBe(0);
});

test('what is not wanted any more is given up between two slices', async () => {
  const done: number[] = [];
  const isWanted = (): boolean => done.length < 4;
  expect(await inSlicesWhile(isWanted, counting(9, done), hurriedClock(3))).toBe(null);
  expect(done).toEqual([1, 2, 3, 4]);
});
