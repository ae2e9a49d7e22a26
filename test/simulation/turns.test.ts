/** Many instances on one director: how they share its time, and what a peer sees of it. */
import { describe, expect, test } from 'vitest';
import { NOBODY_IS_TOLD } from '../../src/model/script.ts';
import type { SyncGroup } from '../../src/model/vrrp.ts';
import { type SimulatedClock, simulatedClock } from '../world/clock.ts';
import { configOf, instanceOf, SimulatedDirector } from '../world/director.ts';
import { SimulatedLink } from '../world/link.ts';

const COUNT = 40;
const GROUPED = ['VI_7', 'VI_20', 'VI_33'];

interface Sent {
  readonly at: number;
  readonly vrid: number;
}

class World {
  readonly clock: SimulatedClock = simulatedClock();
  readonly eth0 = new SimulatedLink(this.clock);
  readonly sent: Sent[] = [];
  /** What a director has worked in this turn: its clock goes on, while the simulated one stands still. */
  workedMs = 0;
  longestTurnMs = 0;

  /** `advertMs`: how long a director needs to send an advertisement. */
  constructor(advertMs = 0) {
    this.eth0.filter(({ payload }) => {
      this.workedMs += advertMs;
      this.sent.push({ at: this.clock.now(), vrid: payload[1] as number });
      return false;
    });
  }

  director(name: string, hostPart: number, priority: number): SimulatedDirector {
    const { clock } = this;
    const busy: SimulatedClock = {
      ...clock,
      now: () => clock.now() + this.workedMs,
      wakeAt: (at, run) =>
        clock.wakeAt(at, () => {
          this.endTurn();
          run();
        }),
    };
    const world = { clock: busy, links: { eth0: this.eth0 }, onTurn: () => this.endTurn() };
    const director = new SimulatedDirector(name, hostPart, world);
    const instances = Array.from({ length: COUNT }, (_, at) => {
      const vrid = at + 1;
      const [address] = instanceOf({}).addresses;
      const addresses = address === undefined ? [] : [{ ...address, address: `10.9.0.${vrid}` }];
      return instanceOf({ name: `VI_${vrid}`, vrid, priority, addresses });
    });
    const group: SyncGroup = {
      name: 'G',
      members: GROUPED,
      tracks: [],
      trackWeights: false,
      notify: NOBODY_IS_TOLD,
    };
    director.speaker.configure(configOf(instances, { syncGroups: [group] }));
    return director;
  }

  private endTurn(): void {
    this.longestTurnMs = Math.max(this.longestTurnMs, this.workedMs);
    this.workedMs = 0;
  }

  /** When each instance advertised, from an instant on. */
  sentBy(vrid: number, from: number): readonly number[] {
    return this.sent.filter((one) => one.vrid === vrid && one.at >= from).map(({ at }) => at);
  }
}

const VRIDS = Array.from({ length: COUNT }, (_, at) => at + 1);

describe('many instances', () => {
  test('take turns in advertising, each of them once an interval', async () => {
    const world = new World();
    world.director('one', 1, 150);
    await world.clock.settleTo(19_999);
    const moments = VRIDS.map((vrid) => {
      const all = world.sentBy(vrid, 10_000);
      expect(all).toHaveLength(10);
      const gaps = all.slice(1).map((at, before) => Math.round(at - (all[before] as number)));
      expect(gaps).toEqual(Array(9).fill(1_000));
      return (all[0] as number) % 1_000;
    });
    // The members of the group have one turn together.
    expect(new Set(moments).size).toBe(COUNT - GROUPED.length + 1);
    expect(Math.max(...moments) - Math.min(...moments)).toBeGreaterThan(900);
  });

  test('advertise again in an interval at most when they have become MASTER', async () => {
    const world = new World();
    world.director('one', 1, 150);
    await world.clock.settleTo(20_000);
    for (const vrid of VRIDS) {
      const [first = 0, second = 0] = world.sentBy(vrid, 0);
      expect(second - first).toBeGreaterThan(0);
      expect(second - first).toBeLessThanOrEqual(1_000);
    }
  });

  test('members of a sync group advertise together, so that none outlives the others', async () => {
    const world = new World();
    world.director('one', 1, 150);
    await world.clock.settleTo(20_000);
    const [first, ...others] = GROUPED.map((name) => world.sentBy(Number(name.slice(3)), 10_000));
    for (const other of others) expect(other).toEqual(first);
  });

  test('are taken over one after the other when the host dies', async () => {
    const world = new World();
    world.director('one', 1, 150);
    const two = world.director('two', 2, 100);
    await world.clock.settleTo(20_000);
    world.eth0.setCut('one', true);
    await world.clock.settleTo(24_700);
    for (const vrid of VRIDS) expect(two.state(`VI_${vrid}`)).toBe('master');
    const moments = VRIDS.map((vrid) => world.sentBy(vrid, 22_000).at(0) as number);
    expect(Math.max(...moments) - Math.min(...moments)).toBeGreaterThan(900);
  });

  test('that are all due at once leave others their turn', async () => {
    const world = new World(1);
    const one = world.director('one', 1, 150);
    await world.clock.settleTo(4_000);
    for (const vrid of VRIDS) expect(one.state(`VI_${vrid}`)).toBe('master');
    // Four milliseconds, and the members of a sync group are not parted.
    expect(world.longestTurnMs).toBeGreaterThan(0);
    expect(world.longestTurnMs).toBeLessThanOrEqual(4 + GROUPED.length);
  });
});

test('the lesser one of a pair that starts reads what has come before it takes over from nobody', async () => {
  const world = new World();
  const two = world.director('two', 2, 100);
  await world.clock.settleTo(190);
  const one = world.director('one', 1, 150);
  // The better one advertises all at 3604 ms, when the lesser one is not let to work; its timers are due at 3609 ms.
  await world.clock.settleTo(3_600);
  two.heldUp = true;
  await world.clock.settleTo(3_630);
  two.heldUp = false;
  await world.clock.settleTo(10_000);
  for (const vrid of VRIDS) expect(one.state(`VI_${vrid}`)).toBe('master');
  const became = two.speaker.snapshot().instances.map(({ counters }) => counters.becameMaster);
  expect(became).toEqual(VRIDS.map(() => 0));
});
