/**
 * Mails wait in a queue of limited length and go out one after the other. One that the server does not take
 * is tried again, a few times and ever later, and so are the ones behind it: what is told stays in order.
 * The caller never waits, and every mail that is given up is counted and logged.
 */
import { errnoName } from '../base/error.ts';
import type { Log } from '../base/log.ts';
import { type Cancel, type Clock, type Millis, sleep } from '../base/time.ts';
import type { MailSettings } from '../model/notice.ts';
import type { MailText } from './mail-text.ts';

/** Hands one mail to the server. Rejects when it has not taken it. */
export type SendMail = (settings: MailSettings, text: MailText) => Promise<void>;

export interface MailPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly send: SendMail;
}

/** A site that fails as a whole tells of each server; more than these nobody reads. */
const WAITING_MAX = 200;
/** The first attempt and those after these waits: a relay that restarts is back by then. */
const RETRY_AFTER_MS: readonly Millis[] = [5_000, 30_000, 120_000, 300_000];
/** How long a stop waits for mail that is on its way. */
const STOP_GRACE_MS: Millis = 1_000;
/** No status code begins so, and the server means it: there is no use in asking again. */
const PERMANENT = 5;

interface Waiting {
  readonly text: MailText;
  onEnd(): void;
}

export class MailQueue {
  private readonly ports: MailPorts;
  private settings: MailSettings | null = null;
  private readonly waiting: Waiting[] = [];
  private readonly counts = { sent: 0, dropped: 0 };
  private working: Promise<void> | null = null;
  private cancel: Cancel = () => {};
  private closed = false;

  constructor(ports: MailPorts) {
    this.ports = ports;
  }

  /** Mail that waits goes by the new way. */
  configure(settings: MailSettings | null): void {
    this.settings = settings;
  }

  get counters(): Readonly<{ sent: number; dropped: number; waiting: number }> {
    return { ...this.counts, waiting: this.waiting.length };
  }

  /** `onEnd`: it is sent, or given up. */
  enqueue(text: MailText, onEnd: () => void = () => {}): void {
    if (this.closed || this.settings === null) {
      onEnd();
      return;
    }
    this.waiting.push({ text, onEnd });
    // The oldest one may be on its way: the next oldest is history.
    if (this.waiting.length > WAITING_MAX) this.drop(1, 'too many are waiting');
    this.working ??= this.work().finally(() => {
      this.working = null;
    });
  }

  /** Takes no more mail, and gives what it has a moment. */
  async close(): Promise<void> {
    this.closed = true;
    if (this.working === null) return;
    await Promise.race([this.working, sleep(this.ports.clock, STOP_GRACE_MS)]);
    this.cancel();
    while (this.waiting.length > 0) this.drop(0, 'stop');
  }

  private async work(): Promise<void> {
    let attempt = 0;
    for (let first = this.waiting[0]; first !== undefined; first = this.waiting[0]) {
      const { text, onEnd } = first;
      const failure = await this.attempt(text);
      // It may have been given up meanwhile.
      if (this.waiting[0] !== first) return;
      const waitMs = RETRY_AFTER_MS[attempt];
      if (failure === null) {
        this.counts.sent += 1;
        this.waiting.shift();
        onEnd();
        attempt = 0;
      } else if (failure.isFinal || waitMs === undefined || this.closed) {
        this.drop(0, failure.reason);
        attempt = 0;
      } else {
        const fields = { subject: text.subject, reason: failure.reason, againInMs: waitMs };
        this.ports.log.warn(fields, 'mail not sent yet');
        attempt += 1;
        await this.pause(waitMs);
      }
    }
  }

  private async attempt(
    text: MailText,
  ): Promise<{ readonly reason: string; readonly isFinal: boolean } | null> {
    if (this.settings === null) return { reason: 'no mail is configured any more', isFinal: true };
    try {
      await this.ports.send(this.settings, text);
      this.ports.log.debug({ subject: text.subject }, 'mail sent');
      return null;
    } catch (error) {
      const { responseCode } = error as { readonly responseCode?: unknown };
      const isFinal =
        typeof responseCode === 'number' && Math.floor(responseCode / 100) === PERMANENT;
      const { login } = this.settings;
      return { reason: withoutSecret(reasonOf(error), login?.password ?? ''), isFinal };
    }
  }

  private pause(ms: Millis): Promise<void> {
    const { clock } = this.ports;
    return new Promise((resolve) => {
      const cancel = clock.wakeAt(clock.now() + ms, resolve);
      this.cancel = () => {
        cancel();
        resolve();
      };
    });
  }

  private drop(at: number, reason: string): void {
    const [dropped] = this.waiting.splice(at, 1);
    if (dropped === undefined) return;
    this.counts.dropped += 1;
    dropped.onEnd();
    this.ports.log.error({ subject: dropped.text.subject, reason }, 'mail dropped');
  }
}

/** What the server said, else what the system says. */
function reasonOf(error: unknown): string {
  if (error instanceof Error && 'response' in error && typeof error.response === 'string') {
    return error.response;
  }
  return error instanceof Error ? error.message || errnoName(error) : String(error);
}

/** A server could repeat what it was told. */
function withoutSecret(text: string, secret: string): string {
  if (secret === '') return text;
  const encoded = Buffer.from(secret).toString('base64');
  return text.replaceAll(secret, '********').replaceAll(encoded, '********');
}
