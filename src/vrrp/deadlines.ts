/**
 * When each of many machines next wants to be woken: a heap, and one timer for all. A deadline that moves to
 * later, as that of a backup does with each advertisement, costs nothing: its entry is looked at when it comes up.
 */
import { Heap, NOWHERE, type Placed } from '../base/heap.ts';
import type { Instant } from '../base/time.ts';

export interface Sleeper {
  /** Infinity: never by itself. */
  deadline(): Instant;
}

interface Entry<T> extends Placed {
  readonly at: Instant;
  readonly sleeper: T;
}

export class Deadlines<T extends Sleeper> {
  private readonly heap = new Heap<Entry<T>>((a, b) => a.at - b.at);
  /**
   * The entry of each that counts, Infinity: none; another one in the heap is an earlier wish of it. Who is woken stays
   * in it: a Map from which something is removed with each advertisement is made anew again and again.
   */
  private readonly entered = new Map<T, Instant>();

  /** Not later than the first deadline. */
  get first(): Instant {
    return this.heap.first()?.at ?? Infinity;
  }

  /** Its deadline may be another one. */
  note(sleeper: T): void {
    const at = sleeper.deadline();
    const entered = this.entered.get(sleeper) ?? Infinity;
    if (entered <= at) return;
    this.entered.set(sleeper, at);
    this.heap.push({ at, sleeper, place: NOWHERE });
  }

  forget(sleeper: T): void {
    this.entered.delete(sleeper);
  }

  /** Those whose deadline has come, in its order. Each is to be noted again when it has been woken. */
  takeDue(now: Instant): readonly T[] {
    // One at a time as a rule: an array that grows would have room for a dozen more.
    let due: T[] | null = null;
    while (this.first <= now) {
      const { at, sleeper } = this.heap.pop() as Entry<T>;
      if (this.entered.get(sleeper) !== at) continue;
      this.entered.set(sleeper, Infinity);
      if (sleeper.deadline() > now) this.note(sleeper);
      else if (due === null) due = [sleeper];
      else due.push(sleeper);
    }
    return due ?? [];
  }
}
