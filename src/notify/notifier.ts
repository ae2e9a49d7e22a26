/**
 * A change, and everybody who is told of it: scripts, then FIFOs, then mail, as keepalived does. The
 * caller never waits for any of them.
 */
import type { Log } from '../base/log.ts';
import type { Notice, NotifyConfig, Renaming, VrrpNotice } from '../model/notice.ts';
import type { NotifySnapshot } from '../model/snapshot-notify.ts';
import type { Fifos } from './fifos.ts';
import type { MailQueue } from './mail.ts';
import { mailOf } from './mail-text.ts';
import type { ScriptQueue } from './script.ts';
import { serverRuns } from './server.ts';
import { vrrpRuns } from './vrrp.ts';

export interface NotifierPorts {
  readonly log: Log;
  readonly scripts: ScriptQueue;
  readonly fifos: Fifos;
  readonly mail: MailQueue;
}

/** What an instance or group is in when nothing has been mailed of it: keepalived does not mail its start. */
const NOT_NEWS = 'BACKUP';

export class Notifier {
  private readonly ports: NotifierPorts;
  private config: NotifyConfig | null = null;
  /** The newest state of each instance and group, in the order of their first change. */
  private readonly states = new Map<string, VrrpNotice>();
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
    for (const subject of this.states.keys()) {
      // What this reload takes away may be renamed yet.
      if (!before.subjects.includes(subject)) this.states.delete(subject);
    }
    if (!config.repeatsStates) return;
    for (const [subject, notice] of this.states) {
      if (config.subjects.includes(subject)) this.ports.fifos.tell(notice);
    }
  }

  /** After the reload that gives them these names. What is known of each, is known of it by its new one. */
  rename(renamings: readonly Renaming[]): void {
    const moved = renamings.map(({ kind, from, to }) => {
      const before = `${kind} ${from}`;
      return {
        subject: `${kind} ${to}`,
        to,
        state: this.states.get(before),
        mailed: this.mailed.get(before),
        before,
      };
    });
    for (const { before } of moved) this.forget(before);
    for (const { subject, to, state, mailed } of moved) {
      if (mailed !== undefined) this.mailed.set(subject, mailed);
      if (state === undefined) continue;
      const notice = { ...state, name: to };
      this.states.set(subject, notice);
      if (this.config?.repeatsStates) this.ports.fifos.tell(notice);
    }
  }

  tell(notice: Notice): void {
    const { scripts, fifos } = this.ports;
    const runs = notice.about === 'vrrp' ? vrrpRuns(notice) : serverRuns(notice);
    for (const run of runs) scripts.enqueue(run);
    fifos.tell(notice);
    this.mail(notice);
    if (notice.about === 'vrrp') this.remember(notice);
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

  private mail(notice: Notice): void {
    const settings = this.config?.mail;
    if (this.config == null || settings == null) return;
    const { routerId } = this.config;
    const text = mailOf(notice, { routerId, withoutFaults: settings.withoutFaults });
    if (text === null || !this.isNews(notice)) return;
    this.ports.mail.enqueue(text);
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
    if (!isKnown || notice.state === 'STOP' || notice.state === 'DELETED') this.forget(subject);
    else if (isState(notice.state)) this.states.set(subject, notice);
  }

  private forget(subject: string): void {
    this.states.delete(subject);
    this.mailed.delete(subject);
  }
}

function subjectOf({ kind, name }: VrrpNotice): string {
  return `${kind} ${name}`;
}

function isState(state: VrrpNotice['state']): boolean {
  return state === 'MASTER' || state === 'BACKUP' || state === 'FAULT';
}
