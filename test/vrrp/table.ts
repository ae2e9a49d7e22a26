/**
 * The machine once more, written as rows after RFC 9568 §6.4, RFC 3768 §6.4 and keepalived: the first row
 * that fits says what must come of it.
 */
import { type Condition, from, hears, is, on, preempt, type Rule, rule } from './rule.ts';

const OWNER: Condition = ({ priority }) => priority === 255;
const MUTE: Condition = ({ answers }) => answers === 'none';
const LOUD: Condition = ({ answers }) => answers === 'all';
const ANEW: Condition = ({ waitsAnew }) => waitsAnew;
const HINT: Condition = ({ hint }) => hint === 'master';
const OUT = is('init', 'fault');
const BACKUPS = is('backup', 'enduring');
const MASTERS = is('master', 'answered', 'claiming', 'rivalled', 'overdue');
const HOLDING = is('master', 'rivalled');
const ZERO = hears((theirs) => theirs === 0);
const GREATER = hears((theirs, ours) => theirs > ours);
const EQUAL = hears((theirs, ours) => theirs === ours);
const NOT_LESS = hears((theirs, ours) => theirs >= ours);
const ANY = on('heard');

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
  rule(
    'vrrp-S4: a master is silent',
    [is('backup'), on('due', 'slight')],
    'master',
    'AHG',
    'advert',
  ),
  rule('vrrp-S21: a backup follows', [is('backup'), on('group-master')], 'master', 'AHG', 'advert'),
  rule(
    'vrrp-S22: a lesser one was endured',
    [is('enduring'), on('due', 'slight')],
    'master',
    'A',
    'yield',
  ),
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
  rule(
    'vrrp-S23: a backup wakes up late',
    [BACKUPS, on('almost', 'beyond', 'late')],
    'backup',
    '',
    'read',
  ),
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
  rule(
    'vrrp-S22: or less again, until the delay is over or nobody is heard',
    [is('enduring'), ANY, preempt('delay')],
    'backup',
    '',
    'endured',
  ),
  rule('vrrp-S7: a backup hears less', [BACKUPS, ANY], 'backup', '', 'same'),
  rule(
    'vrrp-S10: a master goes on',
    [MASTERS, on('start', 'group-master', 'resume')],
    'master',
    '',
    'same',
  ),
  rule(
    'vrrp-S23: a master wakes up when a peer may have taken over',
    [is('overdue'), on('early', 'due', 'slight', 'almost')],
    'backup',
    'R',
    'hint',
  ),
  rule('vrrp-S10: nothing is due', [MASTERS, on('early')], 'master', '', 'same'),
  rule(
    'vrrp-S4: the other has let go',
    [is('claiming'), on('due', 'slight')],
    'master',
    'HG',
    'advert',
  ),
  rule('vrrp-S4: a while ago', [is('claiming'), on('almost')], 'master', 'HG', 'same'),
  rule(
    'vrrp-S17: an owner does not yield',
    [is('rivalled'), on('due', 'slight', 'almost')],
    'master',
    'L',
    'same',
  ),
  rule(
    'vrrp-S10: a master advertises',
    [is('master', 'answered'), on('due', 'slight', 'almost')],
    'master',
    'A',
    'in time',
  ),
  rule('vrrp-S23: a master wakes up late', [MASTERS, on('beyond', 'late')], 'backup', 'R', 'hint'),
  rule('vrrp-S21: a master follows', [MASTERS, on('group-backup')], 'backup', 'R', 'down own'),
  rule('its gate has shut: a peer may hold them', [MASTERS, on('shut')], 'backup', 'R', 'down own'),
  rule('vrrp-S23: or hears 0', [is('overdue'), ZERO], 'backup', 'R', 'skew own'),
  rule('vrrp-S23: or as much or more', [is('overdue'), NOT_LESS], 'backup', 'R', 'down heard'),
  rule('vrrp-S23: or less', [is('overdue'), ANY, preempt('yes')], 'backup', 'R', 'hint'),
  rule('vrrp-S23: or less, and lets it be', [is('overdue'), ANY], 'backup', 'R', 'down heard'),
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
