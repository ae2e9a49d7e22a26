import { expect, test } from 'vitest';
import { ReloadQueue } from '../../../src/daemon/reload/reload-queue.ts';
import { settled } from '../../world/clock.ts';

interface Reload {
  readonly number: number;
  end(): void;
  fail(): void;
}

/** A queue whose reloads end when the test says so. */
function queue() {
  const begun: Reload[] = [];
  const reloads = new ReloadQueue<number>(
    () =>
      new Promise((resolve, reject) => {
        const number = begun.length + 1;
        const fail = (): void => reject(new Error(`reload ${number} failed`));
        begun.push({ number, end: () => resolve(number), fail });
      }),
  );
  const running = (): Reload => begun.at(-1) as Reload;
  return { reloads, begun, running };
}

test('a reload begins at once when none runs', async () => {
  const { reloads, running } = queue();
  const report = reloads.ask();
  await settled();
  running().end();
  expect(await report).toBe(1);
});

test('whoever asks while one runs shares the next one, which begins when the first has ended', async () => {
  const { reloads, begun, running } = queue();
  const first = reloads.ask();
  await settled();
  const others = [reloads.ask(), reloads.ask(), reloads.ask()];
  await settled();
  expect(begun).toHaveLength(1);
  running().end();
  expect(await first).toBe(1);
  await settled();
  expect(begun).toHaveLength(2);
  running().end();
  expect(await Promise.all(others)).toEqual([2, 2, 2]);
});

test('who asks while the pending one has become the running one gets a third', async () => {
  const { reloads, begun, running } = queue();
  void reloads.ask();
  await settled();
  const second = reloads.ask();
  running().end();
  await settled();
  const third = reloads.ask();
  expect(third).not.toBe(second);
  running().end();
  expect(await second).toBe(2);
  await settled();
  running().end();
  expect(await third).toBe(3);
  expect(begun).toHaveLength(3);
});

test('never two at once, whenever somebody asks', async () => {
  let runningNow = 0;
  let most = 0;
  let begun = 0;
  const reloads = new ReloadQueue<void>(async () => {
    begun += 1;
    runningNow += 1;
    most = Math.max(most, runningNow);
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    runningNow -= 1;
  });
  // A question at every turn of the microtask queue.
  const asked: Promise<void>[] = [];
  for (let turn = 0; turn < 200; turn += 1) {
    asked.push(reloads.ask());
    await Promise.resolve();
  }
  await Promise.all(asked);
  expect(most).toBe(1);
  expect(begun).toBeGreaterThan(10);
  expect(begun).toBeLessThan(60);
});

test('one that fails tells its callers, and the next one begins', async () => {
  const { reloads, running } = queue();
  const first = reloads.ask();
  await settled();
  const second = reloads.ask();
  const third = reloads.ask();
  running().fail();
  await expect(first).rejects.toThrow('reload 1 failed');
  await settled();
  running().fail();
  await expect(second).rejects.toThrow('reload 2 failed');
  await expect(third).rejects.toThrow('reload 2 failed');
  const fourth = reloads.ask();
  await settled();
  running().end();
  expect(await fourth).toBe(3);
});

test('one that throws before it returns a promise wedges nothing either', async () => {
  let tries = 0;
  const reloads = new ReloadQueue<number>(() => {
    tries += 1;
    if (tries === 1) throw new Error('at once');
    return Promise.resolve(tries);
  });
  await expect(reloads.ask()).rejects.toThrow('at once');
  expect(await reloads.ask()).toBe(2);
});

test('a reload waits for the work that it may not cut into', async () => {
  const { reloads, begun, running } = queue();
  let end: () => void = () => {};
  const start = reloads.inTurn(
    () =>
      new Promise<void>((resolve) => {
        end = resolve;
      }),
  );
  const report = reloads.ask();
  await settled();
  expect(begun).toHaveLength(0);
  end();
  await start;
  await settled();
  running().end();
  expect(await report).toBe(1);
});
