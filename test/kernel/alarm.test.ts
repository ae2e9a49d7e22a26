/** The clock of the VRRP process: to a fraction of a millisecond, in order, and asleep meanwhile. */
import { expect, test } from 'vitest';
import { openAlarmClock } from '../../src/kernel/alarm.ts';

const clock = openAlarmClock();

function wokenAt(at: number): Promise<number> {
  return new Promise((resolve) => {
    clock.wakeAt(at, () => resolve(clock.now()));
  });
}

test('nobody is woken early, and those who wait are woken in order', async () => {
  const now = clock.now();
  const woken: number[] = [];
  const waits = [20, 5, 12.5, 0.25, -3].map(async (afterMs) => {
    expect(await wokenAt(now + afterMs)).toBeGreaterThanOrEqual(now + afterMs - 0.01);
    woken.push(afterMs);
  });
  await Promise.all(waits);
  expect(woken).toEqual([-3, 0.25, 5, 12.5, 20]);
});

test('who has cancelled is not woken, and the others are', async () => {
  let wasWoken = false;
  const cancels = Array.from({ length: 200 }, (_, at) =>
    clock.wakeAt(clock.now() + 1 + at / 100, () => {
      wasWoken = true;
    }),
  );
  const last = wokenAt(clock.now() + 15);
  for (const cancel of cancels) cancel();
  await last;
  for (const cancel of cancels) cancel();
  expect(wasWoken).toBe(false);
});

test('one who is woken may ask to be woken at once, and gives others their turn', async () => {
  let turns = 0;
  const again = (): void => {
    turns += 1;
    if (turns < 50) clock.wakeAt(clock.now(), again);
  };
  again();
  let saw = 0;
  await new Promise<void>((resolve) => {
    setImmediate(() => {
      saw = turns;
      resolve();
    });
  });
  expect(saw).toBeLessThan(50);
  await wokenAt(clock.now() + 30);
  expect(turns).toBe(50);
});

test('it sleeps: half a second of waking each 5 ms costs no tenth of a CPU', async () => {
  const before = process.cpuUsage();
  const begun = clock.now();
  for (let at = begun + 5; at < begun + 500; at += 5) await wokenAt(at);
  const { user, system } = process.cpuUsage(before);
  // Waiting turn by turn for the last millisecond of each would be 100 ms and more.
  expect((user + system) / 1000).toBeLessThan(80);
});
