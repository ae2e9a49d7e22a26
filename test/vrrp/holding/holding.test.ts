import { expect, test } from 'vitest';
import { silentLog } from '../../../src/base/log.ts';
import type { VirtualRoute } from '../../../src/model/route.ts';
import type {
  AnnounceTiming,
  Paths,
  VirtualAddress,
  VrrpInstance,
} from '../../../src/model/vrrp.ts';
import { Counters } from '../../../src/vrrp/counters.ts';
import { Announcer } from '../../../src/vrrp/holding/announcer.ts';
import { Estate, Share } from '../../../src/vrrp/holding/estate.ts';
import { noGate } from '../../../src/vrrp/holding/gate.ts';
import type { Gone } from '../../../src/vrrp/holding/held.ts';
import { Holding } from '../../../src/vrrp/holding/holding.ts';
import { simulatedClock } from '../../world/clock.ts';
import { instanceOf } from '../../world/director.ts';

/** A kernel that takes its time, and what it and the link were told. */
function world() {
  const said: string[] = [];
  const waiting: (() => void)[] = [];
  const does = (verb: string) => (addresses: readonly VirtualAddress[], paths: Paths) => {
    const what = [
      ...addresses.map(({ address }) => address),
      ...paths.routes.map(({ table }) => `route in ${table}`),
    ];
    said.push(`${verb} ${what.join(', ')}`);
    return new Promise<void>((resolve) => waiting.push(resolve));
  };
  const clock = simulatedClock();
  const announce = (_: string, address: string, form: AnnounceTiming['form']): void => {
    said.push(`${form} ${address}`);
  };
  const ports = {
    clock,
    log: silentLog,
    addresses: { hold: does('hold'), release: does('release') },
    gate: noGate('none here'),
  };
  const counters = new Counters();
  const announcer = new Announcer({ announce, probe: () => {} }, clock);
  const estate = new Estate();
  const another = (): Holding => new Holding(ports, announcer, new Share(estate), new Counters());
  const holding = new Holding(ports, announcer, new Share(estate), counters);
  const kernelIsDone = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    waiting.shift()?.();
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  };
  return { said, holding, another, counters, kernelIsDone, clock };
}

const ROUTE = {
  destination: { address: '10.9.0.0', length: 16 },
  source: null,
  hops: [],
  vrf: null,
  table: 300,
  untracked: false,
} as Partial<VirtualRoute> as VirtualRoute;

const INSTANCE = instanceOf({ routes: [ROUTE] });

function lostAddress(hasRunOut: boolean): Gone {
  return { kind: 'address', address: '10.0.0.100', is: () => true, hasRunOut: () => hasRunOut };
}

test('vrrp-A8 an address is announced when it is there, and not before', async () => {
  const { said, holding, kernelIsDone, clock } = world();
  holding.hold(INSTANCE);
  holding.announce(INSTANCE, 2);
  await Promise.resolve();
  expect(said).toEqual(['hold 10.0.0.100, route in 300']);
  await kernelIsDone();
  expect(said.slice(1)).toEqual(['request 10.0.0.100']);
  await clock.settleBy(100);
  expect(said.slice(1)).toEqual(['request 10.0.0.100', 'request 10.0.0.100']);
});

test('vrrp-A8 an address that is released is not announced again', async () => {
  const { said, holding, kernelIsDone, clock } = world();
  holding.hold(INSTANCE);
  holding.announce(INSTANCE, 2);
  await kernelIsDone();
  holding.release(INSTANCE);
  await kernelIsDone();
  await clock.settleBy(100);
  expect(said).toEqual([
    'hold 10.0.0.100, route in 300',
    'request 10.0.0.100',
    'release 10.0.0.100, route in 300',
  ]);
});

test('vrrp-A8 an address that was released meanwhile is not announced at all', async () => {
  const { said, holding, kernelIsDone } = world();
  holding.hold(INSTANCE);
  holding.announce(INSTANCE, 2);
  holding.release(INSTANCE);
  await kernelIsDone();
  await kernelIsDone();
  expect(said).toEqual(['hold 10.0.0.100, route in 300', 'release 10.0.0.100, route in 300']);
});

