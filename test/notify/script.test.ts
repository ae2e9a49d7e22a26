/** The order in which notification scripts run, over simulated time. */
import { describe, expect, test } from 'vitest';
import { type LogRecord, logTo } from '../../src/base/log.ts';
import type { Script, ScriptEnd } from '../../src/model/script.ts';
import { type Run, ScriptQueue } from '../../src/notify/script.ts';
import { settled, simulatedClock } from '../world/clock.ts';

const success: ScriptEnd = { exitCode: 0, signal: null, timedOut: false };

function notice(subject: string, name: string): Run {
  return { subject, script: script(name), extraArgs: [] };
}

function script(name: string): Script {
  return { argv: [name], account: null };
}

/** Scripts take 100 ms; one named `bad …` ends with exit code 3, one named `missing` cannot start. */
function world() {
  const clock = simulatedClock();
  const ran: string[] = [];
  const logged: LogRecord[] = [];
  const queue = new ScriptQueue({
    clock,
    log: logTo((record) => void logged.push(record)),
    run: async ({ argv }, { extraArgs }) => {
      const line = [...argv, ...extraArgs].join(' ');
      if (line === 'missing') throw new Error('no such file');
      ran.push(`${clock.now()} ${line}`);
      await new Promise<void>((resolve) => void clock.wakeAt(clock.now() + 100, resolve));
      return line.startsWith('bad') ? { ...success, exitCode: 3 } : success;
    },
  });
  return { clock, queue, ran, logged };
}

describe('scripts', () => {
  test('of one subject run one after the other, of different subjects side by side', async () => {
    const { clock, queue, ran } = world();
    queue.enqueue(notice('a', 'a down'));
    queue.enqueue(notice('a', 'a up'));
    queue.enqueue(notice('b', 'b down'));
    await clock.settleTo(500);
    queue.enqueue(notice('a', 'a again'));
    expect(ran).toEqual(['0 a down', '0 b down', '100 a up', '500 a again']);
  });

  test('that fail or cannot start are logged, and the next one runs', async () => {
    const { clock, queue, ran, logged } = world();
    queue.enqueue(notice('a', 'bad one'));
    queue.enqueue(notice('a', 'missing'));
    queue.enqueue(notice('a', 'good'));
    await clock.settleTo(500);
    expect(ran).toEqual(['0 bad one', '100 good']);
    expect(logged).toMatchObject([
      { level: 'warn', message: 'script failed', fields: { subject: 'a', exitCode: 3 } },
      { level: 'error', message: 'script could not be run', fields: { script: 'missing' } },
      { level: 'debug', message: 'script succeeded' },
    ]);
  });

  test('of a subject that changes too often: the oldest that wait are dropped', async () => {
    const { clock, queue, ran, logged } = world();
    for (let at = 0; at < 20; at++) queue.enqueue(notice('a', `state ${at}`));
    await clock.settleTo(5000);
    const states = ran.map((line) => Number(line.split(' ').at(-1)));
    expect(states).toEqual([0, 12, 13, 14, 15, 16, 17, 18, 19]);
    expect(queue.counters.dropped).toBe(11);
    expect(logged.filter(({ message }) => message === 'script dropped')).toHaveLength(1);
  });
});

test('no more run at a time than the host can bear; the others have their turn', async () => {
  const { clock, queue, ran } = world();
  for (let at = 0; at < 70; at++) queue.enqueue(notice(`server ${at}`, `down ${at}`));
  await clock.settleTo(99);
  expect(ran).toHaveLength(32);
  await clock.settleTo(199);
  expect(ran).toHaveLength(64);
  await clock.settleTo(299);
  expect(ran).toHaveLength(70);
  expect(queue.counters).toEqual({ ran: 70, failed: 0, dropped: 0 });
});

describe('close', () => {
  test('resolves at once when nothing runs', async () => {
    const { queue } = world();
    await expect(queue.close()).resolves.toBeUndefined();
  });

  test('waits for scripts that run and wait, and takes no more', async () => {
    const { clock, queue, ran } = world();
    queue.enqueue(notice('a', 'first'));
    queue.enqueue(notice('a', 'second'));
    const closed = closing(queue);
    queue.enqueue(notice('b', 'too late'));
    await clock.settleTo(150);
    expect(closed.done).toBe(false);
    await clock.settleTo(200);
    expect(closed.done).toBe(true);
    expect(ran).toEqual(['0 first', '100 second']);
  });

  test('gives up after one second, and says what still runs', async () => {
    const clock = simulatedClock();
    const logged: LogRecord[] = [];
    const log = logTo((record) => void logged.push(record));
    const queue = new ScriptQueue({ clock, log, run: () => new Promise(() => {}) });
    queue.enqueue(notice('a', 'for ever'));
    const closed = closing(queue);
    await clock.settleTo(999);
    expect(closed.done).toBe(false);
    await clock.settleTo(1000);
    await settled();
    expect(closed.done).toBe(true);
    expect(logged).toMatchObject([{ level: 'warn', fields: { subjects: ['a'] } }]);
  });
});

/** Closes the queue and keeps whether it has closed. */
function closing(queue: ScriptQueue): { done: boolean } {
  const state = { done: false };
  void queue.close().then(() => {
    state.done = true;
  });
  return state;
}
