/**
 * What a row of the tables of the machine (table.ts, leased-table.ts) says, and of which cells. Times are whole
 * microseconds, as keepalived computes them, and share no line with src/vrrp.
 */

export type Place =
  | 'init'
  | 'fault'
  | 'backup'
  | 'enduring'
  | 'master'
  /** A master that has just answered another one. */
  | 'answered'
  | 'claiming'
  | 'rivalled'
  /** A master that has not run for longer than a peer waits. */
  | 'overdue'
  /** Backups that only lack the lease (leased-table.ts); one of them has heard a lesser master. */
  | 'waiting'
  | 'outranking';

/** What happens: `heard P < = >` is priority P from an address below, equal to or above ours. */
export interface Happening {
  readonly what:
    | 'start'
    | 'stop'
    | 'fault'
    | 'early'
    | 'due'
    /** A tenth of a millisecond after it was due, as timers are; so much before a peer may have taken over, and after. */
    | 'slight'
    | 'almost'
    | 'beyond'
    | 'late'
    | 'group-master'
    | 'group-backup'
    | 'hand-over'
    | 'resign'
    | 'shut'
    | 'resume'
    | 'lease-granted'
    | 'lease-lost'
    /** Another lease is needed from now on. */
    | 'lease-replaced'
    | 'lease-unneeded'
    | 'lease-wanted'
    | 'heard';
  readonly priority: number;
  readonly address: '<' | '=' | '>';
}

export interface Cell {
  readonly place: Place;
  readonly happening: Happening;
  readonly version: 2 | 3;
  readonly priority: number;
  readonly preempt: 'yes' | 'no' | 'delay';
  readonly hint: 'master' | 'backup';
  /** Whether a master answers others: `none` is lower_prio_no_advert, `all` higher_prio_send_advert. */
  readonly answers: 'lower' | 'none' | 'all';
  /** timer_expired_backup, of three advertisements: a backup that wakes up later begins its wait anew. */
  readonly waitsAnew: boolean;
  /** down_timer_adverts. */
  readonly downAdverts: number;
  /** Of our own advertisements, and of those that are heard. */
  readonly ownMs: number;
  readonly heardMs: number;
  /** Interval of the master that a backup knows. */
  readonly masterMs: number;
}

/** When a state next wakes, after now: one of these words. */
type Wake =
  | 'never'
  /** down_timer_adverts × interval + skew: of the interval heard, or of ours. */
  | 'down heard'
  | 'down own'
  | 'down known'
  /** As before, or `down heard` if that is sooner. */
  | 'endured'
  | 'skew known'
  | 'skew own'
  | 'hint'
  /** As before: nothing has moved. */
  | 'same'
  | 'advert'
  /** When its next advertisement was due, if that is not over: a late timer moves none. */
  | 'in time'
  | 'yield'
  /** 100 ms after it answered last, which was a millisecond ago. */
  | 'owed'
  /** Look into the socket first. */
  | 'read';

export interface Row {
  readonly to: 'init' | 'fault' | 'backup' | 'waiting' | 'master';
  /** Letters: A advertisement, Z priority 0, H hold, R release, G gratuitous ARP, N note, L lower to 254. */
  readonly does: string;
  readonly wakes: Wake;
}

export interface Rule {
  /** Of RFC 9568 §6.4, or what keepalived does. */
  readonly name: string;
  readonly when: (cell: Cell) => boolean;
  readonly row: Row;
}

export type Condition = (cell: Cell) => boolean;

export const is =
  (...places: readonly Place[]): Condition =>
  ({ place }) =>
    places.includes(place);
export const on =
  (...whats: readonly Happening['what'][]): Condition =>
  ({ happening }) =>
    whats.includes(happening.what);
export const hears =
  (test: (theirs: number, ours: number) => boolean): Condition =>
  ({ happening, priority }) =>
    happening.what === 'heard' && test(happening.priority, priority);
export const preempt =
  (kind: Cell['preempt']): Condition =>
  (cell) =>
    cell.preempt === kind;
export const from =
  (address: Happening['address']): Condition =>
  ({ happening }) =>
    happening.address === address;

export function rule(
  name: string,
  conditions: readonly Condition[],
  ...[to, does, wakes]: readonly [Row['to'], string, Wake]
): Rule {
  const when: Condition = (cell) => conditions.every((condition) => condition(cell));
  return { name, when, row: { to, does, wakes } };
}

/** So many intervals + skew, in microseconds. */
function downUs({ version, priority, downAdverts }: Cell, intervalMs: number): number {
  return downAdverts * intervalMs * 1000 + skewUs(version, priority, intervalMs);
}

/** keepalived: (256 - priority) × centiseconds × 625 / 16 in version 3; of a second in version 2. */
function skewUs(version: 2 | 3, priority: number, intervalMs: number): number {
  const centiseconds = version === 2 ? 100 : intervalMs / 10;
  return ((256 - priority) * centiseconds * 625) / 16;
}

/** How much later than it was due a timer runs, in microseconds. A peer waits for an interval and a half, or for more. */
export function lateUs({ happening, ownMs, downAdverts }: Cell): number {
  const allowedUs = (downAdverts === 1 ? 500 : (downAdverts - 1) * 1000) * ownMs;
  switch (happening.what) {
    case 'due':
      return 0;
    case 'slight':
      return 100;
    case 'almost':
      return allowedUs - 100;
    case 'beyond':
      return allowedUs + 100;
    case 'late':
      return 4_000_000;
    default:
      return -777_000;
  }
}

/** Of what was due once in an interval, the next: unless that is over, too. */
function inTimeUs(cell: Cell): number {
  const leftUs = cell.ownMs * 1000 - lateUs(cell);
  return leftUs > 0 ? leftUs : cell.ownMs * 1000;
}

/** How long after now it wakes, in microseconds; null: as before. */
export function wakesAfterUs(cell: Cell, wakes: Wake): number | null {
  const { ownMs, heardMs, masterMs, version, priority } = cell;
  switch (wakes) {
    case 'never':
      return Infinity;
    case 'same':
      return null;
    case 'down own':
      return downUs(cell, ownMs);
    case 'down known':
      return downUs(cell, masterMs);
    case 'down heard':
      return downUs(cell, heardMs);
    case 'endured':
      return Math.min(downUs(cell, heardMs), -lateUs(cell));
    case 'skew known':
      return skewUs(version, priority, masterMs);
    case 'skew own':
      return skewUs(version, priority, ownMs);
    case 'hint':
      return ownMs * 1000 + skewUs(version, 255, ownMs);
    case 'advert':
      return ownMs * 1000;
    case 'in time':
      return inTimeUs(cell);
    case 'yield':
      return 20_000;
    case 'owed':
      return 99_000;
    case 'read':
      return 5_000;
  }
}
