/**
 * Which scripts a VRRP transition runs, and what readers of FIFOs and mail get. The lines and
 * mails are those that keepalived 2.2.7 wrote for such a pair of instances with a group.
 */
import { describe, expect, test } from 'vitest';
import type { VrrpNotice, VrrpWord } from '../../src/model/notice.ts';
import { NOBODY_IS_TOLD, type NotifyScripts, type Script } from '../../src/model/script.ts';
import { mailOf } from '../../src/notify/mail-text.ts';
import { vrrpLine, vrrpRuns } from '../../src/notify/vrrp.ts';

const script = (name: string): Script => ({ argv: [name], account: null });
const all: NotifyScripts = {
  master: script('master'),
  backup: script('backup'),
  fault: script('fault'),
  stop: script('stop'),
  deleted: script('deleted'),
  lowerPriority: script('lower'),
  any: script('any'),
  tellsDeleted: true,
  tellsPriority: true,
  mails: true,
};

function notice(state: VrrpWord, kind: VrrpNotice['kind'] = 'INSTANCE', scripts = all): VrrpNotice {
  const name = kind === 'GROUP' ? 'G1' : 'VI_1';
  return { about: 'vrrp', kind, name, state, priority: 150, scripts };
}

describe('scripts', () => {
  test.each([
    ['MASTER', ['master', 'any INSTANCE VI_1 MASTER 150']],
    ['BACKUP', ['backup', 'any INSTANCE VI_1 BACKUP 150']],
    ['FAULT', ['fault', 'any INSTANCE VI_1 FAULT 150']],
    ['STOP', ['stop', 'any INSTANCE VI_1 STOP 150']],
    ['DELETED', ['deleted', 'any INSTANCE VI_1 DELETED 150']],
    ['MASTER_RX_LOWER_PRI', ['lower', 'any INSTANCE VI_1 MASTER_RX_LOWER_PRI 150']],
    // keepalived tells of these to FIFOs only.
    ['MASTER_PRIORITY', []],
    ['BACKUP_PRIORITY', []],
  ] as const)('%s: the one of the state, then the one for all', (state, wanted) => {
    expect(vrrpRuns(notice(state)).map(words)).toEqual(wanted);
  });

  test('a group has priority 0, and a subject of its own', () => {
    const runs = vrrpRuns(notice('MASTER', 'GROUP'));
    expect(runs.map(words)).toEqual(['master', 'any GROUP G1 MASTER 0']);
    expect(new Set(runs.map(({ subject }) => subject))).toEqual(new Set(['group G1']));
  });

  test('only what is configured', () => {
    const some = { ...NOBODY_IS_TOLD, any: script('any') };
    expect(vrrpRuns(notice('FAULT', 'INSTANCE', some)).map(words)).toEqual([
      'any INSTANCE VI_1 FAULT 150',
    ]);
    expect(vrrpRuns(notice('FAULT', 'INSTANCE', NOBODY_IS_TOLD))).toEqual([]);
  });
});

describe('lines of FIFOs', () => {
  test.each([
    [notice('MASTER'), 'INSTANCE "VI_1" MASTER 150'],
    [notice('DELETED'), 'INSTANCE "VI_1" DELETED 150'],
    [notice('BACKUP_PRIORITY'), 'INSTANCE "VI_1" BACKUP_PRIORITY 150'],
    [notice('FAULT', 'GROUP'), 'GROUP "G1" FAULT 0'],
  ] as const)('%#', (one, line) => {
    expect(vrrpLine(one)).toBe(line);
  });
});

describe('mail', () => {
  const how = { routerId: 'LVS_1', withoutFaults: false };

  test.each([
    [
      notice('MASTER'),
      '[LVS_1] VRRP Instance VI_1 - Entering MASTER state',
      '=> VRRP Instance is now owning VRRP VIPs <=\n',
    ],
    [
      notice('BACKUP'),
      '[LVS_1] VRRP Instance VI_1 - Entering BACKUP state',
      '=> VRRP Instance is no longer owning VRRP VIPs <=\n',
    ],
    [
      notice('FAULT', 'GROUP'),
      '[LVS_1] VRRP Group G1 - Entering FAULT state',
      '=> All VRRP group instances are now in FAULT state <=\n',
    ],
    [notice('DELETED'), '[LVS_1] VRRP Instance VI_1 - Deleted', '=> VRRP Deleted at reload <=\n'],
  ] as const)('%#: as keepalived words it', (one, subject, body) => {
    expect(mailOf(one, how)).toEqual({ subject, body });
  });

  test('none of a stop, of priorities, of those that ask for none, and of faults where none are wanted', () => {
    expect(mailOf(notice('STOP'), how)).toBeNull();
    expect(mailOf(notice('MASTER_PRIORITY'), how)).toBeNull();
    expect(mailOf(notice('MASTER', 'INSTANCE', { ...all, mails: false }), how)).toBeNull();
    expect(mailOf(notice('FAULT'), { ...how, withoutFaults: true })).toBeNull();
    expect(mailOf(notice('MASTER'), { ...how, withoutFaults: true })).not.toBeNull();
  });

  test('a name with a line break in it begins no header', () => {
    const text = mailOf({ ...notice('MASTER'), name: 'VI\r\nBcc: all@example.org' }, how);
    expect(text?.subject).toBe(
      '[LVS_1] VRRP Instance VI Bcc: all@example.org - Entering MASTER state',
    );
  });
});

function words({ script: { argv }, extraArgs }: ReturnType<typeof vrrpRuns>[number]): string {
  return [...argv, ...extraArgs].join(' ');
}
