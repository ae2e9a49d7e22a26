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
  at: Instant;
  readonly sleeper: T;
}

export class Deadlines<T extends Sleeper> {
  private readonly heap = new Heap<Entry<T>>((a, b) => a.at - b.at);
  /** One of each, for as long as it is not forgotten: nothing is made with each advertisement. */
  private readonly entries = new Map<T, Entry<T>>();

  /** Not later than the first deadline. */
  get first(): Instant {
    return this.heap.first()?.at ?? Infinity;
  }

  /** Its deadline may be another one. */
  note(sleeper: T): void {
    const at = sleeper.deadline();
    const entry = this.entryOf(sleeper);
    if (at === Infinity || (entry.place !== NOWHERE && entry.at <= at)) return;
    this.heap.delete(entry);
    entry.at = at;
    this.heap.push(entry);
  }

  forget(sleeper: T): void {
    const entry = this.entries.get(sleeper);
    if (entry === undefined) return;
    this.heap.delete(entry);
    this.entries.delete(sleeper);
  }

  /** Those whose deadline has come, in its order. Each is to be noted again when it has been woken. */
  takeDue(now: Instant): readonly T[] {
    // One at a time as a rule: an array that grows would have room for a dozen more.
    let due: T[] | null = null;
    while (this.first <= now) {
      const { sleeper } = this.heap.pop() as Entry<T>;
      if (sleeper.deadline() > now) this.note(sleeper);
      else if (due === null) due = [sleeper];
      else due.push(sleeper);
    }
    return due ?? [];
  }

  private entryOf(sleeper: T): Entry<T> {
    const known = this.entries.get(sleeper);
    if (known !== undefined) return known;
    const entry = { at: Infinity, sleeper, place: NOWHERE };
    this.entries.set(sleeper, entry);
    return entry;
  }
}
