/**
 * The machine once more, written as rows after RFC 9568 §6.4, RFC 3768 §6.4 and keepalived: the first row
 * that fits says what must come of it. Times are whole microseconds, as keepalived computes them, and share
 * no line with src/vrrp.
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
  | 'rivalled';

/** What happens: `heard P < = >` is priority P from an address below, equal to or above ours. */
export interface Happening {
  readonly what:
    | 'start'
    | 'stop'
    | 'fault'
    | 'early'
    | 'due'
    | 'late'
    | 'group-master'
    | 'group-backup'
    | 'hand-over'
    | 'resign'
    | 'shut'
    | 'resume'
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
  /** Of our own advertisements, and of those that are heard. */
  readonly ownMs: number;
  readonly heardMs: number;
  /** Interval of the master that a backup knows. */
  readonly masterMs: number;
}

/** When a state next wakes, after now: one of these words. */
type Wake =
  | 'never'
  /** 3 × interval + skew: of the interval heard, or of ours. */
  | 'down heard'
  | 'down own'
  | 'down known'
  | 'skew known'
  | 'hint'
  /** As before: nothing has moved. */
  | 'same'
  | 'advert'
  | 'yield'
  /** 100 ms after it answered last, which was a millisecond ago. */
  | 'owed'
  /** Look into the socket first. */
  | 'read';

