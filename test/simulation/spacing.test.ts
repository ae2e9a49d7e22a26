/** When a master advertises, on a machine whose timers fire late. */
import { expect, test } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { type SimulatedClock, simulatedClock } from '../world/clock.ts';
import { configOf, instanceOf, SimulatedDirector } from '../world/director.ts';
import { SimulatedLink } from '../world/link.ts';

const INTERVALS = 1000;
const LATE_MS_MAX = 40;
const LATENCY_MS = 1;

/** As `clock`, but what is to be woken is woken up to 40 ms later. */
function lateClock(clock: SimulatedClock): SimulatedClock {
  const random = seededRandom(7);
  return {
    ...clock,
    wakeAt: (at, run) => clock.wakeAt(at + LATE_MS_MAX * random(), run),
    get armed() {
      return clock.armed;
    },
  };
}

test.each([100, 1000])(
  'vrrp-T7: once in %i ms and at no other time: 1000 intervals have their length, and no gap is long',
  async (advertIntervalMs) => {
    const clock = simulatedClock();
    const eth0 = new SimulatedLink(clock, LATENCY_MS);
    const heardAt: number[] = [];
    eth0.attach({ host: 'a listener', onPacket: () => void heardAt.push(clock.now()) });
    const director = new SimulatedDirector('one', 1, {
      clock: lateClock(clock),
      links: { eth0 },
    });
    const instance = instanceOf({ version: 3, advertIntervalMs, priority: 255 });
    director.speaker.configure(configOf([instance]));
    await clock.settleTo((INTERVALS + 0.5) * advertIntervalMs);
    expect(director.state()).toBe('master');
    expect(heardAt).toHaveLength(INTERVALS + 1);
    const [first = 0, last = 0] = [heardAt[0], heardAt.at(-1)];
    const averageMs = (last - first) / INTERVALS;
    expect(Math.abs(averageMs / advertIntervalMs - 1)).toBeLessThan(0.01);
    const gaps = heardAt.slice(1).map((at, before) => at - (heardAt[before] as number));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(advertIntervalMs + 50);
  },
);

test('vrrp-T7: a backup sends nothing', async () => {
  const clock = simulatedClock();
  const eth0 = new SimulatedLink(clock, LATENCY_MS);
  const directors = [1, 2].map(
    (hostPart) => new SimulatedDirector(`${hostPart}`, hostPart, { clock, links: { eth0 } }),
  );
  const sources = new Set<string>();
  eth0.attach({ host: 'a listener', onPacket: ({ source }) => void sources.add(source) });
  for (const [at, director] of directors.entries()) {
    director.speaker.configure(configOf([instanceOf({ priority: 255 - at })]));
  }
  await clock.settleTo(60_000);
  expect([...sources]).toEqual(['10.0.0.1']);
});
