/** Planned hand-over over simulated time: how long nobody holds the addresses, and that never two do. */
import { describe, expect, test } from 'vitest';
import { NOBODY_IS_TOLD } from '../../src/model/script.ts';
import type { SyncGroup, VrrpConfig, VrrpInstance } from '../../src/model/vrrp.ts';
import type { PlannedFault } from '../../src/simulation/world.ts';
import { SimulatedWorld } from '../../src/simulation/world.ts';
import { masterDownMs } from '../../src/vrrp/machine/timers.ts';
import { simulatedClock } from '../world/clock.ts';
import { configOf, instanceOf, SimulatedDirector } from '../world/director.ts';
import { SimulatedLink } from '../world/link.ts';
import { PeerWire } from '../world/peer-wire.ts';

const FIRST = '10.0.0.100';
const SECOND = '10.0.1.100';
const GROUP: SyncGroup = {
  name: 'G',
  members: ['VI_1', 'VI_2'],
  tracks: [],
  trackWeights: false,
  notify: NOBODY_IS_TOLD,
};

function config(priority: number, over: Partial<VrrpInstance>, grouped: boolean): VrrpConfig {
  const first = instanceOf({ ...over, priority });
  if (!grouped) return configOf([first]);
  const [address] = first.addresses;
  const addresses =
    address === undefined ? [] : [{ ...address, address: SECOND, interface: 'eth1' }];
  const second = { ...first, name: 'VI_2', interface: 'eth1', vrid: 52, addresses };
  return configOf([first, second], { syncGroups: [GROUP] });
}

interface Setup {
  readonly over?: Partial<VrrpInstance>;
  readonly grouped?: boolean;
  readonly faults?: readonly PlannedFault[];
  readonly seed?: number;
}

/** A has priority 150, B 100, C 50. */
function world({ over = {}, grouped = false, faults = [], seed = 1 }: Setup = {}): SimulatedWorld {
  const hosts = [150, 100, 50].map((priority, at) => ({
    name: 'ABC'[at] as string,
    config: config(priority, over, grouped),
    hostPart: at + 1,
    clockRate: 1,
  }));
  return new SimulatedWorld({ seed, hosts, faults });
}

const STOP: PlannedFault = { at: 8_000, fault: { do: 'stop', host: 'A' }, forMs: null };

/** When who held an address, from `from` on: negative gaps are overlaps. */
function moves(
  { journal }: SimulatedWorld,
  address: string,
  from: number,
): { readonly to: readonly string[]; readonly gapsMs: readonly number[] } {
  const to: string[] = [];
  const gapsMs: number[] = [];
  let freeAt: number | null = null;
  for (const entry of journal.entries) {
    if ((entry.what !== 'holds' && entry.what !== 'releases') || entry.address !== address)
      continue;
    if (entry.at < from) continue;
    if (entry.what === 'releases') freeAt = entry.at;
    else {
      to.push(entry.host);
      gapsMs.push(freeAt === null ? -1 : entry.at - freeAt);
    }
  }
  return { to, gapsMs };
}

function expectQuick(gapsMs: readonly number[]): void {
  for (const gapMs of gapsMs) {
    expect(gapMs).toBeGreaterThanOrEqual(0);
    expect(gapMs).toBeLessThan(10);
  }
}

describe.each([1_000, 100, 10_000])('advertisements every %i ms', (advertIntervalMs) => {
  test('a stop hands over to the best of those that are ready', async () => {
    const at = 10 * advertIntervalMs + 0.5;
    const over = { advertIntervalMs, version: 3 as const };
    const held = world({ over, faults: [{ ...STOP, at }] });
    await held.runTo(at + 20 * advertIntervalMs);
    const { to, gapsMs } = moves(held, FIRST, at);
    expect(to).toEqual(['B']);
    expectQuick(gapsMs);
  });
});

test('a stop hands over a sync group as a whole, over two links', async () => {
  const held = world({ grouped: true, faults: [STOP] });
  await held.runTo(12_000);
  for (const address of [FIRST, SECOND]) {
    const { to, gapsMs } = moves(held, address, STOP.at);
    expect(to).toEqual(['B']);
    expectQuick(gapsMs);
  }
});

