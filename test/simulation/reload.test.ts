/** Reloads: what stays as it is keeps its role, its counters and its addresses; nobody else notices. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type LogRecord, logTo } from '../../src/base/log.ts';
import type { InstanceSnapshot } from '../../src/model/snapshot-vrrp.ts';
import type { VirtualAddress, VrrpInstance } from '../../src/model/vrrp.ts';
import { YIELD_MS } from '../../src/vrrp/machine/timers.ts';
import { simulatedClock } from '../world/clock.ts';
import { configOf, instanceOf, SimulatedDirector } from '../world/director.ts';
import { SimulatedLink } from '../world/link.ts';

const address = (one: string): VirtualAddress => ({
  ...(instanceOf().addresses[0] as VirtualAddress),
  address: one,
});

/** One instance a number: even ones on eth0, odd ones on eth1. */
const numbered = (number: number, over: Partial<VrrpInstance> = {}): VrrpInstance =>
  instanceOf({
    name: `VI_${number}`,
    vrid: 100 + number,
    interface: number % 2 === 0 ? 'eth0' : 'eth1',
    addresses: [address(`10.0.1.${number}`)],
    ...over,
  });

function pair() {
  const clock = simulatedClock();
  const links = { eth0: new SimulatedLink(clock), eth1: new SimulatedLink(clock) };
  const world = { clock, links };
  return {
    clock,
    one: new SimulatedDirector('one', 1, world),
    two: new SimulatedDirector('two', 2, world),
  };
}

const byName = (director: SimulatedDirector): ReadonlyMap<string, InstanceSnapshot> =>
  new Map(director.speaker.snapshot().instances.map((one) => [one.name, one]));

