/**
 * A change, and everybody who is told of it: scripts, then FIFOs, then mail, as keepalived does. The
 * caller never waits for any of them.
 */
import type { Log } from '../base/log.ts';
import type { Errand, Notice, NotifyConfig, Renaming, VrrpNotice } from '../model/notice.ts';
import type { NotifySnapshot } from '../model/snapshot-notify.ts';
import type { Fifos } from './fifos.ts';
import type { MailQueue } from './mail.ts';
import { type MailText, mailOf } from './mail-text.ts';
import type { ScriptErrand, ScriptQueue } from './script.ts';
import { serverRuns } from './server.ts';
import { StateBook, subjectOf } from './state-book.ts';
import { vrrpRuns } from './vrrp.ts';

export interface NotifierPorts {
  readonly log: Log;
  readonly scripts: ScriptQueue;
  readonly fifos: Fifos;
  readonly mail: MailQueue;
}

/** Is told what is left to do. */
export type OnLeft = (errands: readonly Errand[]) => void;

/** What an instance or group is in when nothing has been mailed of it: keepalived does not mail its start. */
const NOT_NEWS = 'BACKUP';

export class Notifier {
  private readonly ports: NotifierPorts;
  private config: NotifyConfig | null = null;
  private readonly states = new StateBook();
  /** What was mailed last of each: the same is not mailed twice. */
  private readonly mailed = new Map<string, string>();

  constructor(ports: NotifierPorts) {
    this.ports = ports;
  }

  configure(config: NotifyConfig): void {
    const before = this.config;
    this.config = config;
    this.ports.fifos.configure(config.fifos);
    this.ports.mail.configure(config.mail);
    if (before === null) return;
    // What this reload takes away may be renamed yet.
    this.states.keep(before.subjects);
    if (!config.repeatsStates) return;
    for (const notice of this.states.all) {
      if (config.subjects.includes(subjectOf(notice))) this.ports.fifos.tell(notice);
    }
  }

  /** After the reload that gives them these names. What is known of each, is known of it by its new one. */
  rename(renamings: readonly Renaming[]): void {
    const mailed = renamings.map(({ kind, from, to }) => {
      return { subject: `${kind} ${to}`, state: this.mailed.get(`${kind} ${from}`) };
    });
    for (const { kind, from } of renamings) this.mailed.delete(`${kind} ${from}`);
    for (const { subject, state } of mailed) {
      if (state !== undefined) this.mailed.set(subject, state);
    }
    for (const notice of this.states.rename(renamings)) {
      if (this.config?.repeatsStates) this.ports.fifos.tell(notice);
    }
  }

  /** `onLeft`: with what of it is to be done yet, now and whenever some of it is done. */
  tell(notice: Notice, onLeft: OnLeft = () => {}): void {
    const text = this.mailOf(notice);
    const isMailed = text !== null && this.isNews(notice);
    const runs = runsOf(notice);
    const end = this.counted([...runs.map(({ errand }) => errand), ...mailIf(isMailed)], onLeft);
    this.runAll(runs, end);
    this.ports.fifos.tell(notice);
    if (isMailed) this.ports.mail.enqueue(text, () => end('mail'));
    if (notice.about === 'vrrp') this.remember(notice);
  }

  /** What an earlier life has taken and not done. It has remembered what is newest: that is told without anything to do. */
  goOn(notice: Notice, left: readonly Errand[], onLeft: OnLeft): void {
    const text = this.mailOf(notice);
    const runs = runsOf(notice).filter(({ errand }) => left.includes(errand));
    const isMailed = text !== null && left.includes('mail');
    const end = this.counted([...runs.map(({ errand }) => errand), ...mailIf(isMailed)], onLeft);
    this.runAll(runs, end);
    if (isMailed) this.ports.mail.enqueue(text, () => end('mail'));
    if (left.length > 0 || notice.about !== 'vrrp') return;
    this.states.learn(notice);
    if (text !== null) this.mailed.set(subjectOf(notice), notice.state);
  }

  snapshot(): NotifySnapshot {
    const { scripts, fifos, mail } = this.ports;
    const { ran, failed, dropped } = scripts.counters;
    return {
      scriptsRun: ran,
      scriptsFailed: failed,
      scriptsDropped: dropped,
      fifoLinesLost: fifos.lost,
      mailsSent: mail.counters.sent,
      mailsWaiting: mail.counters.waiting,
      mailsDropped: mail.counters.dropped,
    };
  }

  /** Gives what is on its way a moment. */
  async close(): Promise<void> {
    const { scripts, fifos, mail } = this.ports;
    await Promise.all([scripts.close(), mail.close()]);
    fifos.close();
  }

  /** Tells of each errand that ends, what is left. */
  private counted(errands: readonly Errand[], onLeft: OnLeft): (done: Errand) => void {
    const open = new Set(errands);
    onLeft([...open]);
    return (done) => {
      if (open.delete(done)) onLeft([...open]);
    };
  }

  private runAll(runs: readonly ScriptErrand[], end: (done: Errand) => void): void {
    for (const run of runs) {
      this.ports.scripts.enqueue({ ...run, onTurn: () => end(run.errand) });
    }
  }

  /** Null: it is not mailed. */
  private mailOf(notice: Notice): MailText | null {
    const settings = this.config?.mail;
    if (this.config == null || settings == null) return null;
    const { routerId } = this.config;
    return mailOf(notice, { routerId, withoutFaults: settings.withoutFaults });
  }

  private isNews(notice: Notice): boolean {
    if (notice.about !== 'vrrp') return true;
    const subject = subjectOf(notice);
    const before = this.mailed.get(subject) ?? NOT_NEWS;
    this.mailed.set(subject, notice.state);
    return before !== notice.state;
  }

  private remember(notice: VrrpNotice): void {
    const subject = subjectOf(notice);
    const isKnown = this.config?.subjects.includes(subject) ?? false;
    this.states.learn(isKnown ? notice : { ...notice, state: 'DELETED' });
    if (!isKnown || notice.state === 'STOP' || notice.state === 'DELETED') {
      this.mailed.delete(subject);
    }
  }
}

function runsOf(notice: Notice): readonly ScriptErrand[] {
  return notice.about === 'vrrp' ? vrrpRuns(notice) : serverRuns(notice);
}

function mailIf(isMailed: boolean): readonly Errand[] {
  return isMailed ? ['mail'] : [];
}
