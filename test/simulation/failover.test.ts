import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { NOBODY_IS_TOLD } from '../../src/model/script.ts';
import type { SyncGroup, VrrpInstance } from '../../src/model/vrrp.ts';
import { type SimulatedClock, simulatedClock } from '../world/clock.ts';
import { configOf, instanceOf, SimulatedDirector } from '../world/director.ts';
import { SimulatedLink } from '../world/link.ts';

interface Pair {
  readonly clock: SimulatedClock;
  readonly eth0: SimulatedLink;
  readonly eth1: SimulatedLink;
  readonly one: SimulatedDirector;
  readonly two: SimulatedDirector;
}

const servers: Partial<VrrpInstance> = {
  name: 'VI_2',
  interface: 'eth1',
  vrid: 52,
  addresses: [],
};

/** Two directors; the first has priority 150, the second 100. */
function pair(over: Partial<VrrpInstance> = {}, grouped = false): Pair {
  const clock = simulatedClock();
  const eth0 = new SimulatedLink(clock);
  const eth1 = new SimulatedLink(clock);
  const world = { clock, links: { eth0, eth1 } };
  const one = new SimulatedDirector('one', 1, world);
  const two = new SimulatedDirector('two', 2, world);
  const group: SyncGroup = {
    name: 'G',
    members: ['VI_1', 'VI_2'],
    tracks: [],
    trackWeights: false,
    notify: NOBODY_IS_TOLD,
  };
  for (const [director, priority] of [
    [one, 150],
    [two, 100],
  ] as const) {
    const first = instanceOf({ ...over, priority });
    const both = grouped ? [first, instanceOf({ ...over, ...servers, priority })] : [first];
    director.speaker.configure(configOf(both, grouped ? { syncGroups: [group] } : {}));
  }
  return { clock, eth0, eth1, one, two };
}

const states = ({ one, two }: Pair): string => `${one.state()} ${two.state()}`;

/** A director beside a master; it is told to be deaf before it begins. */
async function deafBeside(): Promise<Pair> {
  const world = pair();
  world.one.speaker.configure(configOf([]));
  // Until then its socket is open, and a new instance would share it.
  await world.clock.settleTo(1);
  world.one.deaf = true;
  world.one.speaker.configure(configOf([instanceOf({ priority: 150 })]));
  return world;
}

describe('a director that can open no socket', () => {
  test('is in fault, whatever its priority, and serves as soon as it can', async () => {
    const world = await deafBeside();
    await world.clock.settleTo(10_000);
    expect(states(world)).toBe('fault master');
    world.one.deaf = false;
    await world.clock.settleTo(11_001);
    expect(world.one.state()).toBe('backup');
    await world.clock.settleTo(16_000);
    expect(states(world)).toBe('master backup');
  });
});

describe('a master that returns', () => {
  test('and preempts never holds an address together with the other', async () => {
    const world = pair();
    await world.clock.settleTo(4_000);
    world.one.down.add('eth0');
    world.one.speaker.linksChanged();
    await world.clock.settleTo(10_000);
    expect(states(world)).toBe('fault master');
    world.one.down.clear();
    world.one.speaker.linksChanged();
    for (let now = 10_000; now < 16_000; now += 1) {
      await world.clock.settleTo(now);
      expect(world.one.held.size + world.two.held.size).toBeLessThanOrEqual(1);
    }
    expect(states(world)).toBe('master backup');
    expect(world.one.held.size).toBe(1);
  });
});

