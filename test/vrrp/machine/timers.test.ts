/** vrrp-I1 to I7: how long is waited, to the microsecond (RFC 3768 §6.1, RFC 9568 §6.1, keepalived). */
import { describe, expect, test } from 'vitest';
import type { VrrpInstance } from '../../../src/model/vrrp.ts';
import { nextDeadline, step } from '../../../src/vrrp/machine/instance.ts';
import type { Backup, Event, Self } from '../../../src/vrrp/machine/state.ts';
import {
  LATE_MS,
  masterDownMs,
  nextAdvertAt,
  READ_FIRST_MS,
  skewMs,
} from '../../../src/vrrp/machine/timers.ts';
import { simulatedClock } from '../../world/clock.ts';
import { configOf, instanceOf, SimulatedDirector } from '../../world/director.ts';
import { SimulatedLink } from '../../world/link.ts';

const NOW = 50_000;

const self = (over: Partial<VrrpInstance> = {}, priority = 100): Self => ({
  instance: instanceOf(over),
  priority,
  address: '192.0.2.2',
});

const backup = (over: Partial<Backup> = {}): Backup => ({
  is: 'backup',
  masterIntervalMs: 1_000,
  masterDownAt: NOW + 3_000,
  preemptAt: null,
  lesserHeardAt: null,
  wasLate: false,
  ...over,
});

const heard = (priority: number, intervalMs = 1_000): Event => ({
  type: 'heard',
  advert: { source: '192.0.2.3', priority, intervalMs },
});

test.each([
  ['vrrp-I1: of version 2 the skew is a share of a second', 2, 100, 10_000, 609.375],
  ['vrrp-I1: whatever the interval', 2, 100, 1_000, 609.375],
  ['vrrp-I2: of version 3 it is a share of the interval of the master', 3, 100, 200, 121.875],
  ['vrrp-I2: of a long one', 3, 1, 40_950, 40_790.0390625],
] as const)('%s', (_, version, priority, intervalMs, expected) => {
  expect(skewMs(version, priority, intervalMs)).toBe(expected);
});

test.each([
  [100, 1_000, 3_609.375],
  [150, 1_000, 3_414.0625],
  [254, 1_000, 3_007.8125],
  [100, 200, 721.875],
] as const)('vrrp-I3: priority %i at %i ms is down after %f ms', (priority, ms, expected) => {
  expect(masterDownMs(self({ version: 3 }, priority), ms)).toBe(expected);
});

test('vrrp-I4: `down_timer_adverts` takes the place of 3', () => {
  expect(masterDownMs(self({ version: 3, downTimerAdverts: 1 }), 1_000)).toBe(1_609.375);
  expect(masterDownMs(self({ version: 3, downTimerAdverts: 100 }), 1_000)).toBe(100_609.375);
});

test('vrrp-I5: the effective priority counts, and 255 of an owner', () => {
  expect(masterDownMs(self({ version: 3, priority: 150 }, 100), 1_000)).toBe(3_609.375);
  expect(masterDownMs(self({ version: 3 }, 255), 1_000)).toBe(3_003.90625);
});

test('vrrp-I6: a wall clock that jumps by ten years changes nothing', async () => {
  const clock = simulatedClock();
  const decade = 10 * 365 * 86_400_000;
  let jump = 0;
  const eth0 = new SimulatedLink(clock);
  const jumpy = { ...clock, wallTimeMs: () => clock.wallTimeMs() + jump };
  const one = new SimulatedDirector('one', 1, { clock: jumpy, links: { eth0 } });
  const two = new SimulatedDirector('two', 2, { clock, links: { eth0 } });
  one.speaker.configure(configOf([instanceOf({ priority: 150 })]));
  two.speaker.configure(configOf([instanceOf()]));
  for (let at = 5_000; at < 60_000; at += 5_000) {
    await clock.settleTo(at);
    jump = jump === decade ? -decade : decade;
    expect([one.state(), two.state()], `at ${at}`).toEqual(['master', 'backup']);
  }
});

test('vrrp-I7: priority 0 leaves a backup its skew time and no more', () => {
  const { state } = step(self(), backup(), heard(0), NOW);
  expect(nextDeadline(state)).toBe(NOW + 609.375);
  const slow = step(self({ version: 3 }), backup({ masterIntervalMs: 200 }), heard(0), NOW);
  expect(nextDeadline(slow.state)).toBe(NOW + 121.875);
});

describe('vrrp-S23: a backup that wakes up late', () => {
  test('looks into its socket first: what came meanwhile is read after the timers', () => {
    const late = NOW + 3_000 + LATE_MS + 1;
    const { state, effects, reason } = step(self(), backup(), { type: 'time' }, late);
    expect([state.is, effects, reason]).toEqual(['backup', [], null]);
    expect(nextDeadline(state)).toBe(late + READ_FIRST_MS);
    const then = step(self(), state, { type: 'time' }, late + READ_FIRST_MS);
    expect(then.state.is).toBe('master');
    const saved = step(self(), state, heard(150), late + 1).state;
    expect(nextDeadline(saved)).toBe(late + 1 + 3_609.375);
  });

  test('does so once, and not again and again on a machine that is always late', () => {
    const late = NOW + 3_000 + LATE_MS + 1;
    const { state } = step(self(), backup(), { type: 'time' }, late);
    // What changes nothing does not begin it anew: a lesser master that is endured.
    const patient = self({ preemptDelayMs: 1_000 });
    const endured = step(patient, state, heard(1), late + 1).state;
    expect(endured).toMatchObject({ wasLate: true });
    const laterStill = late + READ_FIRST_MS + 10 * LATE_MS;
    expect(step(self(), state, { type: 'time' }, laterStill).state.is).toBe('master');
    // Somebody greater, who was heard at last, does.
    expect(step(self(), state, heard(150), late + 1).state).toMatchObject({ wasLate: false });
  });

  test('waits a whole time more with `timer_expired_backup`', () => {
    const careful = self({ lateTimerAdverts: 1, preempt: false });
    const late = NOW + 3_000 + 1_001;
    const { state } = step(careful, backup(), { type: 'time' }, late);
    expect(nextDeadline(state)).toBe(late + 3_609.375);
    const little = step(careful, backup(), { type: 'time' }, NOW + 3_010);
    expect(little.state.is).toBe('master');
  });
});

describe('the next advertisement', () => {
  test('is due in an interval', () => {
    expect(nextAdvertAt(self(), NOW + 250)).toBe(NOW + 1_250);
  });

  test.each([
    [0, NOW + 1_000],
    [0.125, NOW + 1_125],
    [0.25, NOW + 1_250],
    [0.5, NOW + 500],
  ])('of who has turn %f of the interval, then', (turn, at) => {
    expect(nextAdvertAt({ ...self(), turn }, NOW + 250)).toBe(at);
  });
});