describe('a reload', () => {
  test('that changes a priority is told as the reason, and what is tracked as another', async () => {
    const clock = simulatedClock();
    const told: LogRecord[] = [];
    const world = { clock, links: { eth0: new SimulatedLink(clock) } };
    const log = logTo((record) => told.push(record));
    const director = new SimulatedDirector('one', 1, { ...world, log });
    const files = [{ name: 'weight', path: '/weight', init: null }];
    director.files.set('/weight', '0');
    const track = { kind: 'file', name: 'weight', weightDelta: 1, reverse: false } as const;
    const configure = (priority: number): void => {
      const instance = numbered(0, { priority, tracks: [track] });
      director.speaker.configure(configOf([instance], { trackFiles: files }));
    };
    configure(100);
    await clock.settleTo(5_000);
    configure(120);
    await clock.settleTo(6_000);
    director.files.set('/weight', '7');
    director.lookAround();
    await clock.settleTo(7_000);
    const changes = told.filter(({ message }) => message === 'effective priority changed');
    expect(changes.map(({ fields: { from, to, reason } }) => [from, to, reason])).toEqual([
      [100, 120, 'reload'],
      [120, 127, 'tracking'],
    ]);
  });

  test('disturbs nobody that it does not change (property)', async () => {
    const step = fc.record({
      present: fc.subarray([0, 1, 2, 3, 4, 5], { minLength: 1 }),
      order: fc.boolean(),
      added: fc.subarray([0, 1, 2, 3, 4, 5]),
      afterMs: fc.integer({ min: 0, max: 3_000 }),
    });
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
        const { clock, one, two } = pair();
        const all = [0, 1, 2, 3, 4, 5].map((number) => numbered(number));
        one.speaker.configure(configOf(all.map((each) => ({ ...each, priority: 150 }))));
        two.speaker.configure(configOf(all));
        await clock.settleTo(10_000);
        let present = new Set([0, 1, 2, 3, 4, 5]);
        for (const { present: next, order, added, afterMs } of steps) {
          const before = byName(one);
          const told = one.told.length;
          const instances = next.map((number) =>
            numbered(number, {
              priority: 150,
              addresses: [
                address(`10.0.1.${number}`),
                ...(added.includes(number) ? [address(`10.0.2.${number}`)] : []),
              ],
            }),
          );
          one.speaker.configure(configOf(order ? instances.toReversed() : instances));
          await clock.settleBy(0);
          const after = byName(one);
          for (const number of next) {
            if (!present.has(number)) continue;
            const [was, is] = [before.get(`VI_${number}`), after.get(`VI_${number}`)];
            compared += 1;
            expect([is?.state, is?.sinceMs, is?.masterAddress]).toEqual([
              was?.state,
              was?.sinceMs,
              was?.masterAddress,
            ]);
            const { announcementsSent, ...counters } = (is as InstanceSnapshot).counters;
            expect(was?.counters).toMatchObject(counters);
            // Whoever relieves a lesser master holds the addresses a moment later.
            const isSettled = clock.wallTimeMs() - (is as InstanceSnapshot).sinceMs > YIELD_MS + 1;
            if (is?.state !== 'master' || !isSettled) continue;
            expect(one.held.has(`10.0.1.${number}`)).toBe(true);
            expect(one.held.has(`10.0.2.${number}`)).toBe(added.includes(number));
          }
          // Who came or left is told of, and nobody else.
          const stayed = next.filter((number) => present.has(number));
          const names = new Set(one.told.slice(told).map((line) => line.split(' ')[1]));
          expect(stayed.filter((number) => names.has(`VI_${number}`))).toEqual([]);
          present = new Set(next);
          await clock.settleBy(afterMs);
        }
      }),
      { numRuns: 60 },
    );
    expect(compared).toBeGreaterThan(200);
  }, 60_000);

  test.each([
    ['another VRID', { vrid: 199 }],
    ['another interface', { interface: 'eth1' }],
    ['another family', { family: 'ipv6', version: 3, multicastGroup: 'ff02::12' }],
  ] as const)(
    'with %s is a new instance: the old one leaves, and its addresses go',
    async (_, over) => {
      const { clock, one } = pair();
      const before = numbered(0);
      const beside = numbered(2);
      one.speaker.configure(configOf([before, beside]));
      await clock.settleTo(5_000);
      expect(one.state('VI_0')).toBe('master');
      one.speaker.configure(configOf([{ ...before, ...over }, beside]));
      await clock.settleBy(0);
      expect(one.state('VI_0')).toBe('backup');
      expect(one.state('VI_2')).toBe('master');
      expect(one.held).toEqual(new Set(['10.0.1.2']));
      expect(one.told).toContain('INSTANCE VI_0 FAULT 100');
      await clock.settleTo(9_500);
      expect(one.state('VI_0')).toBe('master');
    },
  );

  test('two instances may change their names with each other', async () => {
    const { clock, one } = pair();
    one.speaker.configure(configOf([numbered(0), numbered(2)]));
    await clock.settleTo(5_000);
    const sent = byName(one).get('VI_0')?.counters.advertsSent;
    one.speaker.configure(configOf([numbered(0, { name: 'VI_2' }), numbered(2, { name: 'VI_0' })]));
    await clock.settleBy(0);
    expect([one.state('VI_0'), one.state('VI_2')]).toEqual(['master', 'master']);
    expect(byName(one).get('VI_2')?.counters.advertsSent).toBe(sent);
    expect(one.held).toEqual(new Set(['10.0.1.0', '10.0.1.2']));
  });

  test('with another interval is in force from the next advertisement on', async () => {
    const { clock, one, two } = pair();
    const v3 = { version: 3, priority: 150 } as const;
    one.speaker.configure(configOf([numbered(0, v3)]));
    two.speaker.configure(configOf([numbered(0, { version: 3 })]));
    await clock.settleTo(5_000);
    one.speaker.configure(configOf([numbered(0, { ...v3, advertIntervalMs: 100 })]));
    two.speaker.configure(configOf([numbered(0, { version: 3, advertIntervalMs: 100 })]));
    await clock.settleTo(6_000);
    const before = byName(two).get('VI_0')?.counters.advertsReceived ?? 0;
    await clock.settleTo(7_000);
    const after = byName(two).get('VI_0')?.counters.advertsReceived ?? 0;
    expect(after - before).toBe(10);
    expect([one.state('VI_0'), two.state('VI_0')]).toEqual(['master', 'backup']);
  });

  test('tells when and how often a MASTER announces', async () => {
    const { clock, one } = pair();
    const { announce } = numbered(0);
    one.speaker.configure(configOf([numbered(0)]));
    await clock.settleTo(20_000);
    const before = one.announced.length;
    const refreshed = { ...announce, refreshMs: 10_000, refreshRepeat: 1 };
    one.speaker.configure(configOf([numbered(0, { announce: refreshed })]));
    await clock.settleTo(50_500);
    expect(one.announced.length - before).toBe(3);
    one.speaker.configure(configOf([numbered(0)]));
    await clock.settleTo(90_000);
    expect(one.announced.length - before).toBe(3);
  });

  test('gives a MASTER that has told a lesser one to go nothing before its time', async () => {
    const { clock, one, two } = pair();
    two.speaker.configure(configOf([numbered(0)]));
    await clock.settleTo(10_000);
    one.speaker.configure(configOf([numbered(0, { priority: 150 })]));
    while (one.state('VI_0') !== 'master') await clock.settleBy(1);
    const more = { priority: 150, addresses: [address('10.0.1.0'), address('10.0.2.0')] };
    one.speaker.configure(configOf([numbered(0, more)]));
    one.speaker.holdAgain();
    one.speaker.linkRenewed('eth0', false);
    await clock.settleBy(1);
    expect(one.held).toEqual(new Set());
    await clock.settleBy(YIELD_MS + 2);
    expect(one.held).toEqual(new Set(['10.0.1.0', '10.0.2.0']));
  });
});

test.each([1, 2, 3])(
  'down_timer_adverts %d: a pair keeps its roles though every timer is late',
  async (downTimerAdverts) => {
    let wakeUps = 0;
    // 0.1 to 5 ms, and each hundredth one 40 ms.
    const lateMs = (): number => {
      wakeUps += 1;
      return wakeUps % 100 === 0 ? 40 : 0.1 + ((wakeUps * 7) % 50) / 10;
    };
    const clock = simulatedClock(0, lateMs);
    const world = { clock, links: { eth0: new SimulatedLink(clock) } };
    const [one, two] = [
      new SimulatedDirector('one', 1, world),
      new SimulatedDirector('two', 2, world),
    ];
    const over = { version: 3, advertIntervalMs: 200, downTimerAdverts } as const;
    one.speaker.configure(configOf([numbered(0, { ...over, priority: 150 })]));
    two.speaker.configure(configOf([numbered(0, over)]));
    await clock.settleTo(120_000);
    expect([one.state('VI_0'), two.state('VI_0')]).toEqual(['master', 'backup']);
    expect(byName(one).get('VI_0')?.counters.becameMaster).toBe(1);
    expect(byName(two).get('VI_0')?.counters.becameMaster).toBe(0);
  },
);
