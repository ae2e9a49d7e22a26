/**
 * Something that goes wrong again and again, as an operator is to hear of it: at once when it begins, then at growing
 * intervals with how often it was, and when it is over. What comes and goes is one trouble. So nothing that happens
 * often, and nobody who makes it happen, fills the log.
 */
import type { Log, LogFields } from './log.ts';
import type { Clock, Instant, Millis } from './time.ts';

/** From one line to the next while it lasts; the last one again and again. */
const TELL_AFTER_MS: readonly Millis[] = [10_000, 60_000, 600_000, 3_600_000];
/** It is over when it goes well once; of one that comes back, when all was well for so long, and longer each time. */
const WELL_MS: Millis = 1_000;
const WELL_FACTOR = 4;
const WELL_MS_MAX: Millis = 600_000;
/** What did not happen for so long has not come back: it is a new one. */
const FORGOTTEN_MS: Millis = 3_600_000;
/** So many different ones of one trouble are told at once, unless its words say otherwise. */
const NEWS_MAX = 4;

export interface TroubleWords {
  readonly level: 'error' | 'warn' | 'info';
  readonly message: string;
  /** When it is over. Null: nobody sees it go well, and a pause is the end. */
  readonly over: string | null;
  readonly newsMax?: number;
}

export interface TroubleFields extends LogFields {
  readonly reason?: string | undefined;
}

export class Trouble {
  private readonly clock: Clock;
  private readonly log: Log;
  private readonly words: TroubleWords;
  /** Null: all is well. */
  private since: Instant | null = null;
  private lastAt: Instant = -Infinity;
  private lastReason: string | null = null;
  private times = 0;
  private tellings = 0;
  private tellAt: Instant = -Infinity;
  private comebacks = 0;
  private readonly news = new Set<string>();

  constructor({ clock, log }: { readonly clock: Clock; readonly log: Log }, words: TroubleWords) {
    this.clock = clock;
    this.log = log;
    this.words = words;
  }

  /** It lasts, as far as is known. */
  get isOn(): boolean {
    return this.since !== null;
  }

  /** Why it happened last; null: it has not happened for so long, or for no reason. */
  reasonWithin(ms: Millis): string | null {
    return this.isOn && this.clock.now() - this.lastAt <= ms ? this.lastReason : null;
  }

  /** Once more. `news`: one that has not been told yet is told at once, though the trouble is not new. */
  happened(fields: TroubleFields, news: string | undefined = fields.reason): void {
    const now = this.clock.now();
    const pauseMs = this.words.over === null ? Math.max(WELL_MS, this.wellMs) : FORGOTTEN_MS;
    if (this.since === null || now - this.lastAt > pauseMs) this.begin(now);
    this.times += 1;
    this.lastAt = now;
    this.lastReason = fields.reason ?? null;
    const isNew = this.noteNews(news);
    if (isNew || now >= this.tellAt) this.tell(fields, now);
  }

  /** It has not happened this time. */
  wentWell(fields: LogFields): void {
    if (this.since === null) return;
    if (this.clock.now() - this.lastAt < this.wellMs) return;
    if (this.words.over !== null) {
      this.log.info({ ...fields, ...this.extent(this.since) }, this.words.over);
    }
    this.since = null;
  }

  private get wellMs(): Millis {
    if (this.comebacks === 0) return 0;
    return Math.min(WELL_MS_MAX, WELL_MS * WELL_FACTOR ** (this.comebacks - 1));
  }

  private begin(now: Instant): void {
    if (now - this.lastAt > FORGOTTEN_MS) this.comebacks = 0;
    else this.comebacks += 1;
    this.since = now;
    this.times = 0;
    this.tellings = 0;
    this.tellAt = now;
    this.news.clear();
  }

  private noteNews(news: string | undefined): boolean {
    if (news === undefined || this.news.has(news)) return false;
    if (this.news.size >= (this.words.newsMax ?? NEWS_MAX)) return false;
    this.news.add(news);
    return true;
  }

  private tell(fields: TroubleFields, now: Instant): void {
    const { level, message } = this.words;
    const extent = this.since === null || this.times === 1 ? {} : this.extent(this.since);
    this.log[level]({ ...fields, ...extent }, message);
    const afterMs = TELL_AFTER_MS[Math.min(this.tellings, TELL_AFTER_MS.length - 1)] as Millis;
    this.tellings += 1;
    this.tellAt = now + afterMs;
  }

  /** How often, and for how long, up to the last time. */
  private extent(since: Instant): { readonly times: number; readonly forMs: Millis } {
    return { times: this.times, forMs: Math.round(this.lastAt - since) };
  }
}
