/**
 * How many messages go out in one send. The kernel does its work within the send, and the event loop
 * stands still meanwhile: a new real server costs it a microsecond, one of a bound `mh` service the
 * building of a table, and another scheduler for a service in use 16 ms (it waits until no packet can use
 * the old one). What it takes is measured, and the next send is cut to it.
 */
import type { Millis } from '../base/time.ts';

/**
 * What a message is likely to cost: `bind` gives a service its scheduler, or has that build its table anew; `rebind`
 * gives it another one.
 */
export type MessageCost = 'plain' | 'bind' | 'rebind';

/** A send takes about this long. */
const SEND_MS: Millis = 4;

/**
 * All answers to a send queue up in the receive buffer before it returns: 277 fit into the default one,
 * and refusals, of which there may be as many as requests, carry their request along.
 */
const MESSAGES_MAX = 256;

/** An estimate falls by half at most: the next message of its kind may be a dearer one. */
const FALL_MAX = 0.5;

const COST_MS_MIN: Millis = 0.001;

export class SendPace {
  private readonly costMs: Record<MessageCost, Millis> = {
    plain: SEND_MS / 128,
    bind: SEND_MS / 16,
    rebind: SEND_MS,
  };
  private readonly sent: Record<MessageCost, number> = { plain: 0, bind: 0, rebind: 0 };
  private expectedMs: Millis = 0;

  /** How many of the messages from `from` on make the next send, one at least. */
  next(from: number, count: number, costOf: (at: number) => MessageCost): number {
    this.sent.plain = this.sent.bind = this.sent.rebind = 0;
    this.expectedMs = 0;
    let at = from;
    for (; at < count && at - from < MESSAGES_MAX; at += 1) {
      const cost = costOf(at);
      const expectedMs = this.expectedMs + this.costMs[cost];
      // A hair more, for sums of fractions.
      if (at > from && expectedMs > SEND_MS * 1.001) break;
      this.expectedMs = expectedMs;
      this.sent[cost] += 1;
    }
    return at - from;
  }

  /** What that send has taken. */
  took(ms: Millis): void {
    const factor = Math.max(FALL_MAX, ms / this.expectedMs);
    for (const cost of ['plain', 'bind', 'rebind'] as const) {
      if (this.sent[cost] === 0) continue;
      this.costMs[cost] = Math.max(COST_MS_MIN, this.costMs[cost] * factor);
    }
  }
}
