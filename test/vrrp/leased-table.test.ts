/** An instance with a lease: every state with every event, with the lease and without, against rows of its own. */
import { expect, test } from 'vitest';
import { leasedStep } from '../../src/vrrp/machine/leased.ts';
import {
  type CellOf,
  cellsOf,
  eventOf,
  HAPPENINGS,
  happeningsOf,
  NOW,
  problemOf,
  selfOf,
  stateOf,
  type Variety,
} from './cells.ts';
import { LEASED_TABLE, type LeasedCell, type LeasedRule, rowOf } from './leased-table.ts';
import type { Happening, Place } from './rule.ts';

const PLACES: readonly Place[] = [
  'init',
  'fault',
  'backup',
  'enduring',
  'waiting',
  'outranking',
  'master',
  'answered',
  'claiming',
  'rivalled',
  'overdue',
];

const WITH_LEASES: readonly Happening[] = [
  ...HAPPENINGS,
  ...happeningsOf([
    'lease-granted',
    'lease-lost',
    'lease-replaced',
    'lease-unneeded',
    'lease-wanted',
  ]),
];

/** What table.test.ts varies beyond this is the same with a lease. */
const VARIETY: Variety = {
  families: [
    ['ipv4', 3],
    ['ipv6', 2],
  ],
  hints: ['backup'],
  answers: ['lower', 'all'],
  downAdverts: [1, 3],
};

const LEASES = {
  none: null,
  held: { isHeld: () => true, holdsUntil: () => NOW + 2_000 },
  lacking: { isHeld: () => false, holdsUntil: () => null },
};

interface LeasedCellOf extends CellOf {
  readonly cell: LeasedCell;
}

/** Each cell by the first row that fits it: the last one fits all. */
const byRule = new Map<LeasedRule, LeasedCellOf[]>(LEASED_TABLE.map((rule) => [rule, []]));
for (const place of PLACES) {
  for (const happening of WITH_LEASES) {
    for (const { cell, family } of cellsOf(place, happening, VARIETY)) {
      for (const lease of ['none', 'held', 'lacking'] as const) {
        const leased = { ...cell, lease };
        const fitting = LEASED_TABLE.find(({ when }) => when(leased)) as LeasedRule;
        byRule.get(fitting)?.push({ cell: leased, family });
      }
    }
  }
}

test.each(LEASED_TABLE.map((rule) => [rule.name, rule] as const))('%s', (_, rule) => {
  const fitting = byRule.get(rule) ?? [];
  const problems = fitting.flatMap(({ cell, family }) => {
    const event = eventOf(cell, family);
    const given = { now: NOW, lease: LEASES[cell.lease] };
    const done = leasedStep(selfOf(cell, family), stateOf(cell), event, given);
    const problem = problemOf(cell, done, rowOf(rule, cell));
    return problem === null ? [] : [`${problem}: ${family} ${JSON.stringify(cell)}`];
  });
  expect(problems.slice(0, 5)).toEqual([]);
  expect(fitting.length).toBeGreaterThan(0);
});

test('a lesser master that is heard meanwhile is remembered: it has to let go first', () => {
  const lesser: Happening = { what: 'heard', priority: 1, address: '<' };
  for (const { cell, family } of cellsOf('waiting', lesser, VARIETY)) {
    if (cell.priority === 1 || cell.preempt === 'no') continue;
    const before = stateOf(cell);
    const given = { now: NOW, lease: LEASES.lacking };
    const { state } = leasedStep(selfOf(cell, family), before, eventOf(cell, family), given);
    expect(state).toEqual({ ...before, lesserHeardAt: NOW });
  }
});

test('every state meets every event, with and without its lease: more than 150 000 cells', () => {
  const count = [...byRule.values()].reduce((sum, { length }) => sum + length, 0);
  expect(count).toBeGreaterThan(150_000);
});
