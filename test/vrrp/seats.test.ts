/** Which router goes on under a new configuration. */
import { expect, test } from 'vitest';
import type { VrrpInstance } from '../../src/model/vrrp.ts';
import { knownFor } from '../../src/vrrp/seats.ts';
import type { VirtualRouter } from '../../src/vrrp/virtual-router.ts';
import { instanceOf } from '../world/director.ts';

const routerOf = (instance: VrrpInstance): VirtualRouter => ({ instance }) as VirtualRouter;

test('a router stays under another name, and of two with one VRID each stays what it is', () => {
  const [a, b] = [instanceOf({ name: 'a' }), instanceOf({ name: 'b' })];
  const [one, two] = [routerOf(a), routerOf(b)];
  expect(knownFor([instanceOf({ name: 'other' })], [one]).size).toBe(1);
  expect(knownFor([instanceOf({ name: 'a', vrid: 52 })], [one]).size).toBe(0);
  const [nextA, nextB] = [instanceOf({ name: 'a' }), instanceOf({ name: 'b' })];
  const known = knownFor([nextB, nextA], [one, two]);
  expect([known.get(nextA), known.get(nextB)]).toEqual([one, two]);
  // One of them leaves: the other is not taken for it.
  expect([...knownFor([nextB], [one, two]).values()]).toEqual([two]);
});
