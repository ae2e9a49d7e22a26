/** What goes wrong again and again: how often an operator hears of it. */
import { expect, test } from 'vitest';
import { type LogRecord, logTo } from '../../src/base/log.ts';
import { Trouble } from '../../src/base/trouble.ts';
import { simulatedClock } from '../world/clock.ts';

const HOUR_MS = 3_600_000;

function world(over: string | null = 'it can be sent again') {
  const clock = simulatedClock();
  const told: LogRecord[] = [];
  const at: number[] = [];
  const log = logTo((record) => {
    told.push(record);
    at.push(Math.round(clock.now() / 1000));
  });
  const trouble = new Trouble(
    { clock, log },
    { level: 'warn', message: 'it cannot be sent', over },
  );
  /** Every so often for so long. */
  const repeat = (everyMs: number, forMs: number, once: () => void): void => {
    for (const end = clock.now() + forMs; clock.now() < end; clock.advanceBy(everyMs)) once();
  };
  const fail = (): void => trouble.happened({ instance: 'VI_1', reason: 'ENOBUFS' });
  const succeed = (): void => trouble.wentWell({ instance: 'VI_1' });
  return { clock, told, at, trouble, repeat, fail, succeed };
}

test('it is told at once, after 10 seconds, a minute, ten minutes, and then each hour', () => {
  const { told, at, repeat, fail } = world();
  repeat(100, 3 * HOUR_MS, fail);
  expect(at).toEqual([0, 10, 70, 670, 4_270, 7_870]);
  expect(told[0]).toEqual({
    level: 'warn',
    fields: { instance: 'VI_1', reason: 'ENOBUFS' },
    message: 'it cannot be sent',
  });
  expect(told[1]?.fields).toEqual({
    instance: 'VI_1',
    reason: 'ENOBUFS',
    times: 101,
    forMs: 10_000,
  });
});

test('it is over when it goes well: with how often it was, and how long', () => {
  const { told, trouble, repeat, fail, succeed } = world();
  repeat(10, 5_000, fail);
  expect(trouble.isOn).toBe(true);
  succeed();
  succeed();
  expect(trouble.isOn).toBe(false);
  expect(told.slice(1)).toEqual([
    {
      level: 'info',
      fields: { instance: 'VI_1', times: 500, forMs: 4_990 },
      message: 'it can be sent again',
    },
  ]);
});

test('one that comes back is over when all was well for a second, and four the next time', () => {
  const { told, at, repeat, fail, succeed } = world();
  for (let round = 0; round < 3; round += 1) {
    fail();
    repeat(100, 5_000, succeed);
  }
  expect(told.map(({ level }) => level)).toEqual(['warn', 'info', 'warn', 'info', 'warn', 'info']);
  expect(at).toEqual([0, 0, 5, 6, 10, 14]);
});

test('nothing is said of what never went wrong', () => {
  const { told, repeat, succeed } = world();
  repeat(1_000, 60_000, succeed);
  expect(told).toEqual([]);
});

test('another reason is told at once, or what else is news; not each of many', () => {
  const { clock, told, trouble } = world();
  for (let count = 0; count < 1_000; count += 1) {
    trouble.happened({ reason: `reason ${count % 100}` });
    clock.advanceBy(5);
  }
  expect(told.map(({ fields }) => fields.reason)).toEqual([
    'reason 0',
    'reason 1',
    'reason 2',
    'reason 3',
  ]);
  clock.advanceBy(HOUR_MS);
  trouble.happened({ reason: 'reason 5' }, '192.0.2.10');
  trouble.happened({ reason: 'reason 6' }, '192.0.2.10');
  trouble.happened({ reason: 'reason 5' }, '192.0.2.11');
  expect(told.slice(4).map(({ fields }) => fields.reason)).toEqual(['reason 5', 'reason 5']);
});

test('what comes and goes each second is one trouble', () => {
  const { told, repeat, fail, succeed } = world();
  repeat(10, HOUR_MS, () => {
    fail();
    succeed();
  });
  // Begun and over, and then one that is not over: after 10, 70 and 670 seconds.
  expect(told.map(({ level }) => level)).toEqual(['warn', 'info', 'warn', 'warn', 'warn', 'warn']);
});

test('what comes back after ten seconds is soon one trouble, too', () => {
  const { told, repeat, fail, succeed } = world();
  for (let round = 0; round < 360; round += 1) {
    fail();
    repeat(100, 10_000, succeed);
  }
  // Begun and over a few times, and then not over for sixteen seconds of peace.
  expect(told.length).toBeLessThan(14);
  expect(told.at(-1)?.fields.times).toBeGreaterThan(50);
});

test('what did not happen for longer than an hour is told as if it were the first time', () => {
  const { clock, told, fail, succeed } = world();
  for (let count = 0; count < 3; count += 1) {
    fail();
    succeed();
    clock.advanceBy(HOUR_MS + 1);
  }
  expect(told.map(({ level }) => level)).toEqual(['warn', 'info', 'warn', 'info', 'warn', 'info']);
});

test('of what nobody sees go well, a pause is the end', () => {
  const { clock, told, at, repeat, fail } = world(null);
  repeat(1_000, 5_000, fail);
  clock.advanceBy(60_000);
  fail();
  expect(at).toEqual([0, 65]);
  expect(told[1]?.fields).toEqual({ instance: 'VI_1', reason: 'ENOBUFS' });
  // But not when it comes back all the time.
  repeat(10_000, 10 * HOUR_MS, fail);
  expect(told.length).toBeLessThan(20);
});

test('why it happened last is known for as long as it is asked for', () => {
  const { clock, trouble, fail } = world();
  expect(trouble.reasonWithin(1_000)).toBe(null);
  fail();
  clock.advanceBy(1_000);
  expect(trouble.reasonWithin(1_000)).toBe('ENOBUFS');
  expect(trouble.reasonWithin(999)).toBe(null);
});
