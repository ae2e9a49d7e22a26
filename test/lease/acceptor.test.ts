import { describe, expect, test } from 'vitest';
import { type AcceptorState, acceptorStep, startedAcceptor } from '../../src/lease/acceptor.ts';

const [ONE, TWO] = [1111, 2222];
const PROMISE_MS = 3_100;

const fresh: AcceptorState = startedAcceptor(0, 0);

function ask(node: number, round: number, keys: readonly number[] = [51]) {
  return { type: 'ask', node, round, keys, promiseMs: PROMISE_MS } as const;
}

function release(node: number, round: number, keys: readonly number[] = [51]) {
  return { type: 'release', node, round, keys } as const;
}

/** The state after these events, all at 0. */
function having(...events: readonly (ReturnType<typeof ask> | ReturnType<typeof release>)[]) {
  return events.reduce((state, event) => acceptorStep(state, event, 0).state, fresh);
}

const granted = { granted: true };

describe('an acceptor', () => {
  test.each([
    ['grants what is free', fresh, ask(ONE, 1), 0, granted],
    ['grants it again to who has it', having(ask(ONE, 1)), ask(ONE, 2), 1_000, granted],
    [
      'grants nobody else anything for as long as it promised',
      having(ask(ONE, 1)),
      ask(TWO, 1),
      3_099,
      { granted: false, why: 'held', holder: ONE, freeInMs: 1 },
    ],
    ['is free when the promise is over', having(ask(ONE, 1)), ask(TWO, 1), 3_100, granted],
    [
      'is free when it was given back',
      having(ask(ONE, 1), release(ONE, 1)),
      ask(TWO, 1),
      1,
      granted,
    ],
    [
      'takes no giving back of an older round',
      having(ask(ONE, 1), ask(ONE, 2), release(ONE, 1)),
      ask(TWO, 1),
      0,
      { granted: false, why: 'held', holder: ONE, freeInMs: PROMISE_MS },
    ],
    [
      'takes no giving back from others',
      having(ask(ONE, 1), release(TWO, 9)),
      ask(TWO, 10),
      0,
      { granted: false, why: 'held', holder: ONE, freeInMs: PROMISE_MS },
    ],
    [
      'does not hear a question that comes after it was given back',
      having(ask(ONE, 1), release(ONE, 2)),
      ask(ONE, 2),
      0,
      { granted: false, why: 'old', heard: 2 },
    ],
    [
      'does not hear an older round, and tells which was heard',
      having(ask(ONE, 7)),
      ask(ONE, 6),
      0,
      { granted: false, why: 'old', heard: 7 },
    ],
    [
      'remembers rounds that it refused, too',
      having(ask(ONE, 1), ask(TWO, 5), release(ONE, 1)),
      ask(TWO, 4),
      0,
      { granted: false, why: 'old', heard: 5 },
    ],
    [
      'gives the same refusal to a question that comes twice',
      having(ask(ONE, 1), ask(TWO, 5)),
      ask(TWO, 5),
      100,
      { granted: false, why: 'held', holder: ONE, freeInMs: 3_000 },
    ],
    [
      'grants all of a group or nothing',
      having(ask(ONE, 1, [52])),
      ask(TWO, 1, [51, 52]),
      0,
      { granted: false, why: 'held', holder: ONE, freeInMs: PROMISE_MS },
    ],
    [
      'is silent after a start',
      startedAcceptor(0, PROMISE_MS),
      ask(ONE, 1),
      3_099,
      { granted: false, why: 'silent', freeInMs: 1 },
    ],
    [
      'speaks when the silence is over',
      startedAcceptor(0, PROMISE_MS),
      ask(ONE, 1),
      3_100,
      granted,
    ],
  ])('%s', (_, state, event, now, verdict) => {
    expect(acceptorStep(state, event, now).verdict).toEqual(verdict);
  });

  test('a question that comes twice does not prolong the promise', () => {
    const again = acceptorStep(having(ask(ONE, 1)), ask(ONE, 1), 2_000);
    expect(again.verdict).toEqual(granted);
    expect(acceptorStep(again.state, ask(TWO, 1), 3_100).verdict).toEqual(granted);
  });

  test('a shorter promise does not end a longer one', () => {
    const short = { ...ask(ONE, 2), promiseMs: 10 };
    const { state } = acceptorStep(having(ask(ONE, 1)), short, 0);
    expect(acceptorStep(state, ask(TWO, 1), 3_099).verdict).toMatchObject({ why: 'held' });
  });

  test('of a group that was refused nothing is promised', () => {
    const state = having(ask(ONE, 1, [52]), ask(TWO, 1, [51, 52]));
    expect(acceptorStep(state, ask(ONE, 2, [51]), 0).verdict).toEqual(granted);
  });

  test('tells what was given back, and only what was promised', () => {
    const state = having(ask(ONE, 1, [51]));
    expect(acceptorStep(state, release(ONE, 1, [51, 52]), 0).freed).toEqual([51]);
    expect(acceptorStep(state, release(TWO, 1, [51]), 0).freed).toEqual([]);
  });
});
