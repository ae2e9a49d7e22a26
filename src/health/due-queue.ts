/**
 * Many wake-ups behind one timer: a binary heap ordered by time, and the clock is only ever told
 * about the first entry. Ten thousand checkers cost one timer instead of ten thousand.
 */
import { Heap } from '../base/heap.ts';
import type { Cancel, Clock, Instant } from '../base/time.ts';

interface Entry {
  readonly at: Instant;
  /** Equal times run in the order in which they were entered. */
  readonly order: number;
  /** Null once cancelled; the entry then waits in the heap until it comes up. */
  run: (() => void) | null;
}

export class DueQueue {
  private readonly clock: Clock;
  private readonly heap = new Heap(byTime);
  private entered = 0;
  private cancelled = 0;
  private armedFor: Instant | null = null;
  private disarm: Cancel = () => {};

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Calls `run` once, at or shortly after `at`. */
  wakeAt(at: Instant, run: () => void): Cancel {
    const entry: Entry = { at, order: this.entered++, run };
    this.heap.push(entry);
    this.arm();
    return () => {
      if (entry.run === null) return;
      entry.run = null;
      this.cancelled++;
      this.sweep();
    };
  }

  /** Drops all that is due later. */
  close(): void {
    for (const entry of this.heap) entry.run = null;
    this.heap.clear();
    this.cancelled = 0;
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
      const { run } = first;
      if (run === null) {
        this.cancelled--;
      } else {
        first.run = null;
        run();
      }
    }
    this.arm();
  }

  /** Rebuilds the heap when most of it is cancelled, so that reloads cannot make it grow. */
  private sweep(): void {
    if (this.cancelled < 64 || this.cancelled * 2 < this.heap.size) return;
    this.heap.retain(({ run }) => run !== null);
    this.cancelled = 0;
  }
}

function byTime(a: Entry, b: Entry): number {
  return a.at - b.at || a.order - b.order;
}
