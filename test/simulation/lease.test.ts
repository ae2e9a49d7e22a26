import { describe, expect, test } from 'vitest';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { Instant } from '../../src/base/time.ts';
import { LeaseSpeaker } from '../../src/lease/speaker.ts';
import { NOBODY_IS_TOLD } from '../../src/model/script.ts';
import type { SyncGroup, VrrpConfig, VrrpInstance } from '../../src/model/vrrp.ts';
import { type SimulatedClock, simulatedClock } from '../world/clock.ts';
import { SimulatedDatagrams } from '../world/datagrams.ts';
import { configOf, instanceOf, SimulatedDirector } from '../world/director.ts';
import { endpointOf, leaseConfigOf, SimulatedWitness } from '../world/lease.ts';
import { SimulatedLink } from '../world/link.ts';
import { PeerWire } from '../world/peer-wire.ts';

interface Site {
  readonly clock: SimulatedClock;
  readonly eth0: SimulatedLink;
  readonly network: SimulatedDatagrams;
  readonly peers: PeerWire;
  readonly one: Director;
  readonly two: Director;
  readonly witness: SimulatedWitness;
}

/** The production's VRRP and its lease; what the process does when a lease runs out is done on time. */
class Director {
  readonly host: SimulatedDirector;
  readonly lease: LeaseSpeaker;

  constructor(
    hostPart: number,
    world: Pick<Site, 'clock' | 'eth0' | 'network' | 'peers'>,
    seed: number,
  ) {
    const { clock, eth0, network, peers } = world;
    const random = seededRandom(seed + hostPart);
    const endpoint = endpointOf(hostPart);
    const datagrams = network.attach(endpoint, (octets, from) => {
      this.lease.onDatagram(octets, from);
    });
    this.lease = new LeaseSpeaker(
      {
        clock,
        log: silentLog,
        random,
        draw: () => Math.floor(random() * 2 ** 32),
        datagrams,
        listener: {
          granted: (name) => this.host.speaker.leaseGranted(name),
          renewed: () => {},
          lost: (name) => this.host.speaker.leaseLost(name),
          wantedByBetter: (name, priority) => this.host.speaker.leaseWanted(name, priority),
        },
      },
      { endpoint, latenessMs: 100 },
    );
    const leases = this.lease;
    this.host = new SimulatedDirector(`host${hostPart}`, hostPart, {
      clock,
      links: { eth0 },
      leases,
      peers,
    });
  }

  get speaker(): SimulatedDirector['speaker'] {
    return this.host.speaker;
  }

  get held(): SimulatedDirector['held'] {
    return this.host.held;
  }

  state(name?: string): string {
    return this.host.state(name);
  }

  setDown(isDown: boolean): void {
    if (isDown) this.host.down.add('eth0');
    else this.host.down.clear();
    this.speaker.linksChanged();
  }

  run(instances: readonly VrrpInstance[], over: Partial<VrrpConfig> = {}): void {
    const lease = over.lease ?? leaseConfigOf();
    this.lease.configure(lease);
    this.speaker.configure(configOf(instances, { lease, ...over }));
  }
}

function site(over: Partial<VrrpInstance> = {}, seed = 1): Site {
  const clock = simulatedClock();
  const eth0 = new SimulatedLink(clock);
  const random = seededRandom(seed);
  const network = new SimulatedDatagrams(clock, random);
  const peers = new PeerWire(clock);
  const world = { clock, eth0, network, peers };
  const witness = new SimulatedWitness(3, { clock, network, random });
  const one = new Director(1, world, seed);
  const two = new Director(2, world, seed);
  one.run([instanceOf({ ...over, priority: 150 })]);
  two.run([instanceOf({ ...over, priority: 100 })]);
  return { ...world, one, two, witness };
}

const states = ({ one, two }: Site): string => `${one.state()} ${two.state()}`;

/** Millisecond by millisecond, and never two hold the address. */
async function live(world: Site, until: Instant): Promise<void> {
  for (let now = world.clock.now(); now < until; now += 1) {
    await world.clock.settleTo(now + 1);
    expect(world.one.held.size + world.two.held.size, `at ${now} ms`).toBeLessThanOrEqual(1);
  }
}

function cut({ eth0, network }: Site, ways: readonly (readonly [number, number])[]): void {
  eth0.setCut('host1', true);
  for (const [a, b] of ways) {
    network.setCut(endpointOf(a), endpointOf(b), true);
    network.setCut(endpointOf(b), endpointOf(a), true);
  }
}

function heal({ eth0, network }: Site): void {
  eth0.setCut('host1', false);
  network.heal();
}

