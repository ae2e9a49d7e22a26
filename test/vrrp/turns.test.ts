/** Which turn each of many instances has. */
import { expect, test } from 'vitest';
import { turnOf } from '../../src/vrrp/turns.ts';

const turnsOf = (count: number, intervalMs: number): readonly (number | undefined)[] =>
  Array.from({ length: count }, (_, at) => turnOf(at, count, intervalMs));

test('a few instances have none, and neither have those of short intervals', () => {
  expect(turnsOf(16, 1_000)).toEqual(Array(16).fill(undefined));
  expect(turnsOf(255, 10)).toEqual(Array(255).fill(undefined));
});

test('many are spread over the whole interval, a few in each turn', () => {
  const turns = turnsOf(255, 1_000) as readonly number[];
  const apart = [...new Set(turns)];
  expect(apart).toHaveLength(64);
  const sizes = apart.map((turn) => turns.filter((one) => one === turn).length);
  expect(Math.max(...sizes)).toBe(4);
  expect(Math.min(...turns)).toBe(0);
  expect(Math.max(...turns)).toBe(63 / 64);
  expect(new Set(turnsOf(17, 1_000)).size).toBe(17);
});

test('turns are 5 ms apart at least', () => {
  expect(new Set(turnsOf(255, 100)).size).toBe(20);
});
