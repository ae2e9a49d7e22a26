/** Tracked scripts: when they run, and what becomes of their results. */
import { describe, expect, test } from 'vitest';
import type { VrrpScript } from '../../src/model/vrrp.ts';
import { isSameScript, type ScriptResult, TrackedScript } from '../../src/track/script.ts';
import { simulatedClock } from '../world/clock.ts';

const SCRIPT: VrrpScript = {
  name: 'check',
  script: { argv: ['/usr/bin/check', 'it'], account: null },
  intervalMs: 1_000,
  timeoutMs: 1_000,
  weightDelta: 0,
  reverse: false,
  rise: 2,
  fall: 3,
  initFail: false,
};

function running(over: Partial<VrrpScript> = {}, tookMs = 0) {
  const clock = simulatedClock();
  const runs: number[] = [];
  const world = { ok: true, atOnce: 0, mostAtOnce: 0 };
  const changes: (boolean | null)[] = [];
  const runScript = async (): Promise<ScriptResult> => {
    runs.push(clock.now());
    world.atOnce += 1;
    world.mostAtOnce = Math.max(world.mostAtOnce, world.atOnce);
    if (tookMs > 0) await new Promise<void>((done) => clock.wakeAt(clock.now() + tookMs, done));
    world.atOnce -= 1;
    return { ok: world.ok, reason: world.ok ? 'exit code 0' : 'exit code 1' };
  };
  const script = new TrackedScript({ ...SCRIPT, ...over }, { clock, runScript }, () => {
    changes.push(script.state.up);
  });
  return { clock, runs, world, changes, script };
}

describe('a tracked script', () => {
  test('decides with its first run, then by `fall` and `rise`', async () => {
    const { clock, world, changes, script } = running();
    await clock.settleTo(10);
    expect(changes).toEqual([true]);
    world.ok = false;
    await clock.settleTo(2_010);
    expect(changes).toEqual([true]);
    await clock.settleTo(3_010);
    expect(changes).toEqual([true, false]);
    expect(script.detail).toBe('last run: exit code 1');
    world.ok = true;
    await clock.settleTo(5_010);
    expect(changes).toEqual([true, false, true]);
  });

  test('that is `init_fail` is down until it has succeeded `rise` times', async () => {
    const { clock, changes, script } = running({ initFail: true });
    expect(script.reading.up).toBe(false);
    await clock.settleTo(10);
    expect(changes).toEqual([]);
    await clock.settleTo(1_010);
    expect(changes).toEqual([true]);
  });

  test('takes a new interval at a reload from its last start, and runs once at a time', async () => {
    const { clock, runs, script, world } = running({}, 300);
    await clock.settleTo(2_500);
    expect(runs).toEqual([0, 1_000, 2_000]);
    script.adopt({ ...SCRIPT, intervalMs: 5_000 });
    await clock.settleTo(6_900);
    expect(runs).toEqual([0, 1_000, 2_000]);
    script.adopt({ ...SCRIPT, intervalMs: 100 });
    await clock.settleTo(8_000);
    expect(runs.slice(3, 6)).toEqual([6_900, 7_200, 7_500]);
    // In the middle of a run.
    await clock.settleTo(8_150);
    script.adopt({ ...SCRIPT, intervalMs: 50 });
    await clock.settleTo(9_000);
    expect(world.mostAtOnce).toBe(1);
  });

  test('tells nobody of a run that ends after it was closed', async () => {
    const { clock, changes, script } = running({}, 300);
    await clock.settleTo(100);
    script.close();
    await clock.settleTo(5_000);
    expect(changes).toEqual([]);
    expect(clock.armed).toBe(0);
  });
});

test('is the same script by its words and its account', () => {
  const as = (uid: number): VrrpScript => ({
    ...SCRIPT,
    script: { ...SCRIPT.script, account: { user: 'x', uid, gid: uid } },
  });
  expect(isSameScript(SCRIPT, { ...SCRIPT, name: 'other', intervalMs: 7 })).toBe(true);
  expect(isSameScript(as(1), as(1))).toBe(true);
  expect(isSameScript(as(1), as(2))).toBe(false);
  expect(isSameScript(SCRIPT, as(1))).toBe(false);
  const joined = { ...SCRIPT, script: { ...SCRIPT.script, argv: ['/usr/bin/check it'] as const } };
  expect(isSameScript(SCRIPT, joined)).toBe(false);
});
