/** Which questions an acceptor takes for those of somebody who hears it. */
import { expect, test } from 'vitest';
import { unfitQuestion } from '../../src/lease/admit.ts';
import { epochAt, isFresh, isOfThisStart } from '../../src/lease/epoch.ts';
import type { LeaseAsk } from '../../src/wire/lease.ts';

const BIRTH = { draw: 0xfedcba98, at: 5_000 };

test.each([
  [0, true],
  [999, true],
  [1_000, true],
  [1_999, true],
  [2_000, false],
  [3_600_000, false],
])('what was told at the beginning of a second is fresh %i ms later: %s', (laterMs, fresh) => {
  const told = epochAt(BIRTH, 105_000);
  expect(isFresh(BIRTH, told, 105_000 + laterMs)).toBe(fresh);
  expect(isOfThisStart(BIRTH, told)).toBe(true);
});

test('the seconds begin again after eighteen hours, and what was told just before is fresh', () => {
  const beforeMs = 5_000 + 65_535_500;
  const told = epochAt(BIRTH, beforeMs);
  expect(isFresh(BIRTH, told, beforeMs + 600)).toBe(true);
  expect(isFresh(BIRTH, told, beforeMs + 1_600)).toBe(false);
});

test('what an earlier start has told is neither fresh nor of this one', () => {
  const told = epochAt({ ...BIRTH, draw: 77 }, 6_000);
  expect(told).toBeLessThan(2 ** 48);
  expect(isFresh(BIRTH, told, 6_000)).toBe(false);
  expect(isOfThisStart(BIRTH, told)).toBe(false);
  expect(isFresh(BIRTH, 0, 6_000)).toBe(false);
});

test('who asks has to have heard of the acceptor lately, who gives back need not', () => {
  const self = { names: new Set([9]), list: null, birth: BIRTH, promiseMsMax: 1_000 };
  const ask: LeaseAsk = {
    type: 'ask',
    list: 1,
    node: 2,
    acceptor: 9,
    round: 1,
    epoch: epochAt(BIRTH, 6_000),
    life: 3,
    keys: [51],
    promiseMs: 100,
    priority: 100,
  };
  const { promiseMs: _, priority: __, ...common } = ask;
  const at = (now: number) => ({ known: new Set<number>(), now });
  expect(unfitQuestion(self, ask, at(6_500))).toBeNull();
  expect(unfitQuestion(self, ask, at(16_000))).toBe('epoch');
  const release = { ...common, type: 'release' } as const;
  expect(unfitQuestion(self, release, at(16_000))).toBeNull();
  expect(unfitQuestion(self, { ...release, epoch: 0 }, at(16_000))).toBe('epoch');
});