describe('who comes back and preempts', () => {
  test.each([1_000, 100, 10_000])(
    'is handed over to, with advertisements every %i ms',
    async (ms) => {
      const over = { advertIntervalMs: ms, version: 3 as const };
      const at = 10 * ms + 0.5;
      const held = world({ over, grouped: true, faults: [{ ...STOP, at, forMs: 10 * ms }] });
      await held.runTo(at + 30 * ms);
      for (const address of [FIRST, SECOND]) {
        const { to, gapsMs } = moves(held, address, at);
        expect(to).toEqual(['B', 'A']);
        expectQuick(gapsMs);
      }
    },
  );

  test('is handed over to when its preempt_delay is over', async () => {
    const over = { preemptDelayMs: 5_000 };
    const held = world({ over, faults: [{ ...STOP, forMs: 4_000 }] });
    await held.runTo(30_000);
    const { to, gapsMs } = moves(held, FIRST, STOP.at);
    expect(to).toEqual(['B', 'A']);
    expectQuick(gapsMs);
  });

  test('takes it as the standard says when nothing comes of its asking', async () => {
    const clock = simulatedClock();
    const world = { clock, links: { eth0: new SimulatedLink(clock) }, peers: new PeerWire(clock) };
    const lesser = new SimulatedDirector('B', 2, world);
    lesser.speaker.configure(config(100, {}, false));
    await clock.settleTo(6_000);
    const greater = new SimulatedDirector('A', 1, world);
    greater.speaker.configure(config(150, {}, false));
    await clock.settleTo(6_500);
    world.peers.isCut = true;
    const self = { instance: instanceOf({}), priority: 150, address: '192.0.2.1' };
    const downMs = masterDownMs(self, 1_000);
    await clock.settleTo(6_000 + downMs + 95);
    expect([greater.state('VI_1'), lesser.state('VI_1')]).toEqual(['backup', 'master']);
    await clock.settleTo(6_000 + downMs + 105);
    expect([greater.state('VI_1'), lesser.state('VI_1')]).toEqual(['master', 'backup']);
    expect([greater.held.size, lesser.held.size]).toEqual([0, 0]);
    await clock.settleTo(6_000 + downMs + 125);
    expect(greater.held).toEqual(new Set([FIRST]));
  });
});

test('an order hands over, the greater priority does not take it back, and another order does', async () => {
  const held = world({ grouped: true });
  await held.runTo(8_000);
  const order = { names: [], back: false, force: false };
  const given = held.host('A').failOver(order);
  await held.runTo(20_000);
  expect(await given).toEqual({
    outcomes: [{ name: 'G', result: 'given-up', peer: '192.0.2.2' }],
  });
  expect(held.host('A').stateOf('VI_1')).toBe('backup');
  const back = held.host('A').failOver({ ...order, back: true });
  await held.runTo(30_000);
  expect((await back).outcomes).toEqual([{ name: 'G', result: 'taken-back', peer: null }]);
  for (const address of [FIRST, SECOND]) {
    const { to, gapsMs } = moves(held, address, 8_000);
    expect(to).toEqual(['B', 'A']);
    expectQuick(gapsMs);
  }
});

test('while a key is changed, who signs with the new one hands over to who still signs with the old one', async () => {
  const keys = [1, 2].map((id) => ({ id, key: `0${id}`.repeat(32) }));
  const hosts = [150, 100].map((priority, at) => {
    const signing = { keys, activeKey: at + 1, mode: 'enforce', antiReplay: 'time' } as const;
    const over = { authentication: { type: 'none' }, signing: { ...signing, windowMs: 10_000 } };
    return {
      name: 'AB'[at] as string,
      config: config(priority, over as Partial<VrrpInstance>, true),
      hostPart: at + 1,
      clockRate: 1,
    };
  });
  const held = new SimulatedWorld({ seed: 1, hosts, faults: [] });
  await held.runTo(8_000);
  const given = held.host('A').failOver({ names: [], back: false, force: false });
  await held.runTo(12_000);
  expect((await given).outcomes).toEqual([{ name: 'G', result: 'given-up', peer: '192.0.2.2' }]);
  const back = held.host('A').failOver({ names: [], back: true, force: false });
  await held.runTo(16_000);
  expect((await back).outcomes).toEqual([{ name: 'G', result: 'taken-back', peer: null }]);
  const { to, gapsMs } = moves(held, FIRST, 8_000);
  expect(to).toEqual(['B', 'A']);
  expectQuick(gapsMs);
});

