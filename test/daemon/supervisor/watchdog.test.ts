/** When a process counts as silent, on simulated time. */
import { afterEach, describe, expect, test } from 'vitest';
import type { Clock, Instant } from '../../../src/base/time.ts';
import { Watchdog } from '../../../src/daemon/supervisor/watchdog.ts';
import { type SimulatedClock, simulatedClock } from '../../world/clock.ts';

const SILENT_MS_MAX = 10_000;

interface Kennel {
  readonly clock: SimulatedClock;
  readonly watchdog: Watchdog;
  readonly silent: { readonly atMs: number; readonly forMs: number }[];
  asked: number;
  /** What is configured. */
  silentMsMax: number;
  /** Whether a question is answered at once. */
  answers: boolean;
  /** The machine stands still for so long, and its clock goes on: each timer is late by that. */
  pause(ms: number): void;
}

const kennels: Kennel[] = [];

afterEach(() => {
  for (const { watchdog } of kennels.splice(0)) watchdog.close();
});

function kennel(answers = true): Kennel {
  const clock = simulatedClock();
  let jumpedMs = 0;
  const jumping: Clock = {
    now: () => clock.now() + jumpedMs,
    wallTimeMs: clock.wallTimeMs,
    wakeAt: (at: Instant, run) => clock.wakeAt(at - jumpedMs, run),
  };
  const silent: { readonly atMs: number; readonly forMs: number }[] = [];
  const state = { asked: 0, answers, silentMsMax: SILENT_MS_MAX };
  const watchdog: Watchdog = new Watchdog({
    clock: jumping,
    silentMsMax: () => state.silentMsMax,
    ask: () => {
      state.asked += 1;
      if (state.answers) clock.wakeAt(clock.now() + 1, () => watchdog.answered());
    },
    onSilent: (forMs) => silent.push({ atMs: clock.now(), forMs }),
  });
  const pause = (ms: number): void => {
    jumpedMs += ms;
  };
  const made = Object.assign(state, { clock, watchdog, silent, pause });
  kennels.push(made);
  return made;
}

describe('the watchdog of a process', () => {
  test('asks one that answers every two seconds, and tells of nothing', () => {
    const one = kennel();
    one.clock.advanceTo(60_001);
    expect(one.asked).toBe(31);
    expect(one.silent).toEqual([]);
  });

  test('tells of one that has answered nothing for ten seconds, and of no shorter silence', () => {
    const one = kennel();
    one.clock.advanceTo(4_500);
    one.answers = false;
    one.clock.advanceTo(15_999);
    expect(one.silent).toEqual([]);
    one.clock.advanceTo(16_000);
    expect(one.silent).toEqual([{ atMs: 16_000, forMs: 10_000 }]);
  });

  test('takes another time that is configured meanwhile', () => {
    const one = kennel();
    one.clock.advanceTo(4_500);
    one.answers = false;
    one.clock.advanceTo(8_500);
    one.silentMsMax = 4_000;
    one.clock.advanceTo(10_000);
    expect(one.silent).toEqual([{ atMs: 10_000, forMs: 4_000 }]);
  });

  test('does not pile up questions in the channel of one that is stopped', () => {
    const one = kennel();
    one.clock.advanceTo(4_500);
    one.answers = false;
    one.clock.advanceTo(60_000);
    expect(one.asked).toBe(4);
  });

  test('begins anew when an answer comes at last', () => {
    const one = kennel();
    one.clock.advanceTo(4_500);
    one.answers = false;
    one.clock.advanceTo(15_000);
    one.watchdog.answered();
    one.clock.advanceTo(25_999);
    expect(one.silent).toEqual([]);
    one.clock.advanceTo(26_000);
    expect(one.silent).toHaveLength(1);
  });

  test('blames nobody when the machine was paused for a minute, and counts anew from then', () => {
    const one = kennel();
    one.clock.advanceTo(4_500);
    one.answers = false;
    one.clock.advanceTo(11_000);
    one.pause(60_000);
    one.clock.advanceTo(21_999);
    expect(one.silent).toEqual([]);
    one.clock.advanceTo(22_000);
    expect(one.silent).toEqual([{ atMs: 22_000, forMs: 10_000 }]);
  });

  test('does not count before the first answer: a start may take long', () => {
    const one = kennel(false);
    one.clock.advanceTo(120_000);
    expect(one.silent).toEqual([]);
  });

  test('is over when it is closed', () => {
    const one = kennel();
    one.watchdog.close();
    expect(one.clock.armed).toBe(1);
    one.clock.advanceTo(60_000);
    expect(one.asked).toBe(1);
  });
});
