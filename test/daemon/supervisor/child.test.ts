import { afterEach, expect, test, vi } from 'vitest';
import type { DirectorError } from '../../../src/base/error.ts';
import { silentLog } from '../../../src/base/log.ts';
import { type Clock, systemClock } from '../../../src/base/time.ts';
import { AS_IT_IS } from '../../../src/daemon/codec.ts';
import { Child } from '../../../src/daemon/supervisor/child.ts';
import { simulatedClock } from '../../world/clock.ts';

interface PupilConfig {
  readonly name: string;
  /** Answers no question and does not stop. */
  readonly deaf?: boolean;
  readonly refuse?: boolean;
  /** Cannot take it, and works on. */
  readonly fail?: boolean;
  /** Ends without a word, each time. */
  readonly dies?: boolean;
  /** Confirms the configuration before this one only. */
  readonly answersLate?: boolean;
}

interface Pupil {
  readonly child: Child<PupilConfig>;
  readonly refused: Promise<DirectorError>;
}

/** Longer than any answer takes. */
const ANSWER_MS_MAX = 20_000;
const POLL = { timeout: ANSWER_MS_MAX };
/** On a busy machine a process takes its time to start. */
vi.setConfig({ testTimeout: 3 * ANSWER_MS_MAX });
const STOP_MS_MAX = 200;

const started: Child<PupilConfig>[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((child) => child.stop(false, STOP_MS_MAX)));
});

function start(config: PupilConfig, clock: Clock = systemClock, respawns = true): Pupil {
  let refuse: (error: DirectorError) => void = () => {};
  const refused = new Promise<DirectorError>((resolve) => {
    refuse = resolve;
  });
  const child = new Child<PupilConfig>({
    name: 'health',
    silentMsMax: () => 60_000,
    module: new URL('../pupil.mjs', import.meta.url),
    config,
    codec: AS_IT_IS,
    flags: [],
    environment: {},
    netNamespace: null,
    logLevel: 'info',
    clock,
    log: silentLog,
    respawns,
    onRefused: (error) => refuse(error),
  });
  started.push(child);
  return { child, refused };
}

test('a process gets its configuration, and another one at a reload', async () => {
  const { child } = start({ name: 'one' });
  expect(child.standing).toEqual({ is: 'waiting' });
  expect(await child.settled(ANSWER_MS_MAX)).toEqual({ is: 'confirmed' });
  expect(await child.snapshot()).toMatchObject({ config: { name: 'one' } });
  child.configure({ name: 'two' });
  expect(child.standing).toEqual({ is: 'waiting' });
  expect(await child.settled(ANSWER_MS_MAX)).toEqual({ is: 'confirmed' });
  expect(await child.snapshot()).toMatchObject({ config: { name: 'two' } });
});

test('a process that is not to be started again is given up when it dies', async () => {
  const { child, refused } = start({ name: 'one' }, systemClock, false);
  await child.settled(ANSWER_MS_MAX);
  process.kill(child.status().pid as number, 'SIGKILL');
  expect(await refused).toMatchObject({ message: 'the process health has died' });
  expect(child.status()).toMatchObject({ pid: null, restarts: 0 });
});

test('a process that was killed is started again, with the newest configuration', async () => {
  const { child } = start({ name: 'one' });
  await child.settled(ANSWER_MS_MAX);
  child.configure({ name: 'two' });
  await child.settled(ANSWER_MS_MAX);
  const { pid } = child.status();
  process.kill(pid as number, 'SIGKILL');
  await expect.poll(() => child.status().restarts, POLL).toBe(1);
  expect(await child.settled(ANSWER_MS_MAX)).toEqual({ is: 'confirmed' });
  expect(child.status().pid).not.toBe(pid);
  expect(await child.snapshot()).toMatchObject({ config: { name: 'two' } });
});

test('a process that is stopped, and answers nothing for a minute, is killed and started again', async () => {
  const clock = simulatedClock();
  const { child } = start({ name: 'one' }, clock);
  await child.settled(ANSWER_MS_MAX);
  const { pid } = child.status();
  // Its answer to the first question has come by then.
  await child.snapshot();
  process.kill(pid as number, 'SIGSTOP');
  await clock.settleBy(61_000);
  expect(child.status().pid).toBe(pid);
  await clock.settleBy(2_000);
  await expect.poll(() => child.status().restarts, POLL).toBe(1);
  expect(await child.settled(ANSWER_MS_MAX)).toEqual({ is: 'confirmed' });
  expect(await child.snapshot()).toMatchObject({ config: { name: 'one' } });
});

test('a process that dies while it takes a configuration has not confirmed it until it is back', async () => {
  const { child } = start({ name: 'one' });
  await child.settled(ANSWER_MS_MAX);
  child.configure({ name: 'two', dies: true });
  await expect.poll(() => child.status().restarts, POLL).toBeGreaterThan(0);
  expect(child.standing).toEqual({ is: 'waiting' });
  child.configure({ name: 'three' });
  expect(await child.settled(ANSWER_MS_MAX)).toEqual({ is: 'confirmed' });
  expect(await child.snapshot()).toMatchObject({ config: { name: 'three' } });
});

test('a reload that fails in the process is told, and the process goes on', async () => {
  const { child } = start({ name: 'one' });
  await child.settled(ANSWER_MS_MAX);
  child.configure({ name: 'two', fail: true });
  expect(await child.settled(ANSWER_MS_MAX)).toMatchObject({
    is: 'failed',
    error: { code: 'NETLINK_TIMEOUT' },
  });
  expect(child.status()).toMatchObject({ restarts: 0, pid: expect.any(Number) });
});

test('the answer to an earlier configuration does not confirm the newest', async () => {
  const { child } = start({ name: 'one' });
  await child.settled(ANSWER_MS_MAX);
  child.configure({ name: 'two', answersLate: true });
  expect(await child.snapshot()).toMatchObject({ config: { name: 'two' } });
  expect(child.standing).toEqual({ is: 'waiting' });
});

test('who waits for an answer waits no longer than until the stop', async () => {
  const { child } = start({ name: 'deaf', deaf: true });
  const standing = child.settled(ANSWER_MS_MAX);
  const stopped = child.stop(false, STOP_MS_MAX);
  expect(await standing).toEqual({ is: 'stopped' });
  await stopped;
});

test('one that does not answer has no snapshot, and one that does not stop is killed', async () => {
  const { child } = start({ name: 'deaf', deaf: true });
  expect(await child.snapshot()).toBeNull();
  await child.stop(false, STOP_MS_MAX);
  await expect.poll(() => child.status().pid, POLL).toBeNull();
});

test('one that refuses is not started again, and its reason is told', async () => {
  const { child, refused } = start({ name: 'refuser', refuse: true });
  expect(await refused).toMatchObject({ code: 'IPVS_UNAVAILABLE', hint: 'modprobe ip_vs' });
  await expect.poll(() => child.status().pid, POLL).toBeNull();
  expect(child.status().restarts).toBe(0);
});
