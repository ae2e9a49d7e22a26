/**
 * A binary heap: the least entry is always first. Adding one, and taking any one away, cost the logarithm of its size
 * at most.
 */

/** What a heap holds knows where it stands, so that it is found when it is taken away. In one heap at a time. */
export interface Placed {
  /** Kept by the heap; `NOWHERE` outside of it. */
  place: number;
}

export const NOWHERE = -1;

export class Heap<Entry extends Placed> {
  private readonly entries: Entry[] = [];
  private readonly compare: (a: Entry, b: Entry) => number;

  constructor(compare: (a: Entry, b: Entry) => number) {
    this.compare = compare;
  }

  get size(): number {
    return this.entries.length;
  }

  first(): Entry | undefined {
    return this.entries[0];
  }

  clear(): void {
    for (const entry of this.entries) entry.place = NOWHERE;
    this.entries.length = 0;
  }

  push(entry: Entry): void {
    this.entries.push(entry);
    this.rise(entry, this.entries.length - 1);
  }

  /** Takes the first one away. */
  pop(): Entry | undefined {
    const first = this.first();
    if (first !== undefined) this.delete(first);
    return first;
  }

  /** Nothing happens when it is not in the heap. */
  delete(entry: Entry): void {
    const { place } = entry;
    if (place === NOWHERE) return;
    entry.place = NOWHERE;
    const last = this.entries.pop() as Entry;
    if (last === entry) return;
    if (this.compare(last, entry) < 0) this.rise(last, place);
    else this.sink(last, place);
  }

  /** Puts the entry at `place`, or as far above as it belongs. */
  private rise(entry: Entry, place: number): void {
    let at = place;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = this.entries[above] as Entry;
      if (this.compare(parent, entry) <= 0) break;
      this.put(parent, at);
      at = above;
    }
    this.put(entry, at);
  }

  /** Puts the entry at `place`, or as far below as it belongs. */
  private sink(entry: Entry, place: number): void {
    const { entries, compare } = this;
    let at = place;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= entries.length) break;
      const right = below + 1;
      if (right < entries.length && compare(entries[right] as Entry, entries[below] as Entry) < 0) {
        below = right;
      }
      const child = entries[below] as Entry;
      if (compare(entry, child) <= 0) break;
      this.put(child, at);
      at = below;
    }
    this.put(entry, at);
  }

  private put(entry: Entry, at: number): void {
    this.entries[at] = entry;
    entry.place = at;
  }
}
