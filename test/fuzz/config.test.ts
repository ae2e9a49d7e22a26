/** 10 000 mutants of the corpus; `npm run fuzz` runs more of them. A fault prints its seed and number. */
import { describe, expect, test } from 'vitest';
import { faultsOf } from './campaign.ts';

const SEED = 1;
const MUTANTS = 10_000;
const MUTANTS_OF_A_TEST = 2000;

const STARTS = Array.from(
  { length: MUTANTS / MUTANTS_OF_A_TEST },
  (_, part) => part * MUTANTS_OF_A_TEST,
);

describe('no mutant throws, hangs, points outside its file or shows a password', () => {
  test.each(STARTS)('from number %i on', { timeout: 120_000 }, (from) => {
    expect(faultsOf({ seed: SEED, from, to: from + MUTANTS_OF_A_TEST })).toEqual([]);
  });
});
