/**
 * Many wake-ups behind one timer: a binary heap ordered by time, and the clock is only ever told
 * about the first entry. Ten thousand checkers cost one timer instead of ten thousand.
 */
import { Heap, NOWHERE, type Placed } from '../base/heap.ts';
import type { Cancel, Clock, Instant } from '../base/time.ts';

interface Entry extends Placed {
  readonly at: Instant;
  /** Equal times run in the order in which they were entered. */
  readonly order: number;
  readonly run: () => void;
}

export class DueQueue {
  private readonly clock: Clock;
  private readonly heap = new Heap(byTime);
  private entered = 0;
  private armedFor: Instant | null = null;
  private disarm: Cancel = () => {};

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Calls `run` once, at or shortly after `at`. */
  wakeAt(at: Instant, run: () => void): Cancel {
    const entry: Entry = { at, order: this.entered++, run, place: NOWHERE };
    this.heap.push(entry);
    this.arm();
    return () => this.heap.delete(entry);
  }

  /** Drops all that is due later. */
  close(): void {
    this.heap.clear();
    this.disarm();
    this.armedFor = null;
  }

  private arm(): void {
    const first = this.heap.first();
    if (first === undefined || (this.armedFor !== null && this.armedFor <= first.at)) return;
    this.disarm();
    this.armedFor = first.at;
    this.disarm = this.clock.wakeAt(first.at, () => this.wake());
  }

  private wake(): void {
    this.armedFor = null;
    const now = this.clock.now();
    // What these entries add for `now` waits for the next wake-up: sockets get their turn.
    const enteredBefore = this.entered;
    for (let first = this.heap.first(); first !== undefined; first = this.heap.first()) {
      if (first.at > now || first.order >= enteredBefore) break;
      this.heap.pop();
      first.run();
    }
    this.arm();
  }
}

function byTime(a: Entry, b: Entry): number {
  return a.at - b.at || a.order - b.order;
}
