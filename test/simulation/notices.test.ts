/** In which words VRRP tells of itself, over simulated time. */
import { describe, expect, test } from 'vitest';
import { NOBODY_IS_TOLD } from '../../src/model/script.ts';
import { simulatedClock } from '../world/clock.ts';
import { configOf, instanceOf, SimulatedDirector } from '../world/director.ts';
import { SimulatedLink } from '../world/link.ts';

function director(over: Partial<typeof NOBODY_IS_TOLD> = {}) {
  const clock = simulatedClock();
  const eth0 = new SimulatedLink(clock);
  const one = new SimulatedDirector('one', 1, { clock, links: { eth0 } });
  const two = new SimulatedDirector('two', 2, { clock, links: { eth0 } });
  const notify = { ...NOBODY_IS_TOLD, ...over };
  const instance = instanceOf({ priority: 150, notify });
  one.speaker.configure(configOf([instance]));
  return { clock, eth0, one, two, instance };
}

describe('an instance that a reload removes', () => {
  test.each([
    [false, 'INSTANCE VI_1 FAULT 150'],
    [true, 'INSTANCE VI_1 DELETED 150'],
  ])('with notify_deleted %s tells %s', async (tellsDeleted, word) => {
    const { clock, one } = director({ tellsDeleted });
    await clock.settleTo(5_000);
    one.speaker.configure(configOf([instanceOf({ name: 'VI_9', vrid: 59 })]));
    await clock.settleTo(5_100);
    expect(one.told).toContain(word);
    expect(one.told.filter((line) => line.includes('VI_1 STOP'))).toEqual([]);
  });
});

test('at a stop STOP is told, and nothing else', async () => {
  const { clock, one } = director({ tellsDeleted: true });
  await clock.settleTo(5_000);
  await Promise.all([one.speaker.stop({ keep: false }), clock.settleTo(5_100)]);
  expect(one.told).toEqual([
    'INSTANCE VI_1 BACKUP 150',
    'INSTANCE VI_1 MASTER 150',
    'INSTANCE VI_1 STOP 150',
  ]);
});

test('a master that hears a lesser one tells so, once an interval at most', async () => {
  const { clock, eth0, one, two } = director();
  two.speaker.configure(configOf([instanceOf({ priority: 100 })]));
  eth0.setCut('two', true);
  // The lesser one is the next to advertise: at 9609 ms, and the other at 10414.
  await clock.settleTo(9_500);
  expect([one.state(), two.state()]).toEqual(['master', 'master']);
  eth0.setCut('two', false);
  await clock.settleTo(12_000);
  expect([one.state(), two.state()]).toEqual(['master', 'backup']);
  const told = one.told.filter((line) => line.includes('MASTER_RX_LOWER_PRI'));
  expect(told).toEqual(['INSTANCE VI_1 MASTER_RX_LOWER_PRI 150']);
});
