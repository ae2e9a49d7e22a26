/** What becomes of changes that wait for scripts and mail when the process that tells of them dies. */
import { describe, expect, test } from 'vitest';
import { type LogRecord, logTo, silentLog } from '../../../src/base/log.ts';
import { Outbox } from '../../../src/daemon/supervisor/outbox.ts';
import type {
  NotifyConfig,
  RenamedNotice,
  VrrpNotice,
  VrrpWord,
} from '../../../src/model/notice.ts';
import { NOBODY_IS_TOLD, type ScriptEnd } from '../../../src/model/script.ts';
import { Fifos } from '../../../src/notify/fifos.ts';
import { MailQueue } from '../../../src/notify/mail.ts';
import { Notifier } from '../../../src/notify/notifier.ts';
import { ScriptQueue } from '../../../src/notify/script.ts';
import { simulatedClock } from '../../world/clock.ts';

const SCRIPT_MS = 100;

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
    withoutFaults: true,
  },
  unsafeScripts: 'refuse',
  repeatsStates: true,
  subjects: ['INSTANCE VI_1', 'INSTANCE VI_2', 'INSTANCE VI_9'],
  hasWork: true,
};

function changed(state: VrrpWord, name = 'VI_1'): VrrpNotice {
  const scripts = {
    ...NOBODY_IS_TOLD,
    any: { argv: ['any'] as [string], account: null },
    mails: true,
  };
  return { about: 'vrrp', kind: 'INSTANCE', name, state, priority: 100, scripts };
}

/** The outbox, and lives of the process that tells, one after the other. Scripts take 100 ms. */
function world() {
  const clock = simulatedClock();
  const log = silentLog;
  const logged: LogRecord[] = [];
  const told: string[] = [];
  const mailServer = { isUp: true };
  const dead = new Set<number>();
  let life = 0;
  let notifier: Notifier | null = null;
  const outbox = new Outbox({
    log: logTo((record) => void logged.push(record)),
    isWanted: () => true,
    send: ({ id, notice, left }) => {
      const own = life;
      if (notifier === null) return;
      const onLeft = (errands: Parameters<Outbox['left']>[0]['errands']): void => {
        if (!dead.has(own)) outbox.left({ type: 'left', id, errands });
      };
      if (notice.about === 'names') {
        notifier.rename(notice.renamings);
        onLeft([]);
      } else if (left === null) notifier.tell(notice, onLeft);
      else notifier.goOn(notice, left, onLeft);
    },
  });
  const start = (): void => {
    life += 1;
    const own = life;
    outbox.started();
    const hear = (line: string): void => {
      if (!dead.has(own)) told.push(line);
    };
    const run = async (argv: readonly string[]): Promise<ScriptEnd> => {
      hear(argv.join(' '));
      await new Promise<void>((resolve) => void clock.wakeAt(clock.now() + SCRIPT_MS, resolve));
      return { exitCode: 0, signal: null, timedOut: false };
    };
    notifier = new Notifier({
      log,
      scripts: new ScriptQueue({
        clock,
        log,
        run: ({ argv }, { extraArgs }) => run([...argv, ...extraArgs]),
      }),
      fifos: new Fifos({
        clock,
        log,
        open: () => ({
          write: (line) => {
            hear(`fifo ${line.trim()}`);
            return true;
          },
          close: () => {},
        }),
        start: () => ({ ended: new Promise(() => {}), end: () => {} }),
      }),
      mail: new MailQueue({
        clock,
        log,
        send: async (_, { subject }) => {
          if (!mailServer.isUp) throw new Error('connect ECONNREFUSED');
          hear(`mail ${subject.replace('[LVS_1] VRRP Instance ', '')}`);
        },
      }),
    });
    notifier.configure(config);
    outbox.ready();
  };
  /** Killed: what it does from now on nobody sees. */
  const kill = (): void => {
    dead.add(life);
    notifier = null;
    outbox.started();
  };
  const configure = (): void => notifier?.configure(config);
  start();
  return { clock, outbox, told, logged, mailServer, start, kill, configure };
}

const scriptsIn = (told: readonly string[]): readonly string[] =>
  told
    .filter((line) => line.startsWith('any'))
    .map((line) => line.split(' ').slice(2, 4).join(' '));
const mailsIn = (told: readonly string[]): readonly string[] =>
  told.filter((line) => line.startsWith('mail'));