export interface Row {
  readonly to: 'init' | 'fault' | 'backup' | 'master';
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

type Condition = (cell: Cell) => boolean;

const is =
  (...places: readonly Place[]): Condition =>
  ({ place }) =>
    places.includes(place);
const on =
  (...whats: readonly Happening['what'][]): Condition =>
  ({ happening }) =>
    whats.includes(happening.what);
const hears =
  (test: (theirs: number, ours: number) => boolean): Condition =>
  ({ happening, priority }) =>
    happening.what === 'heard' && test(happening.priority, priority);
const preempt =
  (kind: Cell['preempt']): Condition =>
  (cell) =>
    cell.preempt === kind;
const from =
  (address: Happening['address']): Condition =>
  ({ happening }) =>
    happening.address === address;

const OWNER: Condition = ({ priority }) => priority === 255;
const MUTE: Condition = ({ answers }) => answers === 'none';
const LOUD: Condition = ({ answers }) => answers === 'all';
const ANEW: Condition = ({ waitsAnew }) => waitsAnew;
const HINT: Condition = ({ hint }) => hint === 'master';
const OUT = is('init', 'fault');
const BACKUPS = is('backup', 'enduring');
const MASTERS = is('master', 'answered', 'claiming', 'rivalled');
const HOLDING = is('master', 'rivalled');
const ZERO = hears((theirs) => theirs === 0);
const GREATER = hears((theirs, ours) => theirs > ours);
const EQUAL = hears((theirs, ours) => theirs === ours);
const NOT_LESS = hears((theirs, ours) => theirs >= ours);
const ANY = on('heard');

function rule(
  name: string,
  conditions: readonly Condition[],
  ...[to, does, wakes]: readonly [Row['to'], string, Wake]
): Rule {
  const when: Condition = (cell) => conditions.every((condition) => condition(cell));
  return { name, when, row: { to, does, wakes } };
}

export const TABLE: readonly Rule[] = [
  rule('vrrp-S3: out of service a stop sends nothing', [OUT, on('stop')], 'init', '', 'never'),
  rule('vrrp-S19: out of service a fault sends nothing', [OUT, on('fault')], 'fault', '', 'never'),
  rule('vrrp-S3: a backup stops in silence', [BACKUPS, on('stop')], 'init', '', 'never'),
  rule('vrrp-S19: a backup fails in silence', [BACKUPS, on('fault')], 'fault', '', 'never'),
  rule('vrrp-S9: a master stops: addresses, then 0', [MASTERS, on('stop')], 'init', 'RZ', 'never'),
  rule(
    'vrrp-S19: a master fails: addresses, then 0',
    [MASTERS, on('fault')],
    'fault',
    'RZ',
    'never',
  ),
  rule('vrrp-S1: an owner begins', [OUT, on('start'), OWNER], 'master', 'AHG', 'advert'),
  rule('vrrp-S2: `state MASTER` waits less', [is('init'), on('start'), HINT], 'backup', '', 'hint'),
  rule('vrrp-S2: everybody else waits', [OUT, on('start')], 'backup', '', 'down own'),
  rule('an heir goes on', [is('init'), on('resume')], 'master', 'AHG', 'advert'),
  rule('vrrp-S2: before the start nothing is heard', [is('init')], 'init', '', 'never'),
  rule('vrrp-S19: in fault nothing is heard', [is('fault')], 'fault', '', 'never'),
  rule('hand-over: all is free', [BACKUPS, on('hand-over')], 'master', 'AHG', 'advert'),
  rule('hand-over: it is master already', [MASTERS, on('hand-over')], 'master', '', 'same'),
  rule('resign: addresses, then 0', [MASTERS, on('resign')], 'backup', 'RZ', 'down own'),
  rule(
    'vrrp-S7: a backup waits on',
    [BACKUPS, on('start', 'group-backup', 'resign', 'early', 'shut', 'resume')],
    'backup',
    '',
    'same',
  ),
  rule('vrrp-S4: a master is silent', [is('backup'), on('due')], 'master', 'AHG', 'advert'),
  rule('vrrp-S21: a backup follows', [is('backup'), on('group-master')], 'master', 'AHG', 'advert'),
  rule('vrrp-S22: a lesser one was endured', [is('enduring'), on('due')], 'master', 'A', 'yield'),
  rule(
    'vrrp-S21: so does who endures',
    [is('enduring'), on('group-master')],
    'master',
    'A',
    'yield',
  ),
  rule(
    'timer_expired_backup: much too late',
    [BACKUPS, on('late'), ANEW],
    'backup',
    '',
    'down known',
  ),
  rule('vrrp-S23: a backup wakes up late', [BACKUPS, on('late')], 'backup', '', 'read'),
  rule('vrrp-S5: a backup hears 0', [BACKUPS, ZERO], 'backup', '', 'skew known'),
  rule('vrrp-S6: a backup hears as much or more', [BACKUPS, NOT_LESS], 'backup', '', 'down heard'),
  rule(
    'vrrp-S6: or less, with nopreempt',
    [BACKUPS, ANY, preempt('no')],
    'backup',
    '',
    'down heard',
  ),
  rule(
    'vrrp-S22: or less, with a delay',
    [is('backup'), ANY, preempt('delay')],
    'backup',
    '',
    'down heard',
  ),
  rule('vrrp-S7: a backup hears less', [BACKUPS, ANY], 'backup', '', 'same'),
  rule(
    'vrrp-S10: a master goes on',
    [MASTERS, on('start', 'group-master', 'resume')],
    'master',
    '',
    'same',
  ),
  rule('vrrp-S10: nothing is due', [MASTERS, on('early')], 'master', '', 'same'),
  rule('vrrp-S4: the other has let go', [is('claiming'), on('due')], 'master', 'HG', 'advert'),
  rule('vrrp-S17: an owner does not yield', [is('rivalled'), on('due')], 'master', 'L', 'same'),
  rule(
    'vrrp-S10: a master advertises',
    [is('master', 'answered'), on('due')],
    'master',
    'A',
    'advert',
  ),
  rule('vrrp-S23: a master wakes up late', [MASTERS, on('late')], 'backup', 'R', 'hint'),
  rule('vrrp-S21: a master follows', [MASTERS, on('group-backup')], 'backup', 'R', 'down own'),
  rule('its gate has shut: a peer may hold them', [MASTERS, on('shut')], 'backup', 'R', 'down own'),
  rule('vrrp-S11: or 0, with others who do', [is('answered'), ZERO], 'master', '', 'owed'),
  rule('vrrp-S11: a master hears 0', [MASTERS, ZERO], 'master', 'A', 'advert'),
  rule('vrrp-S12: more, and says so', [MASTERS, GREATER, LOUD], 'backup', 'AR', 'down heard'),
  rule('vrrp-S13: or as much', [MASTERS, EQUAL, from('>'), LOUD], 'backup', 'AR', 'down heard'),
  rule(
    'vrrp-S12 vrrp-S16: a master hears more, whether it preempts or not',
    [MASTERS, GREATER],
    'backup',
    'R',
    'down heard',
  ),
  rule('vrrp-S13: as much from above', [MASTERS, EQUAL, from('>')], 'backup', 'R', 'down heard'),
  rule('vrrp-S15: as much from itself', [MASTERS, EQUAL, from('=')], 'master', '', 'same'),
  rule('vrrp-S14: less, just told of it', [is('answered'), ANY, MUTE], 'master', 'N', 'same'),
  rule('vrrp-S14: less, in silence', [HOLDING, ANY, MUTE], 'master', 'NG', 'same'),
  rule('vrrp-S14: or holding nothing', [is('claiming'), ANY, MUTE], 'master', 'N', 'same'),
  rule('vrrp-S14: or less, with others who do', [is('answered'), ANY], 'master', 'N', 'owed'),
  rule('vrrp-S14: a master hears less', [HOLDING, ANY], 'master', 'NAG', 'advert'),
  rule('vrrp-S14: before it holds anything', [is('claiming'), ANY], 'master', 'NA', 'advert'),
];

/** 3 × interval + skew, in microseconds. */
function downUs({ version, priority }: Cell, intervalMs: number): number {
  return 3 * intervalMs * 1000 + skewUs(version, priority, intervalMs);
}

/** keepalived: (256 - priority) × centiseconds × 625 / 16 in version 3; of a second in version 2. */
function skewUs(version: 2 | 3, priority: number, intervalMs: number): number {
  const centiseconds = version === 2 ? 100 : intervalMs / 10;
  return ((256 - priority) * centiseconds * 625) / 16;
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
    case 'skew known':
      return skewUs(version, priority, masterMs);
    case 'hint':
      return ownMs * 1000 + skewUs(version, 255, ownMs);
    case 'advert':
      return ownMs * 1000;
    case 'yield':
      return 20_000;
    case 'owed':
      return 99_000;
    case 'read':
      return 5_000;
  }
}
