import { expect, test } from 'vitest';
import { type Clock, within } from '../../src/base/time.ts';
import { settled, simulatedClock } from '../world/clock.ts';

test('what comes in time is the result', async () => {
  const clock = simulatedClock();
  const result = within(clock, 1_000, Promise.resolve('answer'), () => 'late');
  expect(await result).toBe('answer');
  await settled();
  expect(clock.armed).toBe(0);
});

test('what does not come in time is late', async () => {
  const clock = simulatedClock();
  const result = within(clock, 1_000, new Promise<string>(() => {}), () => 'late');
  await clock.settleBy(1_000);
  expect(await result).toBe('late');
});

test('an error of late() is the error of the result', async () => {
  const clock = simulatedClock();
  const result = within(clock, 1_000, new Promise<string>(() => {}), () => {
    throw new Error('too late');
  });
  const told = expect(result).rejects.toThrow('too late');
  await clock.settleBy(1_000);
  await told;
});

/** A clock whose first wake-up comes only when `wake` is called, whatever the time. */
function sleepyClock(): { clock: Clock; sleepFor(ms: number): void } {
  let now = 0;
  let due: { readonly at: number; readonly run: () => void } | null = null;
  return {
    clock: {
      now: () => now,
      wallTimeMs: () => now,
      wakeAt(at, run) {
        due = { at, run };
        return () => {
          due = null;
        };
      },
    },
    sleepFor(ms) {
      now += ms;
      const { at, run } = due ?? { at: Infinity, run: () => {} };
      if (now >= at) run();
    },
  };
}

test('an answer that came while this process was busy is heard', async () => {
  const { clock, sleepFor } = sleepyClock();
  let answer: (text: string) => void = () => {};
  const question = new Promise<string>((resolve) => {
    answer = resolve;
  });
  const result = within(clock, 2_000, question, () => 'late');
  sleepFor(5_000);
  await settled();
  answer('answer');
  expect(await result).toBe('answer');
});

test('who is busy again and again gives up all the same once it is awake in time', async () => {
  const { clock, sleepFor } = sleepyClock();
  const result = within(clock, 2_000, new Promise<string>(() => {}), () => 'late');
  sleepFor(5_000);
  sleepFor(2_010);
  expect(await result).toBe('late');
});
