/** What a seed draws for a trial (test/lab/faults.ts). */
import { expect, test } from 'vitest';
import { type Act, describeAct, faultsOf } from '../lab/faults.ts';

const SEEDS = Array.from({ length: 500 }, (_, at) => at + 1);

test('the same seed draws the same faults, another one draws others', () => {
  expect(faultsOf(7)).toEqual(faultsOf(7));
  expect(new Set(SEEDS.map((seed) => JSON.stringify(faultsOf(seed)))).size).toBe(SEEDS.length);
});

test('faults are in the order of their time, and what begins ends', () => {
  for (const seed of SEEDS) {
    const faults = faultsOf(seed);
    expect(faults.map(({ atMs }) => atMs)).toEqual(
      faults.map(({ atMs }) => atMs).toSorted((a, b) => a - b),
    );
    const count = (...names: readonly Act['do'][]): number =>
      faults.filter(({ act }) => names.includes(act.do)).length;
    expect(count('mend')).toBe(count('cut'));
    expect(count('plug')).toBe(count('pull'));
    expect(count('continue')).toBe(count('pause'));
    expect(count('fail-back')).toBe(count('fail-over'));
  }
});

test('two hundred seeds have all there is: every cut one way and both, every process paused and killed', () => {
  const said = new Set(
    SEEDS.slice(0, 200).flatMap((seed) => faultsOf(seed).map(({ act }) => describeAct(act))),
  );
  for (const fault of [
    'cut director1→director2 director2→director1',
    'cut director1→director2',
    'cut director2→director1',
    'cut witness→director1',
    'cut director2→witness witness→director2',
    'cut director1→director2 director2→director1 director1→witness witness→director1',
    'pull director1',
    'pause vrrp of director1',
    'pause supervisor of director2',
    'pause all of director1',
    'pause witness',
    'kill vrrp of director1',
    'kill supervisor of director1',
    'kill all of director2',
    'kill witness',
    'start witness',
    'stop director1',
    'fail-over director1',
  ]) {
    expect(said).toContain(fault);
  }
});
