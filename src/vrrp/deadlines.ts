/**
 * When each of many machines next wants to be woken: a heap, and one timer for all. A deadline that moves to
 * later, as that of a backup does with each advertisement, costs nothing: its entry is looked at when it comes up.
 */
import type { Instant } from '../base/time.ts';

export interface Sleeper {
  /** Infinity: never by itself. */
  deadline(): Instant;
}

interface Entry<T> {
  readonly at: Instant;
  readonly sleeper: T;
}

export class Deadlines<T extends Sleeper> {
  private readonly heap: Entry<T>[] = [];
  /** The entry of each that counts; another one in the heap is an earlier wish of it. */
  private readonly entered = new Map<T, Instant>();

  /** Not later than the first deadline. */
  get first(): Instant {
    return this.heap[0]?.at ?? Infinity;
  }

  /** Its deadline may be another one. */
  note(sleeper: T): void {
    const at = sleeper.deadline();
    const entered = this.entered.get(sleeper);
    if (at === Infinity || (entered !== undefined && entered <= at)) return;
    this.entered.set(sleeper, at);
    this.push({ at, sleeper });
  }

  forget(sleeper: T): void {
    this.entered.delete(sleeper);
  }

  /** Those whose deadline has come, in its order. Each is to be noted again when it has been woken. */
  takeDue(now: Instant): readonly T[] {
    const due: T[] = [];
    while (this.first <= now) {
      const { at, sleeper } = this.pop();
      if (this.entered.get(sleeper) !== at) continue;
      this.entered.delete(sleeper);
      if (sleeper.deadline() <= now) due.push(sleeper);
      else this.note(sleeper);
    }
    return due;
  }

  private push(entry: Entry<T>): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above] as Entry<T>;
      if (parent.at <= entry.at) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = entry;
  }

  /** The heap is not empty. */
  private pop(): Entry<T> {
    const { heap } = this;
    const first = heap[0] as Entry<T>;
    const last = heap.pop() as Entry<T>;
    if (heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      const right = below + 1;
      if (right < heap.length && (heap[right] as Entry<T>).at < (heap[below] as Entry<T>).at) {
        below = right;
      }
      const child = heap[below] as Entry<T>;
      if (last.at <= child.at) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
    return first;
  }
}
