/** 255 instances on one link: what one of them hears and sends costs the others nothing. */
import { describe, expect, test } from 'vitest';

import type { VrrpInstance } from '../../src/model/vrrp.ts';
import { type SimulatedClock, simulatedClock } from '../world/clock.ts';
import { configOf, instanceOf, SimulatedDirector } from '../world/director.ts';
import { SimulatedLink } from '../world/link.ts';

const COUNT = 255;
const ADDRESSES = 20;

function instances(priority: number): readonly VrrpInstance[] {
  const [address] = instanceOf().addresses;
  return Array.from({ length: COUNT }, (_, at) =>
    instanceOf({
      name: `VI_${at + 1}`,
      vrid: at + 1,
      priority,
      addresses: Array.from({ length: ADDRESSES }, (__, one) => ({
        ...(address as NonNullable<typeof address>),
        address: `10.${one}.1.${at}`,
      })),
    }),
  );
}

function pair() {
  const clock = simulatedClock();
  const armed = { count: 0 };
  const counting: SimulatedClock = {
    ...clock,
    wakeAt: (at, run) => {
      armed.count += 1;
      return clock.wakeAt(at, run);
    },
  };
  const links = { eth0: new SimulatedLink(clock) };
  const one = new SimulatedDirector('one', 1, { clock, links });
  const two = new SimulatedDirector('two', 2, { clock: counting, links });
  one.speaker.configure(configOf(instances(150)));
  two.speaker.configure(configOf(instances(100)));
  return { clock, armed, one, two };
}

const statesOf = (director: SimulatedDirector): ReadonlySet<string> =>
  new Set(director.speaker.snapshot().instances.map(({ state }) => state));

describe('255 instances with 20 addresses each', () => {
  test('a backup of all arms no timer for what it hears, and asks for no link', async () => {
    const { clock, armed, one, two } = pair();
    await clock.settleTo(5_000);
    expect([...statesOf(one), ...statesOf(two)]).toEqual(['master', 'backup']);
    const before = two.speaker.snapshot().instances[0]?.counters.advertsReceived ?? 0;
    armed.count = 0;
    two.linksAsked = 0;
    await clock.settleTo(15_000);
    const heard = (two.speaker.snapshot().instances[0]?.counters.advertsReceived ?? 0) - before;
    expect(heard).toBe(10);
    // One for each of 64 turns in the time that a backup waits, and not 255 a second.
    expect(armed.count).toBeLessThan(200);
    expect(two.linksAsked).toBe(0);
  });

  test('all are taken over in one moment', async () => {
    const { clock, one, two } = pair();
    await clock.settleTo(5_000);
    one.down.add('eth0');
    one.speaker.linksChanged();
    await clock.settleTo(5_700);
    expect([...statesOf(two)]).toEqual(['master']);
    expect(two.held.size).toBe(COUNT * ADDRESSES);
    expect(one.held.size).toBe(0);
  });
});
