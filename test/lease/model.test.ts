import { describe, expect, test } from 'vitest';
import { EtcdModel } from './etcd-model.ts';
import { LeaseModel } from './model.ts';
import { BROKEN, BROKEN_ETCD, SAFE, SAFE_ETCD } from './variants.ts';

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

/** To their end, and further: `npm run model`. */
const ETCD_STATES = 6_000;

describe('etcd as the only acceptor: never two holders, as far as is searched here:', () => {
  test.each(SAFE_ETCD)('$name', { timeout: 60_000 }, ({ options }) => {
    const { violation } = new EtcdModel({ ...options, statesMax: ETCD_STATES }).run();
    expect(violation).toBeNull();
  });
});

describe('two holders are found of which the only acceptor is etcd, and', () => {
  test.each(BROKEN_ETCD)('$name', { timeout: 60_000 }, ({ options }) => {
    const { violation } = new EtcdModel(options).run();
    expect(violation?.at(-1)).toMatch(/open for [1-9] and [1-9]/);
  });
});
