/** What the rows of the tables are about, as the machine knows it: its states, its events, and what it does about them. */
import type { Family } from '../../src/base/address.ts';
import { NO_ROUNDS } from '../../src/vrrp/machine/announce.ts';
import { nextDeadline } from '../../src/vrrp/machine/instance.ts';
import { isWaiting, type LeasedEvent } from '../../src/vrrp/machine/leased.ts';
import { RESTED } from '../../src/vrrp/machine/pace.ts';
import type { Effect, Self, State, Step } from '../../src/vrrp/machine/state.ts';
import { instanceOf } from '../world/director.ts';
import { type Cell, type Happening, lateUs, type Place, type Row, wakesAfterUs } from './rule.ts';

export const NOW = 1_000_000;
const OWN_MS = 1_000;
const HEARD_MS = { 2: 1_000, 3: 400 } as const;
const MASTER_MS = { 2: 1_000, 3: 700 } as const;

export const PRIORITIES: readonly number[] = [1, 99, 100, 101, 254, 255];
export const PREEMPTS: readonly Cell['preempt'][] = ['yes', 'no', 'delay'];
const TIMERS = ['due', 'slight', 'almost', 'beyond', 'late'] as const;
const WHATS: readonly Happening['what'][] = [
  'start',
  'stop',
  'fault',
  'early',
  ...TIMERS,
  'group-master',
  'group-backup',
  'hand-over',
  'resign',
  'shut',
  'resume',
];

export const happeningsOf = (whats: readonly Happening['what'][]): readonly Happening[] =>
  whats.map((what) => ({ what, priority: 0, address: '<' as const }));

export const HAPPENINGS: readonly Happening[] = [
  ...happeningsOf(WHATS),
  ...[0, 1, 99, 100, 101, 254, 255].flatMap((priority) =>
    (['<', '=', '>'] as const).map((address) => ({ what: 'heard' as const, priority, address })),
  ),
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

/** What may be varied of the configuration, and with which values. */
export interface Variety {
  readonly families: readonly (readonly [Family, 2 | 3])[];
  readonly hints: readonly Cell['hint'][];
  readonly answers: readonly Cell['answers'][];
  readonly downAdverts: readonly number[];
}

export interface CellOf {
  readonly cell: Cell;
  readonly family: Family;
}

/** One state and one event, in every configuration. */
export function* cellsOf(
  place: Place,
  happening: Happening,
  variety: Variety,
): Generator<CellOf, void, void> {
  const { families, hints, answers: kinds, downAdverts: counts } = variety;
  const isTimer = TIMERS.some((what) => what === happening.what);
  for (const [family, version] of families) {
    const intervals = {
      ownMs: OWN_MS,
      heardMs: HEARD_MS[version],
      masterMs: MASTER_MS[version],
    };
    for (const priority of PRIORITIES) {
      // Only an owner has a rival.
      if (place === 'rivalled' && priority !== 255) continue;
      for (const preempt of PREEMPTS) {
        for (const hint of hints) {
          for (const answers of kinds) {
            for (const downAdverts of counts) {
              for (const waitsAnew of isTimer ? [false, true] : [false]) {
                const config = { version, priority, preempt, hint, answers, downAdverts };
                yield { cell: { place, happening, ...config, waitsAnew, ...intervals }, family };
              }
            }
          }
        }
      }
    }
  }
}

export function selfOf(cell: Cell, family: Family): Self {
  const instance = instanceOf({
    family,
    version: cell.version,
    initialState: cell.hint,
    downTimerAdverts: cell.downAdverts,
    lateTimerAdverts: cell.waitsAnew ? 3 : null,
    answerLowerPriority: cell.answers !== 'none',
    answerHigherPriority: cell.answers === 'all',
    advertIntervalMs: cell.ownMs,
    preempt: cell.preempt !== 'no',
    preemptDelayMs: cell.preempt === 'delay' ? 100_000 : 0,
    announce: { ...instanceOf().announce, secondAfterMs: 0, lowerPriorityDelayMs: 0 },
  });
  return { instance, priority: cell.priority, address: OURS[family] };
}

export function stateOf(cell: Cell): State {
  const {
    place,
    happening: { what },
    masterMs: masterIntervalMs,
  } = cell;
  const at = NOW - lateUs(cell) / 1000;
  /** All that is waited for is late together. */
  const isLate = what === 'almost' || what === 'beyond' || what === 'late';
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
    case 'waiting':
      return { ...backup, masterDownAt: Infinity, preemptAt: null, lesserHeardAt: null };
    case 'outranking':
      return { ...backup, masterDownAt: Infinity, preemptAt: null, lesserHeardAt: NOW - 100 };
    case 'master':
      return { ...master, advertAt: at };
    case 'overdue':
      return { ...master, advertAt: NOW - 4_000 };
    case 'answered':
      return {
        ...master,
        advertAt: at,
        answers: TOLD,
        announcements: { ...NO_ROUNDS, lower: TOLD },
      };
    case 'claiming': {
      const isDue = what === 'due' || what === 'slight';
      const advertAt = isLate ? at : isDue ? NOW + OWN_MS : LATER + 1;
      return { ...master, advertAt, holdAt: at };
    }
    case 'rivalled':
      return {
        ...master,
        advertAt: isLate ? at : LATER + 1,
        rival: { decideAt: at, heardAt: NOW - 100, withinMs: 1_200 },
      };
  }
}

export function eventOf({ happening, heardMs, priority: ours }: Cell, family: Family): LeasedEvent {
  const { what, priority, address } = happening;
  switch (what) {
    case 'heard':
      return {
        type: 'heard',
        advert: { source: THEIRS[family][address], priority, intervalMs: heardMs },
      };
    case 'early':
    case 'due':
    case 'slight':
    case 'almost':
    case 'beyond':
    case 'late':
      return { type: 'time' };
    case 'fault':
      return { type: 'fault', reason: 'a fault' };
    case 'hand-over':
      return { type: what, from: '192.0.2.8' };
    case 'resign':
    case 'shut':
      return { type: what, reason: 'an order' };
    case 'lease-lost':
      return { type: what, again: false };
    case 'lease-replaced':
      return { type: 'lease-lost', again: true };
    case 'lease-wanted':
      return { type: what, priority: ours + 1 };
    default:
      return { type: what };
  }
}

/** What came of a cell otherwise than its row says, or null. */
export function problemOf(cell: Cell, { state, effects, reason }: Step, row: Row): string | null {
  const before = stateOf(cell);
  const kind = isWaiting(state) ? 'waiting' : state.is;
  if (kind !== row.to) return `is ${kind}, should be ${row.to}`;
  const done = effects.map((effect) => letterOf(effect, cell.priority)).join('');
  if (done !== row.does) return `does "${done}", should do "${row.does}"`;
  const hasChanged = state.is !== before.is;
  if ((reason !== null) !== hasChanged) return `was ${before.is}, and tells why: ${reason}`;
  const afterUs = wakesAfterUs(cell, row.wakes);
  const expected = afterUs === null ? sameAs(cell, before) : NOW + afterUs / 1000;
  const actual = wakeOf(state, cell, afterUs === null);
  return Math.abs(actual - expected) < 1e-6 || actual === expected
    ? null
    : `wakes at ${actual - NOW}, should at ${expected - NOW} (${row.wakes})`;
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

/** What was waited for with a rival is over: the next advertisement is left. */
function sameAs({ place, happening: { what } }: Cell, before: State): number {
  const isDecided = place === 'rivalled' && (what === 'due' || what === 'slight');
  return isDecided ? LATER + 1 : nextDeadline(before);
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
