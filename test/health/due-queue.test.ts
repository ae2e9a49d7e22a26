/** Many wake-ups behind one timer. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DueQueue } from '../../src/health/due-queue.ts';
import { simulatedClock } from '../world/clock.ts';

test('whatever is entered and cancelled, the rest runs at its time and in order', () => {
  const entry = fc.record({ at: fc.nat(50), cancelled: fc.boolean() });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 300 }), (entries) => {
      const clock = simulatedClock();
      const queue = new DueQueue(clock);
      const ran: [number, number][] = [];
      entries.forEach(({ at, cancelled }, order) => {
        const cancel = queue.wakeAt(at, () => ran.push([clock.now(), order]));
        if (cancelled) cancel();
      });
      expect(clock.armed).toBeLessThanOrEqual(1);
      clock.advanceTo(100);
      const wanted = entries
        .map(({ at, cancelled }, order) => ({ at, cancelled, order }))
        .filter(({ cancelled }) => !cancelled)
        .sort((a, b) => a.at - b.at || a.order - b.order)
        .map(({ at, order }) => [at, order]);
      expect(ran).toEqual(wanted);
    }),
  );
});

test('an entry for now, made while entries run, waits for the next turn of the clock', () => {
  const clock = simulatedClock();
  const queue = new DueQueue(clock);
  let turns = 0;
  const again = (): void => {
    if (++turns < 5) queue.wakeAt(clock.now(), again);
  };
  queue.wakeAt(10, again);
  clock.advanceTo(10);
  expect(turns).toBe(5);
  expect(clock.armed).toBe(0);
});

test('an entry cancelled by one that runs at the same time does not run', () => {
  const clock = simulatedClock();
  const queue = new DueQueue(clock);
  let ran = false;
  queue.wakeAt(10, () => cancel());
  const cancel = queue.wakeAt(10, () => {
    ran = true;
  });
  clock.advanceTo(20);
  expect(ran).toBe(false);
});

test('after close nothing runs', () => {
  const clock = simulatedClock();
  const queue = new DueQueue(clock);
  queue.wakeAt(10, () => expect.unreachable());
  queue.close();
  clock.advanceTo(20);
  expect(clock.armed).toBe(0);
});
