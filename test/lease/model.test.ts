import { describe, expect, test } from 'vitest';
import { LeaseModel } from './model.ts';
import { BROKEN, SAFE } from './variants.ts';

describe('never two holders, whatever is lost, late, stopped or restarted:', () => {
  test.each(SAFE)('$name', ({ options }) => {
    const { violation, complete, states } = new LeaseModel(options).run();
    expect(violation).toBeNull();
    expect(complete).toBe(true);
    // So that nobody makes it quick by searching next to nothing.
    expect(states).toBeGreaterThan(50_000);
  });
});

describe('two holders are found with', () => {
  test.each(BROKEN)('$name', ({ options }) => {
    const { violation } = new LeaseModel(options).run();
    expect(violation?.at(-1)).toMatch(/open for [1-9] and [1-9]/);
  });
});
