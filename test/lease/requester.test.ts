import { describe, expect, test } from 'vitest';
import type { Verdict } from '../../src/lease/acceptor.ts';
import {
  inherited,
  nextDeadline,
  type RequesterEvent,
  type RequesterState,
  requesterStep,
} from '../../src/lease/requester.ts';
import { leaseTimes } from '../../src/lease/times.ts';

const self = { acceptors: 3, times: leaseTimes(3_000, 100) };
const idle: RequesterState = { is: 'idle', round: 0, openUntil: 0 };
const want: RequesterEvent = { type: 'want', priority: 100 };

function answer(acceptor: number, round: number, verdict: Verdict): RequesterEvent {
  return { type: 'answer', acceptor, round, verdict };
}

function grant(acceptor: number, round: number): RequesterEvent {
  return answer(acceptor, round, { granted: true });
}

function held(acceptor: number, round: number, freeInMs: number): RequesterEvent {
  return answer(acceptor, round, { granted: false, why: 'held', holder: 9, freeInMs });
}

/** What these events make of an idle one; the effects are those of the last. */
function play(...events: readonly (readonly [number, RequesterEvent])[]) {
  let state: RequesterState = idle;
  let effects: readonly unknown[] = [];
  for (const [now, event] of events) {
    ({ state, effects } = requesterStep(self, state, event, { now, chance: 0 }));
  }
  return { state, effects };
}

describe('the times of a lease', () => {
  test('promise more than is used, by the clocks’ error and the kernel’s lateness', () => {
    expect(leaseTimes(3_000, 100).promiseMs).toBe(Math.ceil((3_000 * 1.001) / 0.999 + 100));
    expect(leaseTimes(600, 50).promiseMs).toBe(652);
  });
});

describe('who wants a lease', () => {
  test('asks all acceptors in a round of its own', () => {
    expect(play([0, want]).effects).toEqual([{ do: 'ask', round: 1, to: 0b111 }]);
  });

  test('holds it with a majority, counted from before it asked', () => {
    const one = play([0, want], [100, grant(0, 1)]);
    expect(one.state.is).toBe('asking');
    const two = play([0, want], [100, grant(0, 1)], [200, grant(2, 1)]);
    expect(two.effects).toEqual([{ do: 'granted', until: 3_000 }]);
  });

  test('does not count one acceptor twice', () => {
    expect(play([0, want], [1, grant(0, 1)], [2, grant(0, 1)]).state.is).toBe('asking');
  });

  test('ignores answers of other rounds', () => {
    expect(play([0, want], [1, grant(0, 1)], [2, grant(1, 0)]).state.is).toBe('asking');
  });

  test('asks again who has not answered', () => {
    const { effects } = play([0, want], [1, grant(0, 1)], [250, { type: 'time' }]);
    expect(effects).toEqual([{ do: 'ask', round: 1, to: 0b110 }]);
  });

  test('gives back and rests when nobody answers, for a shorter time with a higher priority', () => {
    const { state, effects } = play([0, want], [1, grant(0, 1)], [1_000, { type: 'time' }]);
    expect(effects).toEqual([{ do: 'release', round: 1 }]);
    const low = nextDeadline(self, state);
    const high = play([0, { type: 'want', priority: 200 }], [1_000, { type: 'time' }]);
    expect(nextDeadline(self, high.state)).toBeLessThan(low);
    expect(low).toBeLessThanOrEqual(1_200);
  });

  test('rests until a majority can be free when it is refused', () => {
    const { state, effects } = play(
      [0, want],
      [1, grant(0, 1)],
      [2, held(1, 1, 2_500)],
      [3, held(2, 1, 2_000)],
    );
    expect(effects).toEqual([{ do: 'release', round: 1 }]);
    expect(nextDeadline(self, state)).toBeGreaterThanOrEqual(2_003);
    expect(nextDeadline(self, state)).toBeLessThan(2_203);
  });

  test('asks at once when somebody has given it back', () => {
    const refused = [
      [0, want],
      [1, held(1, 1, 2_500)],
      [2, held(2, 1, 2_500)],
    ] as const;
    expect(play(...refused, [10, { type: 'freed' }]).effects).toEqual([
      { do: 'ask', round: 2, to: 0b111 },
    ]);
  });

  test('gives its round back to who goes first, and tries again soon; what it holds it keeps', () => {
    const half = [[0, want] as const, [1, grant(0, 1)] as const] as const;
    const way = play(...half, [5, { type: 'outbid' }]);
    expect(way.effects).toEqual([{ do: 'release', round: 1 }]);
    expect(way.state.is).toBe('resting');
    expect(nextDeadline(self, way.state)).toBeLessThan(110);
    const holds = play(...half, [2, grant(1, 1)], [5, { type: 'outbid' }]);
    expect(holds.effects).toEqual([]);
    expect(holds.state.is).toBe('holding');
  });

  test('goes beyond a round that was heard before', () => {
    const { effects } = play(
      [0, want],
      [1, answer(1, 1, { granted: false, why: 'old', heard: 70 })],
    );
    expect(effects).toEqual([{ do: 'ask', round: 71, to: 0b111 }]);
  });

  test('takes no lease that is over before the answers are there', () => {
    const slow = { ...self, times: { ...self.times, patienceMs: 9_000 } };
    const step = { now: 0, chance: 0 };
    const asking = requesterStep(slow, idle, want, step).state;
    const one = requesterStep(slow, asking, grant(0, 1), { now: 2_999, chance: 0 }).state;
    const two = requesterStep(slow, one, grant(1, 1), { now: 3_000, chance: 0 });
    expect(two.state.is).toBe('resting');
  });
});

