/** Both ends of the channel between the supervisor and a process: Child here, openUplink in apprentice.ts. */
import { afterEach, expect, test, vi } from 'vitest';
import { type Log, type LogRecord, logTo, silentLog } from '../../src/base/log.ts';
import { systemClock } from '../../src/base/time.ts';
import { AS_IT_IS } from '../../src/daemon/codec.ts';
import { Child } from '../../src/daemon/supervisor/child.ts';
import type { BfdStates } from '../../src/model/bfd.ts';
import type { VrrpStates } from '../../src/model/snapshot-vrrp.ts';
import type { Lesson } from './apprentice.ts';

const ANSWER_MS_MAX = 20_000;
const POLL = { timeout: ANSWER_MS_MAX };
/** On a busy machine a process takes its time to start. */
vi.setConfig({ testTimeout: 3 * ANSWER_MS_MAX });

let child: Child<Lesson> | null = null;

afterEach(() => child?.stop(false, 1_000));

function start(
  config: Lesson,
  ears: {
    readonly told?: VrrpStates[];
    readonly sessions?: BfdStates[];
    readonly log?: Log;
  } = {},
): Child<Lesson> {
  const { told = [], sessions = [], log = silentLog } = ears;
  child = new Child<Lesson>({
    name: 'vrrp',
    module: new URL('../../dist/test/daemon/apprentice.js', import.meta.url),
    config,
    silentMsMax: () => 60_000,
    codec: AS_IT_IS,
    flags: [],
    environment: {},
    netNamespace: null,
    logLevel: 'info',
    clock: systemClock,
    log,
    respawns: true,
    onRefused: () => {},
    onVrrpStates: (states) => told.push(states),
    onBfdStates: (states) => sessions.push(states),
  });
  return child;
}

test('a process whose reload fails says why, works on, and takes the next one', async () => {
  const one = start({ name: 'one' });
  expect(await one.settled(ANSWER_MS_MAX)).toEqual({ is: 'confirmed' });
  const { pid } = one.status();
  one.configure({ name: 'two', failure: 'refusal' });
  expect(await one.settled(ANSWER_MS_MAX)).toMatchObject({
    is: 'failed',
    error: { code: 'NETLINK_TIMEOUT', message: 'the kernel did not answer', hint: 'wait' },
  });
  expect(await one.snapshot()).toEqual({ name: 'one' });
  one.configure({ name: 'three' });
  expect(await one.settled(ANSWER_MS_MAX)).toEqual({ is: 'confirmed' });
  expect(await one.snapshot()).toEqual({ name: 'three' });
  expect(one.status()).toMatchObject({ pid, restarts: 0 });
});

test('a process that cannot take its first configuration ends and is not started again', async () => {
  const one = start({ name: 'one', failure: 'refusal' });
  expect(await one.settled(ANSWER_MS_MAX)).toMatchObject({
    is: 'refused',
    error: { code: 'NETLINK_TIMEOUT' },
  });
  await expect.poll(() => one.status(), POLL).toMatchObject({ pid: null, restarts: 0 });
});

test('a bug in the middle of a reload is a crash, and the newest configuration is tried again', async () => {
  const one = start({ name: 'one' });
  await one.settled(ANSWER_MS_MAX);
  one.configure({ name: 'two', failure: 'bug' });
  await expect.poll(() => one.status().restarts, POLL).toBeGreaterThan(0);
  expect(one.standing).toEqual({ is: 'waiting' });
  one.configure({ name: 'three' });
  expect(await one.settled(ANSWER_MS_MAX)).toEqual({ is: 'confirmed' });
  expect(await one.snapshot()).toEqual({ name: 'three' });
});

test('what is refused to work that nobody waits for is logged, and the process works on', async () => {
  const logged: LogRecord[] = [];
  const log = logTo((record) => void logged.push(record));
  const one = start({ name: 'one', backgroundFailure: 'refusal' }, { log });
  expect(await one.settled(ANSWER_MS_MAX)).toEqual({ is: 'confirmed' });
  await expect
    .poll(() => logged, POLL)
    .toContainEqual(
      expect.objectContaining({
        level: 'error',
        message: 'work that nobody waits for was refused',
        fields: expect.objectContaining({ reason: 'the kernel refused', hint: 'wait' }),
      }),
    );
  expect(await one.snapshot()).toEqual({ name: 'one', backgroundFailure: 'refusal' });
  expect(one.status().restarts).toBe(0);
});

test('a bug in work that nobody waits for is a crash', async () => {
  const one = start({ name: 'one', backgroundFailure: 'bug' });
  await expect.poll(() => one.status().restarts, POLL).toBeGreaterThan(0);
});

test('what a process tells of VRRP is heard, and its death takes it back', async () => {
  const told: VrrpStates[] = [];
  const one = start({ name: 'one', states: { VI_1: 'master' } }, { told });
  await one.settled(ANSWER_MS_MAX);
  expect(told).toEqual([{ VI_1: 'master' }]);
  one.configure({ name: 'two', failure: 'bug' });
  await expect.poll(() => told[1], POLL).toEqual({});
});

test('what a process is told of VRRP it knows before its configuration, and so does its successor', async () => {
  const one = start({ name: 'one' });
  one.tellVrrpStates({ VI_1: 'master' });
  await one.settled(ANSWER_MS_MAX);
  const heard = { VI_1: 'master' };
  await expect.poll(() => one.snapshot(), POLL).toEqual({ name: 'one', heard });
  one.configure({ name: 'two', failure: 'bug' });
  await expect.poll(() => one.status().restarts, POLL).toBeGreaterThan(0);
  one.configure({ name: 'three' });
  await one.settled(ANSWER_MS_MAX);
  expect(await one.snapshot()).toEqual({ name: 'three', heard });
});

test('what a process tells of BFD is heard, and its death says nothing of it', async () => {
  const told: BfdStates[] = [];
  const one = start({ name: 'one', sessions: { peer: true } }, { sessions: told });
  await one.settled(ANSWER_MS_MAX);
  expect(told).toEqual([{ peer: true }]);
  one.configure({ name: 'two', failure: 'bug' });
  await expect.poll(() => one.status().restarts, POLL).toBeGreaterThan(0);
  expect(told).toEqual([{ peer: true }]);
});

test('what it is told of BFD its successor knows, too', async () => {
  const one = start({ name: 'one' });
  await one.settled(ANSWER_MS_MAX);
  one.tellBfdStates({ peer: false });
  expect(await one.snapshot()).toEqual({ name: 'one', heardSessions: { peer: false } });
  one.configure({ name: 'two', failure: 'bug' });
  await expect.poll(() => one.status().restarts, POLL).toBeGreaterThan(0);
  one.configure({ name: 'three' });
  await one.settled(ANSWER_MS_MAX);
  expect(await one.snapshot()).toEqual({ name: 'three', heardSessions: { peer: false } });
});
