import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { decodeLease, keyringOf, signingKey } from '../../src/wire/lease.ts';
import { type SimulatedClock, simulatedClock } from '../world/clock.ts';
import { SimulatedDatagrams } from '../world/datagrams.ts';
import {
  endpointOf,
  LeaseHolder,
  leaseConfigOf,
  SECRET,
  SimulatedWitness,
} from '../world/lease.ts';

interface Site {
  readonly clock: SimulatedClock;
  readonly network: SimulatedDatagrams;
  readonly one: LeaseHolder;
  readonly two: LeaseHolder;
  readonly witness: SimulatedWitness;
}

/** Two directors and a witness whose silence after the start is over. */
function site(seed = 1): Site {
  const clock = simulatedClock();
  const random = seededRandom(seed);
  const network = new SimulatedDatagrams(clock, random);
  const world = { clock, network, random };
  const all = {
    one: new LeaseHolder(1, world),
    two: new LeaseHolder(2, world),
    witness: new SimulatedWitness(3, world),
  };
  clock.advanceTo(4_000);
  return { clock, network, ...all };
}

function cutBothWays({ network }: Site, a: number, b: number): void {
  network.setCut(endpointOf(a), endpointOf(b), true);
  network.setCut(endpointOf(b), endpointOf(a), true);
}

const open = ({ one, two }: Site): string => `${one.isOpen()} ${two.isOpen()}`;

/** One holds it. */
function held(): Site {
  const world = site();
  world.one.speaker.want('VI_1', 150);
  world.clock.advanceBy(50);
  expect(open(world)).toBe('true false');
  return world;
}

describe('a lease', () => {
  test('is granted within two round trips, of which the first tells the epochs', () => {
    const world = site();
    world.one.speaker.want('VI_1', 150);
    world.clock.advanceBy(3);
    expect(world.one.isOpen()).toBe(false);
    world.clock.advanceBy(1);
    expect(world.one.isOpen()).toBe(true);
  });

  test('is kept for as long as a majority answers', () => {
    const world = held();
    for (let round = 0; round < 60; round += 1) {
      world.clock.advanceBy(1_000);
      expect(world.one.isOpen()).toBe(true);
    }
    cutBothWays(world, 1, 2);
    world.clock.advanceBy(20_000);
    expect(world.one.isOpen()).toBe(true);
  });

  test('is not given to who asks beside it, and he gets it when it is given back', () => {
    const world = held();
    world.two.speaker.want('VI_1', 100);
    world.clock.advanceBy(20_000);
    expect(open(world)).toBe('true false');
    world.one.handOver();
    world.clock.advanceBy(10);
    expect(open(world)).toBe('false true');
  });

  test('is lost by who is cut off, before another has it', () => {
    const world = held();
    world.two.speaker.want('VI_1', 100);
    world.clock.advanceBy(5_000);
    cutBothWays(world, 1, 2);
    cutBothWays(world, 1, 3);
    const cutAt = world.clock.now();
    while (!world.two.isOpen()) {
      world.clock.advanceBy(1);
      expect(world.one.isOpen() && world.two.isOpen()).toBe(false);
    }
    expect(world.one.isOpen()).toBe(false);
    expect(world.one.told).toEqual(['granted VI_1', 'lost VI_1']);
    expect(world.clock.now() - cutAt).toBeLessThan(3_400);
  });

  test('is held by nobody who is alone, and by one again when two of three can talk', () => {
    const world = held();
    world.two.speaker.want('VI_1', 100);
    cutBothWays(world, 1, 2);
    cutBothWays(world, 1, 3);
    cutBothWays(world, 2, 3);
    world.clock.advanceBy(10_000);
    expect(open(world)).toBe('false false');
    world.network.heal();
    world.one.speaker.want('VI_1', 150);
    world.clock.advanceBy(4_000);
    expect([world.one.isOpen(), world.two.isOpen()].filter(Boolean)).toHaveLength(1);
  });

  test('is kept through a restart of the witness, and the witness serves again', () => {
    const world = held();
    world.witness.start();
    world.clock.advanceBy(1_000);
    expect(world.witness.witness.snapshot().leases).toEqual([]);
    expect(open(world)).toBe('true false');
    world.clock.advanceBy(4_000);
    expect(world.witness.witness.snapshot().leases).toEqual([
      { lease: 'vrid 51 (IPv4)', holder: '10.0.0.1:4470', leftMs: expect.any(Number) },
    ]);
  });

  test('is asked for by a director of a higher priority, and the holder is told', () => {
    const world = held();
    world.one.handOver();
    world.two.speaker.want('VI_1', 100);
    world.clock.advanceBy(2_000);
    expect(open(world)).toBe('false true');
    world.two.onBetter = () => world.two.handOver();
    world.one.speaker.want('VI_1', 150);
    world.clock.advanceBy(10);
    expect(open(world)).toBe('true false');
  });

  describe('without a third is agreed upon by two who ask at once', () => {
    const pair = (seed: number): Site => {
      const world = site(seed);
      cutBothWays(world, 1, 3);
      cutBothWays(world, 2, 3);
      return world;
    };

    test.each([
      [150, 1, 10],
      [150, 15, 80],
      [150, 60, 300],
      [100, 15, 80],
    ])('priorities %i and 100, %i ms between them: within %i ms', (priority, farMs, withinMs) => {
      for (let seed = 1; seed <= 40; seed += 1) {
        const world = pair(seed);
        const delayMs = { min: farMs / 3, max: farMs };
        world.network.weather = { lost: 0, doubled: 0, delayMs };
        world.two.speaker.want('VI_1', 100);
        world.clock.advanceBy((seed / 40) * farMs);
        world.one.speaker.want('VI_1', priority);
        // Much less than a promise: none waits for its end.
        world.clock.advanceBy(withinMs);
        expect([`seed ${seed}`, open(world)]).toEqual([
          `seed ${seed}`,
          expect.stringMatching(/^(?:true false|false true)$/),
        ]);
      }
    });
  });

  test('is not for a director with another list of acceptors, nor with another key', () => {
    const world = site();
    world.two.speaker.configure(leaseConfigOf({ acceptors: [1, 2, 4].map(endpointOf) }));
    world.two.speaker.want('VI_1', 100);
    world.clock.advanceBy(5_000);
    expect(world.two.isOpen()).toBe(false);
    expect(world.one.speaker.snapshot().refused).toHaveProperty('list');
    world.two.speaker.configure(leaseConfigOf({ secrets: ['of sixteen octets, and wrong'] }));
    world.two.speaker.want('VI_1', 100);
    world.clock.advanceBy(5_000);
    expect(world.two.isOpen()).toBe(false);
    expect(world.one.speaker.snapshot().refused).toHaveProperty('key');
  });

  test('goes on while keys are changed, one director after the other', () => {
    const world = held();
    const keys = ['the new key of sixteen octets', SECRET];
    for (const secrets of [[SECRET, keys[0] as string], keys]) {
      world.two.speaker.configure(leaseConfigOf({ secrets }));
      world.one.speaker.configure(leaseConfigOf({ secrets: [SECRET, keys[0] as string] }));
      world.clock.advanceBy(10_000);
      expect(open(world)).toBe('true false');
    }
    expect(world.one.told).toEqual(['granted VI_1']);
  });

  test('is not prolonged by datagrams that somebody has recorded and sends again', () => {
    const world = held();
    world.clock.advanceBy(5_000);
    const recorded = [...world.network.recorded];
    world.one.kill();
    const keyring = keyringOf([signingKey(Buffer.from(SECRET))]);
    for (let round = 0; round < 40; round += 1) {
      for (const { octets, to } of recorded) {
        const decoded = decodeLease(octets, keyring);
        expect(decoded).toHaveProperty('message');
        world.network.replay(octets, endpointOf(1), to);
        // Also to another acceptor than the one it was for.
        world.network.replay(octets, endpointOf(1), endpointOf(2));
        world.network.replay(octets, endpointOf(1), endpointOf(3));
      }
      world.clock.advanceBy(100);
    }
    world.two.speaker.want('VI_1', 100);
    world.clock.advanceBy(50);
    expect(world.two.isOpen()).toBe(true);
    // And a witness that was started since takes nothing from before.
    world.witness.start();
    world.clock.advanceBy(3_300);
    for (const { octets } of recorded) world.network.replay(octets, endpointOf(1), endpointOf(3));
    expect(world.witness.witness.snapshot().leases.map(({ holder }) => holder)).not.toContain(
      '10.0.0.1:4470',
    );
  });
});

