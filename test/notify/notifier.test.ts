/** One change, and everybody who is told of it. */
import { expect, test } from 'vitest';
import { silentLog } from '../../src/base/log.ts';
import type { NotifyConfig, VrrpNotice, VrrpWord } from '../../src/model/notice.ts';
import { NOBODY_IS_TOLD } from '../../src/model/script.ts';
import { Fifos } from '../../src/notify/fifos.ts';
import { MailQueue } from '../../src/notify/mail.ts';
import { Notifier } from '../../src/notify/notifier.ts';
import { ScriptQueue } from '../../src/notify/script.ts';
import { settled, simulatedClock } from '../world/clock.ts';

const config: NotifyConfig = {
  routerId: 'LVS_1',
  fifos: [{ path: '/run/fifo', tells: 'everything', account: null, reader: null }],
  mail: {
    host: '192.0.2.25',
    port: 25,
    heloName: 'lb1',
    timeoutMs: 1_000,
    from: 'lb1@example.org',
    to: ['ops@example.org'],
    tls: 'offered',
    login: null,
    withoutFaults: false,
  },
  unsafeScripts: 'refuse',
  repeatsStates: true,
  subjects: ['INSTANCE VI_1', 'INSTANCE VI_2'],
  hasWork: true,
};

function world() {
  const clock = simulatedClock();
  const log = silentLog;
  const told: string[] = [];
  const notifier = new Notifier({
    log,
    scripts: new ScriptQueue({
      clock,
      log,
      run: async ({ argv }, { extraArgs }) => {
        told.push(`script ${[...argv, ...extraArgs].join(' ')}`);
        return { exitCode: 0, signal: null, timedOut: false };
      },
    }),
    fifos: new Fifos({
      clock,
      log,
      open: () => ({ write: (line) => told.push(`fifo ${line.trim()}`) > 0, close: () => {} }),
      start: () => ({ ended: new Promise(() => {}), end: () => {} }),
    }),
    mail: new MailQueue({
      clock,
      log,
      send: async (_, { subject }) => void told.push(`mail ${subject}`),
    }),
  });
  notifier.configure(config);
  const tell = async (state: VrrpWord, name = 'VI_1'): Promise<readonly string[]> => {
    const scripts = {
      ...NOBODY_IS_TOLD,
      any: { argv: ['any'] as [string], account: null },
      mails: true,
    };
    const notice: VrrpNotice = {
      about: 'vrrp',
      kind: 'INSTANCE',
      name,
      state,
      priority: 100,
      scripts,
    };
    notifier.tell(notice);
    await settled();
    return told.splice(0);
  };
  return { notifier, tell, told };
}

test('scripts, FIFOs and mail are told, in this order', async () => {
  const { tell, notifier } = world();
  expect(await tell('MASTER')).toEqual([
    'script any INSTANCE VI_1 MASTER 100',
    'fifo INSTANCE "VI_1" MASTER 100',
    'mail [LVS_1] VRRP Instance VI_1 - Entering MASTER state',
  ]);
  expect(notifier.snapshot()).toMatchObject({ scriptsRun: 1, mailsSent: 1, mailsDropped: 0 });
});

test('neither the first BACKUP nor the same state again is mailed', async () => {
  const { tell } = world();
  const mails = async (state: VrrpWord): Promise<boolean> =>
    (await tell(state)).some((line) => line.startsWith('mail'));
  expect(await mails('BACKUP')).toBe(false);
  expect(await mails('MASTER')).toBe(true);
  expect(await mails('MASTER')).toBe(false);
  expect(await mails('BACKUP')).toBe(true);
});

test('a reload writes the states again, of those that are still there', async () => {
  const { tell, notifier, told } = world();
  await tell('MASTER');
  await tell('MASTER', 'VI_2');
  await tell('BACKUP', 'VI_2');
  await tell('BACKUP_PRIORITY', 'VI_2');
  notifier.configure(config);
  expect(told.splice(0)).toEqual([
    'fifo INSTANCE "VI_1" MASTER 100',
    'fifo INSTANCE "VI_2" BACKUP 100',
  ]);
  notifier.configure({ ...config, subjects: ['INSTANCE VI_2'] });
  expect(told.splice(0)).toEqual(['fifo INSTANCE "VI_2" BACKUP 100']);
  // A removed instance is told of after the reload, and not remembered.
  await tell('FAULT');
  notifier.configure({ ...config, subjects: ['INSTANCE VI_2'] });
  expect(told).toEqual(['fifo INSTANCE "VI_2" BACKUP 100']);
});

test('a MASTER that a reload has renamed is mailed as BACKUP by its new name', async () => {
  const { tell, notifier, told } = world();
  const mail = (name: string) => `mail [LVS_1] VRRP Instance ${name} - Entering BACKUP state`;
  await tell('MASTER');
  notifier.configure({ ...config, subjects: ['INSTANCE VI_9', 'INSTANCE VI_2'] });
  expect(told.splice(0)).toEqual([]);
  notifier.rename([{ kind: 'INSTANCE', from: 'VI_1', to: 'VI_9' }]);
  // The states are to be written after a reload, and it is known as what it is only now.
  expect(told.splice(0)).toEqual(['fifo INSTANCE "VI_9" MASTER 100']);
  expect(await tell('BACKUP', 'VI_9')).toContain(mail('VI_9'));
  // Nothing is known any more of the old name.
  notifier.configure(config);
  expect(told.splice(0)).toEqual([]);
  expect(await tell('BACKUP')).not.toContain(mail('VI_1'));
});

test('two that exchange their names take along what was mailed of them', async () => {
  const { tell, notifier } = world();
  await tell('MASTER');
  await tell('BACKUP', 'VI_2');
  notifier.configure({ ...config, repeatsStates: false });
  notifier.rename([
    { kind: 'INSTANCE', from: 'VI_1', to: 'VI_2' },
    { kind: 'INSTANCE', from: 'VI_2', to: 'VI_1' },
  ]);
  const mails = async (name: string): Promise<boolean> =>
    (await tell('BACKUP', name)).some((line) => line.startsWith('mail'));
  expect(await mails('VI_1')).toBe(false);
  expect(await mails('VI_2')).toBe(true);
});
