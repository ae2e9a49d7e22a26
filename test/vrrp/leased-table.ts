/**
 * The machine of an instance that needs a lease, as rows: what is said here of it, and for all else what table.ts says,
 * but for two things. Whoever has no lease waits where he would be master, and whoever needs one opens his gate before
 * he advertises. It shares no line with src/vrrp.
 */
import { type Cell, hears, is, on, preempt, type Row } from './rule.ts';
import { TABLE } from './table.ts';

export interface LeasedCell extends Cell {
  /** `none`: it needs none. */
  readonly lease: 'none' | 'held' | 'lacking';
}

export interface LeasedRule {
  readonly name: string;
  readonly when: (cell: LeasedCell) => boolean;
  readonly row: Row | 'as it was' | 'as without a lease' | 'as without a lease, gate first';
}

type Condition = (cell: LeasedCell) => boolean;

const WAITS = is('waiting', 'outranking');
const MASTERS = is('master', 'answered', 'claiming', 'rivalled', 'overdue');
const LACKS: Condition = ({ lease }) => lease === 'lacking';
const NEEDS_NONE: Condition = ({ lease }) => lease === 'none';
const ZERO = hears((theirs) => theirs === 0);
const NOT_LESS = hears((theirs, ours) => theirs >= ours);
const ANY = on('heard');
const WOULD_BE_MASTER: Condition = (cell) => !MASTERS(cell) && ordinaryRow(cell).to === 'master';

/** Of an instance that needs no lease. */
export function ordinaryRow(cell: Cell): Row {
  const fitting = TABLE.find(({ when }) => when(cell));
  if (fitting === undefined) throw new Error(`no row of table.ts fits ${JSON.stringify(cell)}`);
  return fitting.row;
}

function rule(name: string, conditions: readonly Condition[], row: LeasedRule['row']): LeasedRule {
  return { name, when: (cell) => conditions.every((condition) => condition(cell)), row };
}

const row = (to: Row['to'], does: string, wakes: Row['wakes']): Row => ({ to, does, wakes });

export const LEASED_TABLE: readonly LeasedRule[] = [
  rule(
    'granted: nobody else holds anything',
    [WAITS, on('lease-granted')],
    row('master', 'HAG', 'advert'),
  ),
  rule('lost: addresses, then 0', [MASTERS, on('lease-lost')], row('backup', 'RZ', 'down own')),
  rule(
    'another one is needed: he waits for it, and takes nobody on',
    [MASTERS, on('lease-replaced')],
    row('waiting', 'R', 'never'),
  ),
  rule(
    'wanted by a better one: it is his',
    [MASTERS, on('lease-wanted')],
    row('backup', 'R', 'down own'),
  ),
  rule(
    'none is needed any more: who waited listens',
    [WAITS, on('lease-unneeded')],
    row('backup', '', 'down known'),
  ),
  rule(
    'a lease is nothing to all others',
    [on('lease-granted', 'lease-lost', 'lease-replaced', 'lease-unneeded', 'lease-wanted')],
    'as it was',
  ),
  rule('who waits stops in silence', [WAITS, on('stop')], row('init', '', 'never')),
  rule('who waits fails in silence', [WAITS, on('fault')], row('fault', '', 'never')),
  rule('who waits lets 0 pass', [WAITS, ZERO], 'as it was'),
  rule('who waits hears as much or more', [WAITS, NOT_LESS], row('backup', '', 'down heard')),
  rule(
    'or less, that he may not preempt',
    [WAITS, ANY, preempt('no')],
    row('backup', '', 'down heard'),
  ),
  rule('or less: the lease decides', [WAITS, ANY], 'as it was'),
  rule('without it who waits waits on, whatever else happens', [WAITS, LACKS], 'as it was'),
  rule(
    'with the group, beside a lesser master',
    [is('outranking'), on('group-master')],
    row('master', 'A', 'yield'),
  ),
  rule(
    'handed over, or with the group, where none is needed',
    [WAITS, on('group-master', 'hand-over'), NEEDS_NONE],
    row('master', 'AHG', 'advert'),
  ),
  rule(
    'handed over, or with the group',
    [WAITS, on('group-master', 'hand-over')],
    row('master', 'HAG', 'advert'),
  ),
  rule('who waits waits on', [WAITS], 'as it was'),
  rule(
    'without it he waits where he would be master',
    [LACKS, WOULD_BE_MASTER],
    row('waiting', '', 'never'),
  ),
  rule('needs none', [NEEDS_NONE], 'as without a lease'),
  rule('vrrp-T9: his gate first, then all else', [], 'as without a lease, gate first'),
];

/** What a rule says of a cell, in letters. */
export function rowOf({ row: said }: LeasedRule, cell: LeasedCell): Row {
  switch (said) {
    case 'as it was':
      return { to: kindOf(cell.place), does: '', wakes: 'same' };
    case 'as without a lease':
      return ordinaryRow(cell);
    case 'as without a lease, gate first': {
      const ordinary = ordinaryRow(cell);
      const holds = ordinary.does.includes('H');
      return holds ? { ...ordinary, does: `H${ordinary.does.replace('H', '')}` } : ordinary;
    }
    default:
      return said;
  }
}

function kindOf(place: Cell['place']): Row['to'] {
  switch (place) {
    case 'init':
    case 'fault':
      return place;
    case 'backup':
    case 'enduring':
      return 'backup';
    case 'waiting':
    case 'outranking':
      return 'waiting';
    default:
      return 'master';
  }
}
