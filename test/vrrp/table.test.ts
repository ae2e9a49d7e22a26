/** vrrp-S1 to S23: every state with every event, against a table that was written by itself. */
import { expect, test } from 'vitest';
import type { Family } from '../../src/base/address.ts';
import { NO_ROUNDS } from '../../src/vrrp/machine/announce.ts';
import { nextDeadline, step } from '../../src/vrrp/machine/instance.ts';
import { RESTED } from '../../src/vrrp/machine/pace.ts';
import type { Effect, Event, State } from '../../src/vrrp/machine/state.ts';
import { instanceOf } from '../world/director.ts';
import {
  type Cell,
  type Happening,
  type Place,
  type Row,
  type Rule,
  TABLE,
  wakesAfterUs,
} from './table.ts';

const NOW = 1_000_000;
const OWN_MS = 1_000;
const HEARD_MS = { 2: 1_000, 3: 400 } as const;
const MASTER_MS = { 2: 1_000, 3: 700 } as const;

const PLACES: readonly Place[] = [
  'init',
  'fault',
  'backup',
  'enduring',
  'master',
  'answered',
  'claiming',
  'rivalled',
];
const WHATS = [
  'start',
  'stop',
  'fault',
  'early',
  'due',
  'late',
  'group-master',
  'group-backup',
  'hand-over',
  'resign',
  'shut',
  'resume',
] as const;
const HAPPENINGS: readonly Happening[] = [
  ...WHATS.map((what) => ({ what, priority: 0, address: '<' as const })),
  ...[0, 1, 99, 100, 101, 254, 255].flatMap((priority) =>
    (['<', '=', '>'] as const).map((address) => ({ what: 'heard' as const, priority, address })),
  ),
];
const FAMILIES: readonly (readonly [Family, 2 | 3])[] = [
  ['ipv4', 2],
  ['ipv4', 3],
  ['ipv6', 2],
  ['ipv6', 3],
];
const OURS = { ipv4: '192.0.2.9', ipv6: 'fe80::9' } as const;
const THEIRS = {
  ipv4: { '<': '192.0.2.8', '=': '192.0.2.9', '>': '192.0.2.10' },
  ipv6: { '<': 'fe80::8', '=': 'fe80::9', '>': 'fe80::10' },
} as const;

/** What is set to wake a while from now, so that every event can move it to a time that shows. */
const LATER = NOW + 777;

const TOLD_NOBODY = { answers: RESTED, announcements: NO_ROUNDS } as const;
/** Another one was answered just before. */
const TOLD = { lastAt: NOW - 1, owedAt: null };

function stateOf({ place, happening: { what }, masterMs: masterIntervalMs }: Cell): State {
  const at = what === 'due' ? NOW : what === 'late' ? NOW - 4_000 : LATER;
  const backup = { is: 'backup', masterIntervalMs, masterDownAt: at, wasLate: false } as const;
  const master = { is: 'master', holdAt: null, rival: null, ...TOLD_NOBODY } as const;
  switch (place) {
    case 'init':
    case 'fault':
      return { is: place };
    case 'backup':
      return { ...backup, preemptAt: null, lesserHeardAt: null };
    case 'enduring':
      return { ...backup, preemptAt: at, lesserHeardAt: NOW - 100 };
    case 'master':
      return { ...master, advertAt: at };
    case 'answered':
      return {
        ...master,
        advertAt: at,
        answers: TOLD,
        announcements: { ...NO_ROUNDS, lower: TOLD },
      };
    case 'claiming':
      return what === 'late'
        ? { ...master, advertAt: at, holdAt: at }
        : { ...master, advertAt: what === 'due' ? NOW + OWN_MS : LATER + 1, holdAt: at };
    case 'rivalled':
      return {
        ...master,
        advertAt: what === 'late' ? at : LATER + 1,
        rival: { decideAt: at, heardAt: NOW - 100, withinMs: 1_200 },
      };
  }
}

function eventOf({ happening, heardMs }: Cell, family: Family): Event {
  const { what, priority, address } = happening;
  switch (what) {
    case 'heard':
      return {
        type: 'heard',
        advert: { source: THEIRS[family][address], priority, intervalMs: heardMs },
      };
    case 'early':
    case 'due':
    case 'late':
      return { type: 'time' };
    case 'fault':
      return { type: 'fault', reason: 'a fault' };
    case 'hand-over':
      return { type: what, from: '192.0.2.8' };
    case 'resign':
    case 'shut':
      return { type: what, reason: 'an order' };
    default:
      return { type: what };
  }
}

function letters(effects: readonly Effect[], priority: number): string {
  return effects.map((effect) => letterOf(effect, priority)).join('');
}

