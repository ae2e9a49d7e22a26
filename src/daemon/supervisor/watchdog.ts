/**
 * Whether a process of ours works: it is asked again and again, and one that has answered nothing for too long is told
 * of once. Time counts by looks that came when they were due: when the whole machine was paused, or we were, nothing
 * has been found out about anybody else.
 */
import type { Cancel, Clock, Instant, Millis } from '../../base/time.ts';

/** Between two looks; so often is it asked. */
const LOOK_EVERY_MS: Millis = 2_000;
/** A look that comes later than this says nothing: whoever is asked was perhaps as little let to work as we were. */
const LATE_MS: Millis = 500;

export interface WatchdogOptions {
  readonly clock: Clock;
  /** How long it may be silent: more than any pause that a process which works may make. */
  silentMsMax(): Millis;
  /** Sends the question; the answer comes by `answered`. */
  ask(): void;
  /** It has not answered for so long, at least. */
  onSilent(forMs: Millis): void;
}

export class Watchdog {
  private readonly options: WatchdogOptions;
  private cancel: Cancel = () => {};
  private dueAt: Instant;
  /** Before its first answer it is still being started: how long that takes is another matter. */
  private isStarted = false;
  private isAsked = false;
  /** Since its last answer, in looks that were not late. */
  private silentMs: Millis = 0;

  constructor(options: WatchdogOptions) {
    this.options = options;
    this.dueAt = options.clock.now();
    this.arm();
    this.ask();
  }

  answered(): void {
    this.isStarted = true;
    this.isAsked = false;
    this.silentMs = 0;
  }

  close(): void {
    this.cancel();
  }

  private arm(): void {
    const { clock } = this.options;
    this.dueAt = clock.now() + LOOK_EVERY_MS;
    this.cancel = clock.wakeAt(this.dueAt, () => this.look());
  }

  private look(): void {
    const { clock, silentMsMax, onSilent } = this.options;
    const isLate = clock.now() - this.dueAt > LATE_MS;
    this.arm();
    if (!this.isAsked) this.ask();
    else if (isLate || !this.isStarted) this.silentMs = 0;
    else {
      this.silentMs += LOOK_EVERY_MS;
      if (this.silentMs < silentMsMax()) return;
      const forMs = this.silentMs;
      this.silentMs = 0;
      onSilent(forMs);
    }
  }

  private ask(): void {
    this.isAsked = true;
    this.options.ask();
  }
}
