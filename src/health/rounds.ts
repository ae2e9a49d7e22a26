/**
 * Runs the checkers: when each is due, how many at once, how long each may take. What a verdict
 * means is decided elsewhere; a round only asks its owner when to come again.
 */
import pLimit, { type LimitFunction } from 'p-limit';
import type { Cancel, Clock, Instant, Millis } from '../base/time.ts';
import type { Attempt, Verdict } from './checker.ts';
import { DueQueue } from './due-queue.ts';

/**
 * Attempts at once. Servers that answer need few places, because each takes one for milliseconds
 * only; so this bounds memory and files when many stop answering at the same moment.
 */
const SWIFT_AT_ONCE_MAX = 512;

/**
 * Attempts at once among checkers whose last attempt timed out. They queue by themselves: a rack
 * that hangs can fill this lane for ever, and the servers that answer never wait for it.
 */
const SLOW_AT_ONCE_MAX = 512;

/**
 * An attempt whose server keeps talking may outlast its `connect_timeout`, which keepalived applies
 * to each wait for data; but not beyond this, however long the server trickles.
 */
export const ATTEMPT_MS_MAX: Millis = 30_000;

/** A checker has to answer when its signal aborts. One that does not is left behind after this. */
const STUBBORN_MS_MAX: Millis = 100;

/** What runs in rounds. */
export interface RoundOwner {
  /** Silence of this length ends an attempt. */
  timeoutMs(): Millis;
  ask(attempt: Omit<Attempt, 'dial'>): Promise<Verdict>;
  /** Gives the time of the next attempt. */
  onVerdict(verdict: Verdict): Instant;
  /** The question could not be put, which says nothing about the server. Gives the next time. */
  onUnasked(error: unknown): Instant;
}

/** One checker's rounds, from its first attempt until it is stopped. */
export interface Round {
  /** Moves the next attempt forward to `at`; one that is sooner, or under way, is left alone. */
  hasten(at: Instant): void;
  /** Ends the attempt under way; its owner hears nothing more. */
  stop(): void;
}

export class Rounds {
  private readonly clock: Clock;
  private readonly due: DueQueue;
  private readonly swift: LimitFunction = pLimit(SWIFT_AT_ONCE_MAX);
  private readonly slow: LimitFunction = pLimit(SLOW_AT_ONCE_MAX);

  constructor(clock: Clock) {
    this.clock = clock;
    this.due = new DueQueue(clock);
  }

  begin(owner: RoundOwner, at: Instant): Round {
    const state: RoundState = { owner, nextAt: at, timedOut: false, stopped: false, end: null };
    let cancel: Cancel = () => {};
    const arm = (next: Instant): void => {
      state.nextAt = next;
      cancel = this.due.wakeAt(next, () => {
        state.nextAt = null;
        const lane = state.timedOut ? this.slow : this.swift;
        lane(() => this.attempt(state)).then((again) => {
          if (again !== null) arm(again);
        }, crash);
      });
    };
    arm(at);
    return {
      hasten: (sooner) => {
        if (state.nextAt === null || state.nextAt <= sooner) return;
        cancel();
        arm(sooner);
      },
      stop: () => {
        state.stopped = true;
        cancel();
        state.end?.();
      },
    };
  }

  /** Attempts under way. */
  get running(): number {
    return this.swift.activeCount + this.slow.activeCount;
  }

  /** Attempts that are due and wait for a place. */
  get waiting(): number {
    return this.swift.pendingCount + this.slow.pendingCount;
  }

  /** Rounds must have been stopped one by one before. */
  close(): void {
    this.due.close();
  }

  /** Gives the time of the next attempt, or null when there is none. */
  private async attempt(state: RoundState): Promise<Instant | null> {
    if (state.stopped) return null;
    const { owner } = state;
    const deadline = new Deadline(this.clock, this.due, owner.timeoutMs());
    state.end = () => deadline.expire();
    const outcome = await Promise.race([owner.ask(deadline), deadline.overrun]).catch(unasked);
    deadline.clear();
    state.end = null;
    if (state.stopped) return null;
    if ('unasked' in outcome) return owner.onUnasked(outcome.unasked);
    state.timedOut = !outcome.up && outcome.reason === 'timeout';
    return owner.onVerdict(outcome);
  }
}

function unasked(error: unknown): { readonly unasked: unknown } {
  return { unasked: error };
}

interface RoundState {
  readonly owner: RoundOwner;
  /** Null while an attempt waits for its place or is under way. */
  nextAt: Instant | null;
  timedOut: boolean;
  stopped: boolean;
  /** Ends the attempt under way. */
  end: (() => void) | null;
}

/** The time that one attempt has. */
class Deadline implements Omit<Attempt, 'dial'> {
  readonly signal: AbortSignal;
  /** Resolves when the checker has not even answered to its signal. */
  readonly overrun: Promise<Verdict>;
  private readonly controller = new AbortController();
  private readonly clock: Clock;
  private readonly due: DueQueue;
  private readonly silenceMs: Millis;
  private readonly startedAt: Instant;
  private expiresAt: Instant;
  private cancel: Cancel = () => {};
  private giveUp: (verdict: Verdict) => void = () => {};

  constructor(clock: Clock, due: DueQueue, silenceMs: Millis) {
    this.clock = clock;
    this.due = due;
    this.silenceMs = silenceMs;
    this.startedAt = clock.now();
    this.expiresAt = this.startedAt + silenceMs;
    this.signal = this.controller.signal;
    this.overrun = new Promise((resolve) => {
      this.giveUp = resolve;
    });
    this.watch();
  }

  progress = (): void => {
    const latest = this.startedAt + Math.max(ATTEMPT_MS_MAX, this.silenceMs);
    this.expiresAt = Math.min(this.clock.now() + this.silenceMs, latest);
  };

  elapsedMs = (): Millis => this.clock.now() - this.startedAt;

  expire(): void {
    this.cancel();
    this.controller.abort();
    this.cancel = this.due.wakeAt(this.clock.now() + STUBBORN_MS_MAX, () =>
      this.giveUp({ up: false, reason: 'timeout', detail: 'the checker did not end' }),
    );
  }

  clear(): void {
    this.cancel();
  }

  /** Progress only moves `expiresAt`; the wake-up notices when it comes too early. */
  private watch(): void {
    this.cancel = this.due.wakeAt(this.expiresAt, () => {
      if (this.clock.now() < this.expiresAt) this.watch();
      else this.expire();
    });
  }
}

/** An owner that throws is a broken invariant: out of the promise, so that it ends the process. */
function crash(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
