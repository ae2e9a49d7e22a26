/** behaviour.md §6: which scripts a VRRP transition runs. */
import { expect, test } from 'vitest';
import type { NotifyScripts, Script } from '../../src/model/script.ts';
import { type VrrpTransition, vrrpNotices } from '../../src/notify/vrrp.ts';

const script = (name: string): Script => ({ argv: [name], account: null });
const none: NotifyScripts = { master: null, backup: null, fault: null, stop: null, any: null };
const all: NotifyScripts = {
  master: script('master'),
  backup: script('backup'),
  fault: script('fault'),
  stop: script('stop'),
  any: script('any'),
};

const instance: VrrpTransition = { kind: 'INSTANCE', name: 'VI_1', state: 'MASTER', priority: 150 };

test.each([
  ['instance to MASTER', instance, all, ['master', 'any INSTANCE VI_1 MASTER 150']],
  ['to BACKUP', { ...instance, state: 'BACKUP' }, all, ['backup', 'any INSTANCE VI_1 BACKUP 150']],
  ['to FAULT', { ...instance, state: 'FAULT' }, all, ['fault', 'any INSTANCE VI_1 FAULT 150']],
  ['to STOP', { ...instance, state: 'STOP' }, all, ['stop', 'any INSTANCE VI_1 STOP 150']],
  [
    'a group has priority 0',
    { ...instance, kind: 'GROUP' },
    all,
    ['master', 'any GROUP VI_1 MASTER 0'],
  ],
  [
    'only what is configured',
    instance,
    { ...none, any: script('any') },
    ['any INSTANCE VI_1 MASTER 150'],
  ],
  ['nothing', instance, none, []],
] as const)('%s', (_name, transition, scripts, wanted) => {
  const notices = vrrpNotices(transition, scripts);
  expect(
    notices.map(({ script: { argv }, extraArgs }) => [...argv, ...extraArgs].join(' ')),
  ).toEqual(wanted);
  expect(new Set(notices.map(({ subject }) => subject)).size).toBeLessThanOrEqual(1);
});