test('a witness has one voice for a group, whichever of its keys is used', () => {
  const world = site();
  const next = 'the new key of sixteen octets';
  world.witness.start([[SECRET, next]]);
  world.clock.advanceBy(4_000);
  world.one.speaker.want('VI_1', 150);
  world.clock.advanceBy(50);
  expect(world.one.isOpen()).toBe(true);
  cutBothWays(world, 1, 2);
  world.two.speaker.configure(leaseConfigOf({ secrets: [next, SECRET] }));
  world.two.speaker.want('VI_1', 100);
  world.clock.advanceBy(10_000);
  expect(open(world)).toBe('true false');
});

describe('over many seeds of cuts, kills and restarts in bad weather', () => {
  test('there are never two holders, and at the end there is one', () => {
    for (let seed = 1; seed <= 40; seed += 1) storm(seed);
  });
});

function storm(seed: number): void {
  const world = site(seed);
  const { clock, network, one, two, witness } = world;
  const random = seededRandom(seed * 7919);
  const holders = [one, two];
  for (const holder of holders) {
    const attached = holder;
    attached.onBetter = () => attached.handOver();
  }
  for (let turn = 0; turn < 120; turn += 1) {
    const chance = random();
    const holder = holders[Math.floor(random() * 2)] as LeaseHolder;
    if (chance < 0.15) {
      cutBothWays(world, 1 + Math.floor(random() * 3), 1 + Math.floor(random() * 3));
    } else if (chance < 0.3) network.heal();
    else if (chance < 0.35) witness.start();
    else if (chance < 0.45) {
      holder.kill();
      holder.start();
    } else if (chance < 0.5) holder.handOver();
    else if (chance < 0.6) {
      network.weather = {
        lost: random() * 0.5,
        doubled: random() * 0.5,
        delayMs: { min: 0, max: random() * 2_000 },
      };
    }
    for (const one of holders) if (random() < 0.7) want(one, holders);
    const until = clock.now() + random() * 1_500;
    while (clock.now() < until) {
      clock.advanceBy(10);
      expect(one.isOpen() && two.isOpen(), `seed ${seed} at ${clock.now()} ms`).toBe(false);
    }
  }
  network.heal();
  network.weather = { lost: 0, doubled: 0, delayMs: { min: 1, max: 1 } };
  for (const one of holders) want(one, holders);
  clock.advanceBy(8_000);
  for (const one of holders) want(one, holders);
  clock.advanceBy(1_000);
  const open = holders.filter((one) => one.isOpen());
  expect(open, `seed ${seed}`).toHaveLength(1);
}

function want(holder: LeaseHolder, holders: readonly LeaseHolder[]): void {
  holder.speaker.want('VI_1', holder === holders[0] ? 150 : 100);
}
