/** The machine of one instance: a table per state, after RFC 9568 §6.4 and RFC 3768 §6.4. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { VrrpInstance } from '../../../src/model/vrrp.ts';
import { NO_ROUNDS } from '../../../src/vrrp/machine/announce.ts';
import { nextDeadline, retimed, step } from '../../../src/vrrp/machine/instance.ts';
import { RESTED } from '../../../src/vrrp/machine/pace.ts';
import type {
  Backup,
  Effect,
  Event,
  Master,
  Self,
  State,
} from '../../../src/vrrp/machine/state.ts';
import { skewMs, YIELD_MS } from '../../../src/vrrp/machine/timers.ts';
import { instanceOf } from '../../world/director.ts';

const NOW = 100_000;

const INSTANCE = instanceOf({ authentication: { type: 'none' }, addresses: [] });

const self = (over: Partial<VrrpInstance> = {}, priority = over.priority ?? 100): Self => ({
  instance: { ...INSTANCE, ...over },
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

const master = (over: Partial<Master> = {}): Master => ({
  is: 'master',
  advertAt: NOW + 1_000,
  holdAt: null,
  rival: null,
  answers: RESTED,
  announcements: NO_ROUNDS,
  ...over,
});

const heard = (priority: number, source = '192.0.2.3', intervalMs = 1_000): Event => ({
  type: 'heard',
  advert: { source, priority, intervalMs },
});

const words = (effects: readonly Effect[]): string =>
  effects
    .map((effect) => {
      if (effect.do === 'advertise') return `advertise ${effect.priority}`;
      if (effect.do === 'note') return effect.note;
      return effect.do === 'announce' ? `announce ${effect.times}` : effect.do;
    })
    .join(', ');

describe('the skew time', () => {
  test.each([
    [2, 100, 1_000, 609.375],
    [2, 255, 1_000, 3.90625],
    [2, 100, 10_000, 609.375],
    [3, 100, 1_000, 609.375],
    [3, 100, 100, 60.9375],
  ] as const)(
    'of version %i, priority %i, interval %i ms is %f ms',
    (version, priority, ms, skew) => {
      expect(skewMs(version, priority, ms)).toBe(skew);
    },
  );
});

describe('init', () => {
  test.each([
    ['a backup waits for a whole master down interval', {}, NOW + 3_609.375],
    [
      'the hint `state MASTER` waits for one interval',
      { initialState: 'master' },
      NOW + 1_003.90625,
    ],
  ] as const)('%s', (_, over, deadline) => {
    const { state, effects, reason } = step(self(over), { is: 'init' }, { type: 'start' }, NOW);
    expect(state.is).toBe('backup');
    expect(nextDeadline(state)).toBe(deadline);
    expect(effects).toEqual([]);
    expect(reason).toBe('start');
  });

  test('the owner of the addresses is master at once', () => {
    const { state, effects } = step(
      self({ priority: 255 }),
      { is: 'init' },
      { type: 'start' },
      NOW,
    );
    expect(state.is).toBe('master');
    expect(words(effects)).toBe('advertise 255, hold-addresses, announce 5');
  });

  test('hears nothing', () => {
    expect(step(self(), { is: 'init' }, heard(200), NOW).state).toEqual({ is: 'init' });
  });
});

describe('backup', () => {
  test('whose master is silent becomes master: it advertises first', () => {
    const { state, effects, reason } = step(
      self(),
      backup({ masterDownAt: NOW }),
      { type: 'time' },
      NOW,
    );
    expect(state).toMatchObject({ is: 'master', advertAt: NOW + 1_000, holdAt: null });
    expect(words(effects)).toBe('advertise 100, hold-addresses, announce 5');
    expect(reason).toBe('no advertisement in time');
  });

  test.each([
    ['a higher priority starts the wait anew', heard(150), {}, NOW + 3_609.375],
    ['an equal priority starts the wait anew', heard(100), {}, NOW + 3_609.375],
    ['a lesser one lets it run out', heard(50), {}, NOW + 3_000],
    ['a lesser one counts without preempt', heard(50), { preempt: false }, NOW + 3_609.375],
    ['priority 0 leaves the skew time', heard(0), {}, NOW + 609.375],
    [
      'the interval heard is the one waited for',
      heard(150, '192.0.2.3', 2_000),
      {},
      NOW + 6_609.375,
    ],
  ] as const)('%s', (_, event, over, deadline) => {
    const { state, effects } = step(self(over), backup(), event, NOW);
    expect(state.is).toBe('backup');
    expect(nextDeadline(state)).toBe(deadline);
    expect(effects).toEqual([]);
  });

  test('with a preempt delay endures a lesser master for that long, from the first advertisement', () => {
    const who = self({ preemptDelayMs: 10_000 });
    const first = step(who, backup(), heard(50), NOW).state;
    const second = step(who, first, heard(50), NOW + 1_000).state;
    expect(second).toMatchObject({ preemptAt: NOW + 10_000 });
    const last = step(
      who,
      { ...(second as Backup), masterDownAt: Infinity },
      { type: 'time' },
      NOW + 10_000,
    );
    expect(last.reason).toBe('preempt delay is over');
  });

  test('advertises to a lesser master that is alive, and holds the addresses when it has let go', () => {
    const lesser = backup({ masterDownAt: NOW, lesserHeardAt: NOW - 400 });
    const { state, effects } = step(self(), lesser, { type: 'time' }, NOW);
    expect(words(effects)).toBe('advertise 100');
    expect(nextDeadline(state)).toBe(NOW + YIELD_MS);
    const held = step(self(), state, { type: 'time' }, NOW + YIELD_MS);
    expect(words(held.effects)).toBe('hold-addresses, announce 5');
    expect(held.state).toMatchObject({ is: 'master', holdAt: null, advertAt: NOW + 1_000 });
  });

  test('does not wait for a lesser master that has died meanwhile', () => {
    const lesser = backup({ masterDownAt: NOW, lesserHeardAt: NOW - 4_000 });
    const { effects } = step(self(), lesser, { type: 'time' }, NOW);
    expect(words(effects)).toBe('advertise 100, hold-addresses, announce 5');
  });

  test('follows its sync group to master', () => {
    const { state, reason } = step(self(), backup(), { type: 'group-master' }, NOW);
    expect([state.is, reason]).toEqual(['master', 'sync group']);
  });

  test('goes into fault in silence', () => {
    const { state, effects } = step(
      self(),
      backup(),
      { type: 'fault', reason: 'eth0 is down' },
      NOW,
    );
    expect(state).toEqual({ is: 'fault' });
    expect(effects).toEqual([]);
  });
});

describe('master', () => {
  test('advertises when it is time, and the next time does not drift', () => {
    const { state, effects } = step(self(), master({ advertAt: NOW - 7 }), { type: 'time' }, NOW);
    expect(words(effects)).toBe('advertise 100');
    expect(state).toMatchObject({ advertAt: NOW + 993 });
  });

  test.each([
    ['a higher priority', heard(150), 'backup', 'release-addresses'],
    ['an equal one from a greater address', heard(100, '192.0.2.3'), 'backup', 'release-addresses'],
    [
      'an equal one from a lesser address',
      heard(100, '192.0.2.1'),
      'master',
      'lesser-master, advertise 100, announce 5',
    ],
    [
      'a greater address counts as a number',
      heard(100, '192.0.2.10'),
      'backup',
      'release-addresses',
    ],
    ['a lesser one', heard(50), 'master', 'lesser-master, advertise 100, announce 5'],
    ['priority 0', heard(0), 'master', 'advertise 100'],
  ] as const)('hears %s', (_, event, is, effects) => {
    const next = step(self(), master(), event, NOW);
    expect([next.state.is, words(next.effects)]).toEqual([is, effects]);
  });

  test('answers the first of many at once, and the others together a moment later', () => {
    const first = step(self(), master(), heard(50), NOW);
    let state = first.state;
    for (let at = 1; at < 90; at += 1) {
      const next = step(self(), state, heard(at % 2 === 0 ? 0 : 50), NOW + at);
      expect(words(next.effects)).toBe(at % 2 === 0 ? '' : 'lesser-master');
      state = next.state;
    }
    expect(nextDeadline(state)).toBe(NOW + 100);
    const owed = step(self(), state, { type: 'time' }, NOW + 100);
    expect(words(owed.effects)).toBe('advertise 100');
    expect(owed.state).toMatchObject({ advertAt: NOW + 1_100 });
    // The addresses in their turn, once a second.
    expect(nextDeadline(owed.state)).toBe(NOW + 1_000);
    const told = step(self(), owed.state, { type: 'time' }, NOW + 1_000);
    expect(words(told.effects)).toBe('announce 5');
    expect(nextDeadline(told.state)).toBe(NOW + 1_100);
  });

  test('whose own advertisement is due before owes no other', () => {
    const fast = self({ advertIntervalMs: 30 });
    const first = step(fast, master(), heard(50), NOW);
    const second = step(fast, first.state, heard(50), NOW + 10);
    expect(words(second.effects)).toBe('lesser-master');
    const { state, effects } = step(fast, second.state, { type: 'time' }, NOW + 30);
    expect(words(effects)).toBe('advertise 100');
    expect(nextDeadline(state)).toBe(NOW + 60);
    expect(words(step(fast, state, { type: 'time' }, NOW + 60).effects)).toBe('advertise 100');
  });

  test('may be told to answer neither, or both', () => {
    const silent = step(self({ answerLowerPriority: false }), master(), heard(50), NOW);
    expect(words(silent.effects)).toBe('lesser-master, announce 5');
    const loud = step(self({ answerHigherPriority: true }), master(), heard(150), NOW);
    expect(words(loud.effects)).toBe('advertise 100, release-addresses');
  });

  test('announces nothing before it holds the addresses', () => {
    const { effects, state } = step(self(), master({ holdAt: NOW + 10 }), heard(50), NOW);
    expect(words(effects)).toBe('lesser-master, advertise 100');
    expect(state).toMatchObject({ holdAt: NOW + 10 });
  });

  test('announces a second time after the delay', () => {
    const plan = { ...NO_ROUNDS, secondAt: NOW };
    const { effects, state } = step(self(), master({ announcements: plan }), { type: 'time' }, NOW);
    expect(words(effects)).toBe('announce 5');
    expect(nextDeadline(state)).toBe(NOW + 1_000);
  });

  test.each([
    ['stop', { type: 'stop' }, 'init'],
    ['fault', { type: 'fault', reason: 'eth0 is down' }, 'fault'],
  ] as const)('at a %s lets go of the addresses before it says so', (_, event, is) => {
    const { state, effects } = step(self(), master(), event, NOW);
    expect([state.is, words(effects)]).toEqual([is, 'release-addresses, advertise 0']);
  });

  test('that was paused for longer than a peer waits listens first', () => {
    const { state, effects, reason } = step(
      self(),
      master({ advertAt: NOW - 2_500 }),
      { type: 'time' },
      NOW,
    );
    expect(state.is).toBe('backup');
    expect(words(effects)).toBe('release-addresses');
    expect(reason).toBe('was paused for 3500 ms');
  });

  test('that was paused does not answer a lesser master that it hears before its timers run', () => {
    for (const [priority, waitMs] of [
      [0, 609.375],
      [1, 1_003.90625],
      [200, 3_609.375],
    ] as const) {
      const late = master({ advertAt: NOW - 2_500 });
      const { state, effects, reason } = step(self(), late, heard(priority), NOW);
      expect(words(effects)).toBe('release-addresses');
      expect(reason).toBe('was paused for 3500 ms');
      expect(nextDeadline(state)).toBeCloseTo(NOW + waitMs, 3);
    }
  });

  test.each([
    [1, 1_500],
    [2, 2_000],
    [3, 3_000],
  ])(
    'with down_timer_adverts %d stays so until it was silent for %d ms',
    (downTimerAdverts, ms) => {
      const silentFor = (silentMs: number): State['is'] => {
        const state = master({ advertAt: NOW + 1_000 - silentMs });
        return step(self({ downTimerAdverts }), state, { type: 'time' }, NOW).state.is;
      };
      // No timer is exact.
      expect([1_000.1, 1_050, ms].map(silentFor)).toEqual(['master', 'master', 'master']);
      expect(silentFor(ms + 0.1)).toBe('backup');
    },
  );

  test('begins, goes on with or ends its refresh when a reload says so', () => {
    const timing = { ...INSTANCE.announce, refreshMs: 10_000, extraEveryMs: 500 };
    const begun = retimed(master({ advertAt: NOW + 1_000 }), timing, NOW);
    expect(begun).toMatchObject({
      announcements: { refreshAt: NOW + 10_000, extraAt: NOW + 500 },
    });
    expect(retimed(begun, timing, NOW + 400)).toEqual(begun);
    const sooner = { ...timing, refreshMs: 1_000 };
    expect(retimed(begun, sooner, NOW + 400)).toMatchObject({
      announcements: { refreshAt: NOW + 1_400, extraAt: NOW + 500 },
    });
    expect(retimed(begun, INSTANCE.announce, NOW + 400)).toMatchObject({
      announcements: { refreshAt: null, extraAt: null },
    });
    expect(retimed({ is: 'fault' }, timing, NOW)).toEqual({ is: 'fault' });
  });
});

describe('fault', () => {
  test('ends in backup with a whole wait, whatever the hint says', () => {
    const { state } = step(
      self({ initialState: 'master' }),
      { is: 'fault' },
      { type: 'start' },
      NOW,
    );
    expect(nextDeadline(state)).toBe(NOW + 3_609.375);
  });

  test('sends nothing', () => {
    for (const event of [heard(0), heard(1), { type: 'time' }, { type: 'group-master' }] as const) {
      expect(step(self(), { is: 'fault' }, event, NOW)).toMatchObject({
        effects: [],
        reason: null,
      });
    }
  });
});

describe('whatever happens', () => {
  const arbitraryEvent: fc.Arbitrary<Event> = fc.oneof(
    fc.constantFrom<Event>(
      { type: 'start' },
      { type: 'time' },
      { type: 'stop' },
      { type: 'fault', reason: 'x' },
      { type: 'group-master' },
      { type: 'group-backup' },
    ),
    fc
      .tuple(fc.integer({ min: 0, max: 255 }), fc.constantFrom('192.0.2.1', '192.0.2.3'))
      .map(([priority, source]) => heard(priority, source)),
  );

  test('addresses are held by a master only, and released by whoever stops being one (property)', () => {
    const script = fc.array(fc.tuple(arbitraryEvent, fc.integer({ min: 0, max: 5_000 })), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(script, fc.boolean(), (events, preempt) => {
        let state: State = { is: 'init' };
        let holds = false;
        let now = NOW;
        for (const [event, afterMs] of events) {
          now += afterMs;
          const next = step(self({ preempt }), state, event, now);
          for (const effect of next.effects) {
            if (effect.do === 'hold-addresses') holds = true;
            if (effect.do === 'release-addresses') holds = false;
          }
          state = next.state;
          expect(holds).toBe(state.is === 'master' && state.holdAt === null);
        }
      }),
    );
  });
});