describe('a pair with split_brain_policy lease', () => {
  test('has a master as soon as without it', async () => {
    const world = site();
    await live(world, 3_413);
    expect(states(world)).toBe('backup backup');
    await live(world, 3_420);
    expect(states(world)).toBe('master backup');
    expect(world.one.speaker.snapshot().leases?.leases).toEqual([
      {
        name: 'VI_1',
        state: 'holding',
        untilMs: expect.any(Number),
        holder: '10.0.0.1:4470',
      },
    ]);
  });

  test('keeps its master when the directors cannot hear each other: the witness decides', async () => {
    const world = site();
    await live(world, 5_000);
    cut(world, [[1, 2]]);
    await live(world, 30_000);
    expect(states(world)).toBe('master backup');
    heal(world);
    await live(world, 35_000);
    expect(states(world)).toBe('master backup');
  });

  test('has another master when the first is cut off, and never two', async () => {
    const world = site();
    await live(world, 5_000);
    cut(world, [
      [1, 2],
      [1, 3],
    ]);
    await live(world, 9_000);
    expect(states(world)).toBe('backup master');
    expect(world.one.speaker.snapshot().instances[0]?.reason).toBe('lease lost');
    heal(world);
    await live(world, 14_000);
    expect(states(world)).toBe('master backup');
  });

  test('has no master when none has a majority, and says so', async () => {
    const world = site();
    await live(world, 5_000);
    cut(world, [
      [1, 2],
      [1, 3],
      [2, 3],
    ]);
    await live(world, 12_000);
    expect(states(world)).toBe('backup backup');
    expect(world.one.held.size + world.two.held.size).toBe(0);
  });

  test('whoever waits for a lease when a reload takes it out of the file listens as long as all others, and is master', async () => {
    const world = site();
    await live(world, 5_000);
    cut(world, [
      [1, 2],
      [1, 3],
      [2, 3],
    ]);
    await live(world, 12_000);
    expect(states(world)).toBe('backup backup');
    const instances = [instanceOf({ priority: 150 })];
    world.one.speaker.configure(configOf(instances, { lease: null }));
    await live(world, 15_400);
    expect(states(world)).toBe('backup backup');
    await live(world, 15_500);
    expect(states(world)).toBe('master backup');
  });

  test('a master that a reload gives another name keeps its lease', async () => {
    const world = site();
    await live(world, 5_000);
    const before = world.one.host.told.length;
    const subject = { name: 'VI_9', instances: ['VI_9'], keys: [51], holdMs: 3_000 };
    const lease = leaseConfigOf({ subjects: [subject] });
    world.one.run([instanceOf({ name: 'VI_9', priority: 150 })], { lease });
    await live(world, 10_000);
    expect(world.one.host.told.slice(before)).toEqual([]);
    expect(`${world.one.state('VI_9')} ${world.two.state()}`).toBe('master backup');
    expect(world.one.lease.holdsUntil('VI_9')).toBeGreaterThan(10_000);
  });

  test('a better director that returns is given the lease, and the addresses never overlap', async () => {
    const world = site();
    await live(world, 5_000);
    world.one.setDown(true);
    await live(world, 7_000);
    expect(states(world)).toBe('fault master');
    world.one.setDown(false);
    await live(world, 12_000);
    expect(states(world)).toBe('master backup');
  });

  test('a lease that is granted when nobody needs it any more is given back', async () => {
    const world = site();
    await live(world, 5_000);
    world.one.setDown(true);
    await live(world, 5_100);
    world.two.setDown(true);
    await live(world, 5_200);
    // Asked for while the lease before it ran out, by an instance that is in fault by now.
    world.one.lease.want('VI_1', 150);
    await live(world, 5_300);
    expect(world.one.lease.holdsUntil('VI_1')).toBeNull();
    world.two.setDown(false);
    await live(world, 12_000);
    expect(states(world)).toBe('fault master');
  });

  test('a director that stops gives its lease back: the other has it after its skew', async () => {
    const world = site();
    await live(world, 5_000);
    void world.one.speaker.stop({ keep: false });
    await live(world, 5_620);
    expect(world.two.state()).toBe('master');
    expect([...world.two.held]).toEqual(['10.0.0.100']);
  });

  test('a master that is frozen loses it to the other when its promises run out', async () => {
    const world = site();
    await live(world, 5_000);
    // Nothing of it is heard, and it hears nothing: as after SIGSTOP. Its kernel gate closes at its time.
    cut(world, [
      [1, 2],
      [1, 3],
    ]);
    world.one.lease.close();
    world.one.held.clear();
    await live(world, 9_000);
    expect(world.two.state()).toBe('master');
  });

  test('a sync group has one lease for all of its members', async () => {
    const world = site();
    const lease = leaseConfigOf({
      subjects: [{ name: 'G', instances: ['VI_1', 'VI_2'], keys: [51, 52], holdMs: 3_000 }],
    });
    const second = { name: 'VI_2', vrid: 52, addresses: [] };
    const group: SyncGroup = {
      name: 'G',
      members: ['VI_1', 'VI_2'],
      tracks: [],
      trackWeights: false,
      notify: NOBODY_IS_TOLD,
    };
    for (const [director, priority] of [
      [world.one, 150],
      [world.two, 100],
    ] as const) {
      const instances = [instanceOf({ priority }), instanceOf({ ...second, priority })];
      director.run(instances, { lease, syncGroups: [group] });
    }
    await live(world, 5_000);
    expect([world.one.state('VI_1'), world.one.state('VI_2')]).toEqual(['master', 'master']);
    cut(world, [
      [1, 2],
      [1, 3],
    ]);
    await live(world, 9_000);
    expect([world.one.state('VI_1'), world.one.state('VI_2')]).toEqual(['backup', 'backup']);
    expect([world.two.state('VI_1'), world.two.state('VI_2')]).toEqual(['master', 'master']);
  });
});

describe('a planned hand-over', () => {
  test('gives the lease back before the other is told to take over: never two, and nobody for 20 ms at most', async () => {
    for (const leave of ['stop', 'order'] as const) {
      const world = site();
      await live(world, 10_000);
      expect(states(world)).toBe('master backup');
      const { speaker } = world.one;
      if (leave === 'stop') void speaker.stop({ keep: false });
      else void speaker.failOver({ names: [], back: false, force: false });
      let nobodyMs = 0;
      for (let now = 10_000; now < 10_200; now += 1) {
        await live(world, now + 1);
        if (world.one.held.size + world.two.held.size === 0) nobodyMs += 1;
      }
      expect(world.two.state()).toBe('master');
      expect(world.two.held.size).toBeGreaterThan(0);
      expect(nobodyMs).toBeLessThanOrEqual(20);
      await live(world, 20_000);
      expect(world.two.state()).toBe('master');
    }
  });
});
