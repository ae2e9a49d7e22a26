/** What the next VRRP process goes on with, of instances with a lease and without one. */
import { expect, test } from 'vitest';
import type { LeaseConfig } from '../../../src/model/lease.ts';
import { inheritanceOf } from '../../../src/vrrp/holding/inheritance.ts';
import type { VrrpWill } from '../../../src/vrrp/holding/will.ts';
import { instanceOf } from '../../world/director.ts';
import { leaseConfigOf } from '../../world/lease.ts';

const [ADDRESS] = instanceOf().addresses;
if (ADDRESS === undefined) throw new Error('an instance has an address');
const MEMBERS = [
  instanceOf({ name: 'VI_1', vrid: 51, addresses: [{ ...ADDRESS, address: '10.0.0.100' }] }),
  instanceOf({ name: 'VI_2', vrid: 52, addresses: [{ ...ADDRESS, address: '10.0.0.101' }] }),
] as const;
const PLAIN = instanceOf({ name: 'plain', vrid: 53 });
const SUBJECT = { name: 'G', instances: ['VI_1', 'VI_2'], keys: [51, 52], holdMs: 3_000 };
const LEASE: LeaseConfig = leaseConfigOf({ subjects: [SUBJECT] });
const HELD = { keys: [51, 52], list: 1, round: 7, untilMs: 12_000 };
const WILL: VrrpWill = {
  atMs: 10_000,
  bootMs: 20_000,
  masters: [51, 52, 53].map((vrid) => ({
    interface: 'eth0',
    vrid,
    family: 'ipv4',
    peers: null,
    sinceMs: vrid,
  })),
  leases: [HELD],
};
const OPEN = new Map([
  ['10.0.0.100', 1_900],
  ['10.0.0.101', 1_800],
]);

/** By `afterMs` of it, which instances go on, and until when which lease is held. */
function inherited({
  will = WILL,
  instances = [...MEMBERS, PLAIN],
  afterMs = 300,
  sleptMs = 0,
  standing = OPEN,
} = {}) {
  const now = { atMs: 10_000 + afterMs, bootMs: 20_000 + afterMs + sleptMs };
  const found = inheritanceOf(will, { instances, lease: LEASE }, now, standing);
  return {
    names: instances.filter((one) => found.mastershipOf(one) !== null).map(({ name }) => name),
    until: found.leases.map(({ untilMs }) => untilMs),
  };
}

const ALL = ['VI_1', 'VI_2', 'plain'];

test('a lease lasts as long as the will says', () => {
  expect(inherited()).toEqual({ names: ALL, until: [12_000] });
  // Whoever has none waits for no longer than a peer does.
  expect(inherited({ afterMs: 1_999 })).toEqual({
    names: ALL,
    until: [12_000],
  });
  expect(inherited({ afterMs: 2_000 })).toEqual({ names: [], until: [] });
});

test('and no longer than the kernel keeps the addresses open', () => {
  const standing = new Map([...OPEN, ['10.0.0.101', 20]]);
  expect(inherited({ standing }).until).toEqual([10_320]);
});

test('an address that was shut or let go of since: the lease may have been given back', () => {
  const standing = new Map([['10.0.0.100', 1_900]]);
  expect(inherited({ standing })).toEqual({ names: ['plain'], until: [] });
  expect(inherited({ standing: new Map() })).toEqual({ names: ['plain'], until: [] });
});

test('nothing of a group of which one member was not master', () => {
  const will = { ...WILL, masters: WILL.masters.filter(({ vrid }) => vrid !== 52) };
  expect(inherited({ will })).toEqual({ names: ['plain'], until: [] });
});

test('nothing of an instance that guards nothing', () => {
  const [first, second] = MEMBERS;
  expect(inherited({ instances: [first, { ...second, addresses: [] }] }).names).toEqual([]);
});

test('nothing at all after the machine was suspended', () => {
  expect(inherited({ sleptMs: 30 }).names).toEqual(ALL);
  expect(inherited({ sleptMs: 100 })).toEqual({ names: [], until: [] });
});