describe('a pair', () => {
  test('vrrp-S2 waits for three intervals and the skew before it takes over', async () => {
    const world = pair();
    await world.clock.settleTo(3413);
    expect(states(world)).toBe('backup backup');
    await world.clock.settleTo(3415);
    expect(states(world)).toBe('master backup');
    expect(world.one.held).toEqual(new Set(['10.0.0.100']));
    expect(world.two.held.size).toBe(0);
  });

  test('vrrp-S2 `state MASTER` waits for one interval only', async () => {
    const world = pair({ initialState: 'master' });
    await world.clock.settleTo(1005);
    expect(world.one.state()).toBe('master');
  });

  test('vrrp-S4 the backup takes over 3609 ms after the last advertisement', async () => {
    const world = pair();
    await world.clock.settleTo(10_000);
    const lastHeardAt = 3415 - 1 + 6000 + 1; // masters from 3414.06 on, one a second, 1 ms away
    world.eth0.setCut('one', true);
    await world.clock.settleTo(lastHeardAt + 3608);
    expect(world.two.state()).toBe('backup');
    await world.clock.settleTo(lastHeardAt + 3611);
    expect(world.two.state()).toBe('master');
    await world.clock.settleBy(100);
    expect(world.two.announced).toHaveLength(5);
  });

  test('vrrp-S12 after a cut the higher priority stays and the lower one yields', async () => {
    const world = pair();
    await world.clock.settleTo(5000);
    world.eth0.setCut('one', true);
    await world.clock.settleTo(12_000);
    expect(states(world)).toBe('master master');
    world.eth0.setCut('one', false);
    await world.clock.settleTo(13_500);
    expect(states(world)).toBe('master backup');
    expect(world.two.held.size).toBe(0);
  });

  test('vrrp-S9 a master that stops lets the backup take over within its skew', async () => {
    const world = pair();
    await world.clock.settleTo(5000);
    const stopped = world.one.speaker.stop({ keep: false });
    await world.clock.settleTo(5001);
    await stopped;
    expect(world.one.held.size).toBe(0);
    await world.clock.settleTo(5000 + 609);
    expect(world.two.state()).toBe('backup');
    await world.clock.settleTo(5000 + 613);
    expect(world.two.state()).toBe('master');
  });

  test('vrrp-S6 nopreempt leaves the address where it is', async () => {
    const world = pair({ preempt: false });
    await world.clock.settleTo(5000);
    world.eth0.setCut('one', true);
    world.one.down.add('eth0');
    world.one.speaker.linksChanged();
    await world.clock.settleTo(12_000);
    expect(states(world)).toBe('fault master');
    world.eth0.setCut('one', false);
    world.one.down.delete('eth0');
    world.one.speaker.linksChanged();
    await world.clock.settleTo(30_000);
    expect(states(world)).toBe('backup master');
  });

  test('vrrp-R10 another interval, and another password, are dropped and counted', async () => {
    const { clock, one, two } = pair();
    one.speaker.configure(configOf([instanceOf({ priority: 150, advertIntervalMs: 2000 })]));
    await clock.settleTo(20_000);
    expect(two.speaker.snapshot().instances[0]?.counters.dropped.interval).toBeGreaterThan(0);
    const key = { type: 'pass', key: 'guess' } as const;
    one.speaker.configure(configOf([instanceOf({ priority: 150, authentication: key })]));
    await clock.settleTo(30_000);
    expect(two.speaker.snapshot().instances[0]?.counters.dropped.authentication).toBeGreaterThan(0);
  });

  test('an address that somebody removed is put back, and the master stays master', async () => {
    const world = pair();
    await world.clock.settleTo(5000);
    world.one.held.clear();
    world.one.speaker.gone({
      kind: 'address',
      address: '10.0.0.100',
      hasRunOut: () => false,
      is: ({ address }) => address === '10.0.0.100',
    });
    await world.clock.settleTo(5001);
    expect(world.one.held).toEqual(new Set(['10.0.0.100']));
    expect(states(world)).toBe('master backup');
    expect(world.one.speaker.snapshot().instances[0]?.counters.addressesPutBack).toBe(1);
  });
});

describe('a sync group', () => {
  test('vrrp-S21 moves as one when one of its links fails', async () => {
    const { clock, one, two } = pair({}, true);
    await clock.settleTo(8000);
    expect([one.state('VI_1'), one.state('VI_2')]).toEqual(['master', 'master']);
    one.down.add('eth1');
    one.speaker.linksChanged();
    expect([one.state('VI_1'), one.state('VI_2')]).toEqual(['fault', 'fault']);
    await clock.settleTo(8700);
    expect([two.state('VI_1'), two.state('VI_2')]).toEqual(['master', 'master']);
    expect(one.held.size).toBe(0);
    expect(one.told).toContain('GROUP G FAULT 0');
    expect(two.told).toContain('GROUP G MASTER 0');
  });
});