function letterOf(effect: Effect, priority: number): string {
  switch (effect.do) {
    case 'advertise':
      return effect.priority === 0 ? 'Z' : effect.priority === priority ? 'A' : '?';
    case 'hold-addresses':
      return 'H';
    case 'release-addresses':
      return 'R';
    case 'announce':
      return effect.times === 5 ? 'G' : '?';
    case 'note':
      return 'N';
    case 'lower-priority':
      return effect.to === 254 ? 'L' : '?';
  }
}

function* cells(): Generator<{ readonly cell: Cell; readonly family: Family }> {
  for (const place of PLACES) {
    for (const happening of HAPPENINGS) {
      for (const [family, version] of FAMILIES) {
        for (const priority of [1, 99, 100, 101, 254, 255]) {
          for (const preempt of ['yes', 'no', 'delay'] as const) {
            for (const hint of ['backup', 'master'] as const) {
              for (const answers of ['lower', 'none', 'all'] as const) {
                const cell = {
                  place,
                  happening,
                  version,
                  priority,
                  preempt,
                  hint,
                  answers,
                  waitsAnew: false,
                  ownMs: OWN_MS,
                  heardMs: HEARD_MS[version],
                  masterMs: MASTER_MS[version],
                };
                // Only an owner has a rival.
                if (place === 'rivalled' && priority !== 255) continue;
                yield { cell, family };
                if (happening.what === 'late') yield { cell: { ...cell, waitsAnew: true }, family };
              }
            }
          }
        }
      }
    }
  }
}

/** What a cell does otherwise than its row says, or null. */
function problemOf(cell: Cell, family: Family, { to, does, wakes }: Row): string | null {
  const instance = instanceOf({
    family,
    version: cell.version,
    initialState: cell.hint,
    lateTimerAdverts: cell.waitsAnew ? 3 : null,
    answerLowerPriority: cell.answers !== 'none',
    answerHigherPriority: cell.answers === 'all',
    advertIntervalMs: cell.ownMs,
    preempt: cell.preempt !== 'no',
    preemptDelayMs: cell.preempt === 'delay' ? 100_000 : 0,
    announce: { ...instanceOf().announce, secondAfterMs: 0, lowerPriorityDelayMs: 0 },
  });
  const before = stateOf(cell);
  const self = { instance, priority: cell.priority, address: OURS[family] };
  const { state, effects } = step(self, before, eventOf(cell, family), NOW);
  if (state.is !== to) return `is ${state.is}, should be ${to}`;
  const done = letters(effects, cell.priority);
  if (done !== does) return `does "${done}", should do "${does}"`;
  const afterUs = wakesAfterUs(cell, wakes);
  // What was waited for with a rival is over: the next advertisement is left.
  const isDecided = cell.place === 'rivalled' && cell.happening.what === 'due';
  const same = isDecided ? LATER + 1 : nextDeadline(before);
  const expected = afterUs === null ? same : NOW + afterUs / 1000;
  const actual = wakeOf(state, cell, afterUs === null);
  return Math.abs(actual - expected) < 1e-6 || actual === expected
    ? null
    : `wakes at ${actual - NOW}, should at ${expected - NOW} (${wakes})`;
}

/** A master that waits for more than one thing: what it heard moves its advertisements, and that counts. */
function wakeOf(state: State, { place, happening }: Cell, isSame: boolean): number {
  const waitsForMore = place === 'claiming' || place === 'rivalled' || hasRival(state);
  const heard = happening.what === 'heard' && state.is === 'master' && !isSame;
  if (!heard || !waitsForMore) return nextDeadline(state);
  return Math.min(state.advertAt, state.answers.owedAt ?? Infinity);
}

function hasRival(state: State): boolean {
  return state.is === 'master' && state.rival !== null;
}

/** Each cell by the first row that fits it. */
const byRule = new Map<Rule, { readonly cell: Cell; readonly family: Family }[]>(
  TABLE.map((rule) => [rule, []]),
);
const strays: Cell[] = [];
for (const one of cells()) {
  const fitting = TABLE.find(({ when }) => when(one.cell));
  if (fitting === undefined) strays.push(one.cell);
  else byRule.get(fitting)?.push(one);
}

test.each(TABLE.map((rule) => [rule.name, rule] as const))('%s', (_, rule) => {
  const fitting = byRule.get(rule) ?? [];
  const problems = fitting.flatMap(({ cell, family }) => {
    const problem = problemOf(cell, family, rule.row);
    return problem === null ? [] : [`${problem}: ${family} ${JSON.stringify(cell)}`];
  });
  expect(problems.slice(0, 5)).toEqual([]);
  expect(fitting.length).toBeGreaterThan(0);
});

test('every state meets every event: more than 60 000 cells, each in a row', () => {
  expect(strays.slice(0, 5)).toEqual([]);
  const count = [...byRule.values()].reduce((sum, { length }) => sum + length, 0);
  expect(count).toBeGreaterThan(60_000);
});
