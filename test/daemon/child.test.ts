import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import type { DirectorError } from '../../src/base/error.ts';
import { silentLog } from '../../src/base/log.ts';
import { systemClock } from '../../src/base/time.ts';
import { Child } from '../../src/daemon/child.ts';

interface PupilConfig {
  readonly name: string;
  /** Answers no question and does not stop. */
  readonly deaf?: boolean;
  readonly refuse?: boolean;
}

interface Pupil {
  readonly child: Child<PupilConfig>;
  /** Resolves at the next configuration in force. */
  ready(): Promise<void>;
  readonly refused: Promise<DirectorError>;
}

const started: Child<PupilConfig>[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((child) => child.stop(false)));
});

function start(config: PupilConfig): Pupil {
  const events = new EventTarget();
  let refuse: (error: DirectorError) => void = () => {};
  const refused = new Promise<DirectorError>((resolve) => {
    refuse = resolve;
  });
  const child = new Child<PupilConfig>({
    name: 'health',
    module: new URL('./pupil.mjs', import.meta.url),
    config,
    environment: {},
    logLevel: 'info',
    clock: systemClock,
    log: silentLog,
    stopMsMax: 200,
    onReady: () => events.dispatchEvent(new Event('ready')),
    onRefused: (error) => refuse(error),
  });
  started.push(child);
  return { child, refused, ready: async () => void (await once(events, 'ready')) };
}

test('a process gets its configuration, and another one at a reload', async () => {
  const { child, ready } = start({ name: 'one' });
  await ready();
  expect(await child.snapshot()).toMatchObject({ config: { name: 'one' } });
  const again = ready();
  child.configure({ name: 'two' });
  await again;
  expect(await child.snapshot()).toMatchObject({ config: { name: 'two' } });
});

test('a process that was killed is started again, with the newest configuration', async () => {
  const { child, ready } = start({ name: 'one' });
  await ready();
  const reloaded = ready();
  child.configure({ name: 'two' });
  await reloaded;
  const { pid } = child.status();
  const restarted = ready();
  process.kill(pid as number, 'SIGKILL');
  await restarted;
  expect(child.status()).toMatchObject({ restarts: 1 });
  expect(child.status().pid).not.toBe(pid);
  expect(await child.snapshot()).toMatchObject({ config: { name: 'two' } });
});

test('one that does not answer has no snapshot, and one that does not stop is killed', async () => {
  const { child, ready } = start({ name: 'deaf', deaf: true });
  await ready();
  expect(await child.snapshot()).toBeNull();
  await child.stop(false);
  await expect.poll(() => child.status().pid).toBeNull();
});

test('one that refuses is not started again, and its reason is told', async () => {
  const { child, refused } = start({ name: 'refuser', refuse: true });
  expect(await refused).toMatchObject({ code: 'IPVS_UNAVAILABLE', hint: 'modprobe ip_vs' });
  await expect.poll(() => child.status().pid).toBeNull();
  expect(child.status().restarts).toBe(0);
});