describe('tracking', () => {
  test('a script with weight moves the priority, and with it the address', async () => {
    const { clock, one, two } = pair();
    const track = { kind: 'script', name: 'check', weightDelta: -60, reverse: false } as const;
    const script = {
      name: 'check',
      script: { argv: ['/bin/true'], account: null },
      intervalMs: 1000,
      timeoutMs: 1000,
      weightDelta: 0,
      reverse: false,
      rise: 2,
      fall: 2,
      initFail: false,
    } as const;
    const tracked = instanceOf({ priority: 150, tracks: [track] });
    one.speaker.configure(configOf([tracked], { scripts: [script] }));
    await clock.settleTo(8000);
    expect(one.state()).toBe('master');
    one.scriptOk = false;
    await clock.settleTo(15_000);
    expect(one.speaker.snapshot().instances[0]?.effectivePriority).toBe(90);
    expect([one.state(), two.state()]).toEqual(['backup', 'master']);
    one.scriptOk = true;
    await clock.settleTo(25_000);
    expect([one.state(), two.state()]).toEqual(['master', 'backup']);
  });
});

describe('a BFD session that is tracked', () => {
  const follow = (weightDelta: number, reverse = false) =>
    instanceOf({ priority: 150, tracks: [{ kind: 'bfd', name: 'uplink', weightDelta, reverse }] });

  test('without weight is a fault while it is down, from the start on and at once', async () => {
    const { clock, one, two } = pair();
    one.speaker.configure(configOf([follow(0)]));
    await clock.settleTo(5_000);
    expect([one.state(), two.state()]).toEqual(['fault', 'master']);
    expect(one.speaker.snapshot().instances[0]?.reason).toBe('bfd uplink is down');
    one.hearSessions({ uplink: true });
    await clock.settleTo(10_000);
    expect([one.state(), two.state()]).toEqual(['master', 'backup']);
    one.hearSessions({ uplink: false });
    expect([one.state(), two.state()]).toEqual(['fault', 'backup']);
    // Priority 0 has told the other: it waits for its skew only.
    await clock.settleTo(11_000);
    expect(two.state()).toBe('master');
  });

  test('with reverse is a fault while it is up', async () => {
    const { clock, one } = pair();
    one.speaker.configure(configOf([follow(0, true)]));
    await clock.settleTo(5_000);
    expect(one.state()).toBe('master');
    one.hearSessions({ uplink: true });
    expect(one.state()).toBe('fault');
  });

  test('with weight moves the priority, and with it the address', async () => {
    const { clock, one, two } = pair();
    one.speaker.configure(configOf([follow(-60)]));
    one.hearSessions({ uplink: true, other: false });
    await clock.settleTo(6_000);
    expect([one.state(), two.state()]).toEqual(['master', 'backup']);
    one.hearSessions({ uplink: false, other: false });
    await clock.settleTo(10_000);
    const [instance] = one.speaker.snapshot().instances;
    expect(instance?.effectivePriority).toBe(90);
    expect(instance?.trackers).toMatchObject([
      {
        kind: 'bfd',
        name: 'uplink',
        up: false,
        weightDelta: -60,
      },
    ]);
    expect([one.state(), two.state()]).toEqual(['backup', 'master']);
  });
});

test('after 5 s of health there is one master, whatever was cut before (200 seeds)', async () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    const random = seededRandom(seed);
    const world = pair({
      preempt: random() < 0.5,
      initialState: random() < 0.5 ? 'master' : 'backup',
    });
    let at = 0;
    for (let turn = 0; turn < 6; turn += 1) {
      at += random() * 4000;
      await world.clock.settleTo(at);
      world.eth0.setCut(random() < 0.5 ? 'one' : 'two', random() < 0.6);
    }
    world.eth0.setCut('one', false);
    world.eth0.setCut('two', false);
    await world.clock.settleTo(at + 5000);
    const masters = [world.one, world.two].filter((director) => director.state() === 'master');
    expect(masters, `seed ${seed}`).toHaveLength(1);
    expect(masters[0]?.held.size, `seed ${seed}`).toBe(1);
    const other = masters[0] === world.one ? world.two : world.one;
    expect(other.held.size, `seed ${seed}`).toBe(0);
  }
});