describe('who holds a lease', () => {
  const holds = [
    [0, want],
    [10, grant(0, 1)],
    [10, grant(1, 1)],
  ] as const;

  test('renews it at a third of its time', () => {
    expect(nextDeadline(self, play(...holds, [250, { type: 'time' }]).state)).toBe(1_000);
    const { state, effects } = play(...holds, [1_000, { type: 'time' }]);
    expect(effects).toEqual([{ do: 'ask', round: 2, to: 0b111 }]);
    expect(state).toMatchObject({ is: 'holding', until: 3_000 });
  });

  test('holds it longer only when a majority has renewed it', () => {
    const renewing = [...holds, [1_000, { type: 'time' }], [1_001, grant(2, 2)]] as const;
    expect(play(...renewing).effects).toEqual([]);
    expect(play(...renewing, [1_002, grant(0, 2)]).effects).toEqual([
      { do: 'renewed', until: 4_000 },
    ]);
  });

  test('has lost it at its time, whatever comes then', () => {
    expect(play(...holds, [3_000, { type: 'time' }]).effects).toEqual([{ do: 'lost' }]);
    expect(play(...holds, [3_000, grant(2, 1)]).effects).toEqual([{ do: 'lost' }]);
  });

  test('that was lost gives nothing back while the kernel may still be closing', () => {
    const lost = [...holds, [3_000, { type: 'time' }], [3_000, want]] as const;
    expect(play(...lost, [3_001, held(0, 2, 9)], [3_001, held(1, 2, 9)]).effects).toEqual([]);
    expect(play(...lost, [3_200, held(0, 2, 9)], [3_200, held(1, 2, 9)]).effects).toEqual([
      { do: 'release', round: 2 },
    ]);
  });

  test('gives it back to all when it is not wanted any more', () => {
    const { state, effects } = play(...holds, [20, { type: 'release' }]);
    expect(effects).toEqual([{ do: 'release', round: 1 }]);
    expect(state).toMatchObject({ is: 'idle', round: 1 });
  });
});

describe('an heir', () => {
  const at = (state: RequesterState, now: number, event: RequesterEvent) =>
    requesterStep(self, state, event, { now, chance: 0 });

  test('holds it until its end, and asks for nothing while nobody wants it', () => {
    const state = inherited(7, 2_000);
    expect(nextDeadline(self, state)).toBe(2_000);
    expect(at(state, 1_999, { type: 'time' })).toEqual({ state, effects: [] });
    expect(at(state, 2_000, { type: 'time' }).effects).toEqual([{ do: 'lost' }]);
  });

  test('renews it as soon as somebody wants it, with a round of its own', () => {
    const wanted = at(inherited(7, 2_000), 500, want);
    expect(wanted.effects).toEqual([{ do: 'ask', round: 8, to: 0b111 }]);
    expect(wanted.state).toMatchObject({ is: 'holding', until: 2_000, priority: 100 });
    const one = at(wanted.state, 510, grant(0, 8));
    expect(one.effects).toEqual([]);
    expect(at(one.state, 520, grant(2, 8)).effects).toEqual([{ do: 'renewed', until: 3_500 }]);
  });

  test('that is granted nothing loses it when the life before it would have', () => {
    const wanted = at(inherited(7, 2_000), 500, want);
    const refused = at(wanted.state, 510, held(0, 8, 4_000));
    expect(at(refused.state, 2_000, { type: 'time' }).effects).toEqual([{ do: 'lost' }]);
  });
});
