import { describe, expect, test } from 'vitest';
import { isLost, PEACE, pull, type TugOfWar } from '../../../src/vrrp/holding/tug-of-war.ts';

const LIMIT = { times: 3, withinMs: 10_000 };

const pulled = (...instants: readonly number[]): TugOfWar =>
  instants.reduce((war, now) => pull(war, LIMIT, now), PEACE);

describe('a tug of war', () => {
  test('is lost at the last put-back that was allowed, for as long as it took', () => {
    expect(isLost(pulled(0, 1000), 1000)).toBe(false);
    const lost = pulled(0, 1000, 2000);
    expect(isLost(lost, 2000)).toBe(true);
    expect(isLost(lost, 11_999)).toBe(true);
    expect(isLost(lost, 12_000)).toBe(false);
  });

  test('is none when there is time between the pulls', () => {
    expect(isLost(pulled(0, 9000, 18_000, 27_000), 27_000)).toBe(false);
  });

  test('counts what is removed in one go once', () => {
    expect(isLost(pulled(0, 10, 20, 30, 40, 50), 50)).toBe(false);
  });

  test('is never lost with a limit of 0', () => {
    const never = { times: 0, withinMs: 1 };
    const war = [0, 1000, 2000, 3000].reduce((one, now) => pull(one, never, now), PEACE);
    expect(isLost(war, 3000)).toBe(false);
  });
});
