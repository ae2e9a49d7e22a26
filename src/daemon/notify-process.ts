/**
 * The `notify` process: it runs the operator's scripts, writes to FIFOs and sends mail. To start a program may
 * stop a process for long, and mail needs TLS: neither is for the process that advertises.
 */
import { describeError } from '../base/error.ts';
import type { Log, LogLevel } from '../base/log.ts';
import { type Millis, systemClock } from '../base/time.ts';
import { loadAddon } from '../kernel/addon.ts';
import { openFifo } from '../kernel/fifo.ts';
import { ScriptRunner } from '../kernel/script-runner.ts';
import { limitTasks } from '../kernel/task-limit.ts';
import type { Errand, NotifyConfig } from '../model/notice.ts';
import type { Script } from '../model/script.ts';
import { Fifos } from '../notify/fifos.ts';
import { MailQueue } from '../notify/mail.ts';
import { Notifier } from '../notify/notifier.ts';
import { ScriptQueue } from '../notify/script.ts';
import { sendMail } from '../notify/smtp.ts';
import {
  openUplink,
  type ProcessDuties,
  type Question,
  type RunOutcome,
  type TellMessage,
} from './ipc.ts';

const clock = systemClock;

/** What scripts make is nobody else's business. */
const UMASK = 0o077;

/** Processes and threads of all scripts together; 32 of them run at a time, and this process has a dozen. */
const TASKS_MAX = 512;

class NotifyProcess implements ProcessDuties<NotifyConfig> {
  private readonly runner: ScriptRunner;
  private readonly notifier: Notifier;

  constructor(log: Log) {
    const runner = new ScriptRunner({ clock, log });
    this.runner = runner;
    this.notifier = new Notifier({
      log,
      scripts: new ScriptQueue({ clock, log, run: (script, how) => runner.run(script, how) }),
      fifos: new Fifos({
        clock,
        log,
        open: openFifo,
        start: (script, path) => {
          return runner.start(script, { extraArgs: [path], timeoutMs: Infinity, clock });
        },
      }),
      mail: new MailQueue({ clock, log, send: sendMail }),
    });
  }

  async configure(config: NotifyConfig): Promise<void> {
    this.runner.unsafe = config.unsafeScripts;
    this.notifier.configure(config);
  }

  async answer(question: Question<NotifyConfig>): Promise<unknown> {
    return question.ask === 'snapshot' ? this.notifier.snapshot() : null;
  }

  tellOperators(
    { notice, left }: Omit<TellMessage, 'type' | 'id'>,
    onLeft: (errands: readonly Errand[]) => void,
  ): void {
    if (notice.about !== 'names') {
      if (left === null) this.notifier.tell(notice, onLeft);
      else this.notifier.goOn(notice, left, onLeft);
      return;
    }
    this.notifier.rename(notice.renamings);
    onLeft([]);
  }

  async run(script: Script, timeoutMs: Millis): Promise<RunOutcome> {
    try {
      return await this.runner.run(script, { extraArgs: [], timeoutMs, clock });
    } catch (error) {
      return { refused: describeError(error) };
    }
  }

  stop(): Promise<void> {
    return this.notifier.close();
  }

  /** The supervisor is dead: the others tell nobody any more. */
  orphaned(): Promise<void> {
    return this.stop();
  }
}

process.umask(UMASK);
loadAddon().closeDescriptorsOnExec();
const uplink = openUplink(process.argv[2] as LogLevel);
if (!limitTasks(TASKS_MAX)) {
  uplink.log.debug(
    {},
    'no control group with pids.max: scripts may start as many processes as they like',
  );
}
uplink.serve(new NotifyProcess(uplink.log));