test('F13: a route that others removed is put back alone, and counted', async () => {
  const { said, holding, counters, kernelIsDone } = world();
  holding.putBack(INSTANCE, { kind: 'route', is: ({ table }) => table === 300 });
  await kernelIsDone();
  expect(said).toEqual(['hold route in 300']);
  expect(counters.read()).toMatchObject({ pathsPutBack: 1, addressesPutBack: 0 });
});

test('F13: an address is put back with the routes that went with it, and announced', async () => {
  const { said, holding, kernelIsDone, clock } = world();
  holding.putBack(INSTANCE, lostAddress(false));
  await kernelIsDone();
  await clock.settleBy(100);
  expect(said[0]).toBe('hold 10.0.0.100, route in 300');
  expect(said).toHaveLength(1 + INSTANCE.announce.repeat);
});

test('what has no_track stays away', async () => {
  const { said, holding, kernelIsDone } = world();
  const untracked = { ...INSTANCE, routes: [{ ...ROUTE, untracked: true }] };
  holding.putBack(untracked, { kind: 'route', is: () => true });
  await kernelIsDone();
  expect(said).toEqual([]);
});

test('an address that was not prolonged in time is put back without a fight', async () => {
  const { said, holding, counters, kernelIsDone } = world();
  const war = instanceOf({ putBackLimit: { times: 1, withinMs: 1_000 } });
  holding.putBack(war, lostAddress(true));
  await kernelIsDone();
  expect(said).toEqual(['hold 10.0.0.100']);
  expect(counters.read()).toMatchObject({ lifetimesOver: 1, addressesPutBack: 0 });
  expect(holding.lostUntil(0)).toBe(null);
  holding.putBack(war, lostAddress(false));
  expect(holding.lostUntil(0)).not.toBe(null);
});

const withAddresses = (...all: readonly Partial<VirtualAddress>[]): VrrpInstance =>
  instanceOf({
    addresses: all.map((one) => ({ ...(INSTANCE.addresses[0] as VirtualAddress), ...one })),
  });

/** As a reload does: all want first, then all let go, then all take on. */
function reload(...all: readonly (readonly [Holding, VrrpInstance, VrrpInstance])[]): void {
  for (const [holding, , after] of all) holding.want(after);
  for (const [holding, before, after] of all) holding.letGo(before, after);
  for (const [holding, before, after] of all) holding.takeOn(before, after);
}

test('an address that a reload gives to another instance is never released', async () => {
  const [x, y, z] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((address) => ({ address }));
  const { said, holding: one, another, kernelIsDone } = world();
  const other = another();
  const [before, after] = [withAddresses(x ?? {}, z ?? {}), withAddresses(z ?? {})];
  const [otherBefore, otherAfter] = [withAddresses(y ?? {}), withAddresses(y ?? {}, x ?? {})];
  one.hold(before);
  other.hold(otherBefore);
  for (let time = 0; time < 2; time += 1) await kernelIsDone();
  reload([one, before, after], [other, otherBefore, otherAfter]);
  for (let time = 0; time < 3; time += 1) await kernelIsDone();
  expect(said.filter((line) => line.startsWith('release'))).toEqual([]);
  expect(said).toContain('hold 10.0.0.1');
  other.release(otherAfter);
  await kernelIsDone();
  expect(said.at(-1)).toBe('release 10.0.0.2, 10.0.0.1');
});

test('a label that a reload changes is asked for at once, and nothing is released', async () => {
  const { said, holding, kernelIsDone, clock } = world();
  const [before, after] = [withAddresses({}), withAddresses({ label: 'eth0:1' })];
  holding.hold(before);
  await kernelIsDone();
  said.length = 0;
  reload([holding, before, after]);
  await kernelIsDone();
  await clock.settleBy(100);
  expect(said.slice(0, 2)).toEqual(['hold 10.0.0.100', 'request 10.0.0.100']);
  said.length = 0;
  reload([holding, after, { ...after, priority: 99 }]);
  await kernelIsDone();
  await clock.settleBy(100);
  expect(said).toEqual([]);
});