test('what is asked back and not heard of is asked again', async () => {
  const cut = { do: 'cut', from: 'A', to: 'B', link: null, oneWay: false } as const;
  const held = world({ faults: [{ at: 19_990, fault: cut, forMs: 150 }] });
  await held.runTo(8_000);
  void held.host('A').failOver({ names: [], back: false, force: false });
  await held.runTo(20_000);
  const back = held.host('A').failOver({ names: [], back: true, force: false });
  await held.runTo(20_300);
  expect((await back).outcomes).toEqual([{ name: 'VI_1', result: 'taken-back', peer: null }]);
  const { to, gapsMs } = moves(held, FIRST, 8_000);
  expect(to).toEqual(['B', 'A']);
  expectQuick(gapsMs);
});

test('what was given up by order is taken again when the other fails', async () => {
  const held = world({
    faults: [
      { at: 12_000, fault: { do: 'crash', host: 'B' }, forMs: null },
      { at: 12_000, fault: { do: 'crash', host: 'C' }, forMs: null },
    ],
  });
  await held.runTo(8_000);
  void held.host('A').failOver({ names: ['VI_1'], back: false, force: false });
  await held.runTo(20_000);
  expect(moves(held, FIRST, 8_000).to).toEqual(['B', 'A']);
});

test('nothing is given up when nobody could take it, unless that is forced', async () => {
  const alone = new SimulatedWorld({
    seed: 1,
    hosts: [{ name: 'A', config: config(150, {}, false), hostPart: 1, clockRate: 1 }],
    faults: [],
  });
  await alone.runTo(8_000);
  const order = { names: [], back: false, force: false };
  await expect(alone.host('A').failOver(order)).rejects.toThrow('nobody could take over VI_1');
  await expect(alone.host('A').failOver({ ...order, names: ['VI_7'] })).rejects.toThrow(
    'there is no instance or sync group "VI_7"',
  );
  expect(alone.host('A').stateOf('VI_1')).toBe('master');
  const forced = alone.host('A').failOver({ ...order, force: true });
  await alone.runTo(8_100);
  expect((await forced).outcomes).toEqual([{ name: 'VI_1', result: 'given-up', peer: null }]);
  expect(alone.host('A').stateOf('VI_1')).toBe('backup');
});

test('a peer that is cut off costs 60 ms and the skew, and never holds it beside us', async () => {
  const cut = { do: 'cut', from: 'A', to: 'B', link: null, oneWay: false } as const;
  const held = world({ faults: [{ at: 7_900, fault: cut, forMs: null }, STOP] });
  await held.runTo(20_000);
  const { gapsMs } = moves(held, FIRST, STOP.at);
  for (const gapMs of gapsMs) expect(gapMs).toBeGreaterThanOrEqual(0);
});

test('a reload that removes an instance hands it over, and what stays is not disturbed', async () => {
  const clock = simulatedClock();
  const links = { eth0: new SimulatedLink(clock), eth1: new SimulatedLink(clock) };
  const peers = new PeerWire(clock);
  const directors = ['A', 'B'].map(
    (name, at) => new SimulatedDirector(name, at + 1, { clock, links, peers }),
  );
  const [a, b] = directors as [SimulatedDirector, SimulatedDirector];
  const both = (priority: number): VrrpConfig => ({
    ...config(priority, {}, true),
    syncGroups: [],
  });
  a.speaker.configure(both(150));
  b.speaker.configure(both(100));
  await clock.settleTo(6_000);
  expect([a.state('VI_1'), a.state('VI_2')]).toEqual(['master', 'master']);
  const only: VrrpConfig = { ...both(150), instances: both(150).instances.slice(0, 1) };
  const ready = a.speaker.beforeReload(only);
  await clock.settleTo(6_004);
  await ready;
  expect(a.held).toEqual(new Set([FIRST, SECOND]));
  a.speaker.configure(only);
  await clock.settleTo(6_014);
  expect([a.state('VI_1'), b.state('VI_1'), b.state('VI_2')]).toEqual([
    'master',
    'backup',
    'master',
  ]);
  expect([a.held, b.held]).toEqual([new Set([FIRST]), new Set([SECOND])]);
});
