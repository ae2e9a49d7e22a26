/** vrrp-S1 to S23: every state with every event, against a table that was written by itself. */
import { expect, test } from 'vitest';
import { step } from '../../src/vrrp/machine/instance.ts';
import type { Event } from '../../src/vrrp/machine/state.ts';
import {
  type CellOf,
  cellsOf,
  eventOf,
  HAPPENINGS,
  NOW,
  problemOf,
  selfOf,
  stateOf,
  type Variety,
} from './cells.ts';
import type { Cell, Place, Rule } from './rule.ts';
import { TABLE } from './table.ts';

const PLACES: readonly Place[] = [
  'init',
  'fault',
  'backup',
  'enduring',
  'master',
  'answered',
  'claiming',
  'rivalled',
  'overdue',
];

const VARIETY: Variety = {
  families: [
    ['ipv4', 2],
    ['ipv4', 3],
    ['ipv6', 2],
    ['ipv6', 3],
  ],
  hints: ['backup', 'master'],
  answers: ['lower', 'none', 'all'],
  downAdverts: [1, 2, 3],
};

/** Each cell by the first row that fits it. */
const byRule = new Map<Rule, CellOf[]>(TABLE.map((rule) => [rule, []]));
const strays: Cell[] = [];
for (const place of PLACES) {
  for (const happening of HAPPENINGS) {
    for (const one of cellsOf(place, happening, VARIETY)) {
      const fitting = TABLE.find(({ when }) => when(one.cell));
      if (fitting === undefined) strays.push(one.cell);
      else byRule.get(fitting)?.push(one);
    }
  }
}

test.each(TABLE.map((rule) => [rule.name, rule] as const))('%s', (_, rule) => {
  const fitting = byRule.get(rule) ?? [];
  const problems = fitting.flatMap(({ cell, family }) => {
    const event = eventOf(cell, family) as Event;
    const problem = problemOf(
      cell,
      step(selfOf(cell, family), stateOf(cell), event, NOW),
      rule.row,
    );
    return problem === null ? [] : [`${problem}: ${family} ${JSON.stringify(cell)}`];
  });
  expect(problems.slice(0, 5)).toEqual([]);
  expect(fitting.length).toBeGreaterThan(0);
});

test('every state meets every event: more than 350 000 cells, each in a row', () => {
  expect(strays.slice(0, 5)).toEqual([]);
  const count = [...byRule.values()].reduce((sum, { length }) => sum + length, 0);
  expect(count).toBeGreaterThan(350_000);
});