describe('a process that tells is killed', () => {
  test('while scripts wait: each is run once, in order, with those that come while it is dead', async () => {
    const { clock, outbox, told, start, kill } = world();
    for (const state of ['MASTER', 'BACKUP', 'FAULT'] as const) outbox.add(changed(state));
    outbox.add(changed('MASTER', 'VI_2'));
    await clock.settleTo(50);
    expect(scriptsIn(told)).toEqual(['VI_1 MASTER', 'VI_2 MASTER']);
    kill();
    outbox.add(changed('BACKUP'));
    await clock.settleTo(60);
    start();
    await clock.settleTo(2_000);
    expect(scriptsIn(told)).toEqual([
      'VI_1 MASTER',
      'VI_2 MASTER',
      'VI_1 BACKUP',
      'VI_1 FAULT',
      'VI_1 BACKUP',
    ]);
    expect(told.filter((line) => line.startsWith('fifo'))).toHaveLength(5);
  });

  test('while the mail server is down: what waits is mailed once it is up, once, in order', async () => {
    const { clock, outbox, told, mailServer, start, kill } = world();
    outbox.add(changed('MASTER'));
    await clock.settleTo(10);
    mailServer.isUp = false;
    outbox.add(changed('BACKUP'));
    outbox.add(changed('MASTER'));
    await clock.settleTo(1_000);
    kill();
    start();
    await clock.settleTo(2_000);
    mailServer.isUp = true;
    await clock.settleTo(60_000);
    expect(mailsIn(told)).toEqual([
      'mail VI_1 - Entering MASTER state',
      'mail VI_1 - Entering BACKUP state',
      'mail VI_1 - Entering MASTER state',
    ]);
  });

  test('when all is told: nothing is told again, and what was mailed is known', async () => {
    const { clock, outbox, told, start, kill, configure } = world();
    outbox.add(changed('MASTER'));
    outbox.add(changed('FAULT'));
    outbox.add(changed('MASTER', 'VI_2'));
    await clock.settleTo(1_000);
    kill();
    start();
    await clock.settleTo(2_000);
    expect(mailsIn(told)).toHaveLength(2);
    told.length = 0;
    await clock.settleTo(2_100);
    // FAULT is not mailed, and so it is BACKUP after MASTER.
    outbox.add(changed('BACKUP'));
    outbox.add(changed('MASTER', 'VI_2'));
    await clock.settleTo(3_000);
    expect(mailsIn(told)).toEqual(['mail VI_1 - Entering BACKUP state']);
    told.length = 0;
    configure();
    expect(told).toEqual(['fifo INSTANCE "VI_1" BACKUP 100', 'fifo INSTANCE "VI_2" MASTER 100']);
  });

  test('what was renamed is known by its new name', async () => {
    const { clock, outbox, told, start, kill } = world();
    outbox.add(changed('MASTER'));
    const renamings = [{ kind: 'INSTANCE', from: 'VI_1', to: 'VI_9' }] as const;
    outbox.add({ about: 'names', renamings } satisfies RenamedNotice);
    await clock.settleTo(1_000);
    kill();
    start();
    told.length = 0;
    outbox.add(changed('BACKUP', 'VI_9'));
    await clock.settleTo(2_000);
    expect(mailsIn(told)).toEqual(['mail VI_9 - Entering BACKUP state']);
  });

  test('by what it is told: it is told thrice, and the rest is told', async () => {
    const logged: LogRecord[] = [];
    const sent: number[] = [];
    const log = logTo((record) => void logged.push(record));
    const outbox = new Outbox({ log, isWanted: () => true, send: ({ id }) => void sent.push(id) });
    outbox.ready();
    outbox.add(changed('MASTER'));
    for (let life = 0; life < 3; life += 1) {
      outbox.started();
      outbox.ready();
    }
    outbox.add(changed('BACKUP'));
    expect(sent).toEqual([1, 1, 1, 2]);
    expect(logged).toMatchObject([
      { message: 'change not told', fields: { change: 'INSTANCE VI_1 MASTER' } },
    ]);
  });
});

test('what it has said last counts, though another one has begun', () => {
  const sent: string[] = [];
  const outbox = new Outbox({
    log: silentLog,
    isWanted: () => true,
    send: ({ id, left }) => void sent.push(`${id} ${left?.join()}`),
  });
  outbox.ready();
  outbox.add(changed('MASTER'));
  outbox.started();
  outbox.left({ type: 'left', id: 1, errands: ['mail'] });
  outbox.ready();
  expect(sent).toEqual(['1 undefined', '0 ', '0 ', '1 mail']);
});

test('nobody is told later of what nobody was to be told of, and what is kept has a limit', () => {
  const sent: number[] = [];
  const logged: LogRecord[] = [];
  let isWanted = false;
  const outbox = new Outbox({
    log: logTo((record) => void logged.push(record)),
    isWanted: () => isWanted,
    send: ({ id }) => void sent.push(id),
  });
  outbox.add(changed('MASTER'));
  isWanted = true;
  outbox.ready();
  expect(sent).toEqual([]);
  outbox.started();
  for (let count = 0; count < 10_007; count += 1) outbox.add(changed('MASTER'));
  outbox.ready();
  expect(sent).toHaveLength(10_000);
  expect(logged).toMatchObject([
    { message: 'changes that may not have been told', fields: { count: 7 } },
  ]);
});
