/** A binary heap: the least entry is always first. Adding and taking cost the logarithm of its size. */
export class Heap<Entry> {
  private readonly entries: Entry[] = [];
  private readonly compare: (a: Entry, b: Entry) => number;

  constructor(compare: (a: Entry, b: Entry) => number) {
    this.compare = compare;
  }

  get size(): number {
    return this.entries.length;
  }

  /** In no order but that the least is the first. */
  [Symbol.iterator](): Iterator<Entry> {
    return this.entries[Symbol.iterator]();
  }

  first(): Entry | undefined {
    return this.entries[0];
  }

  clear(): void {
    this.entries.length = 0;
  }

  /** Keeps the entries that `isKept` says. */
  retain(isKept: (entry: Entry) => boolean): void {
    const kept = this.entries.filter(isKept).sort(this.compare);
    this.entries.splice(0, this.entries.length, ...kept);
  }

  push(entry: Entry): void {
    const { entries, compare } = this;
    let at = entries.length;
    entries.push(entry);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = entries[above] as Entry;
      if (compare(parent, entry) <= 0) break;
      entries[at] = parent;
      at = above;
    }
    entries[at] = entry;
  }

  /** Takes the first one away. */
  pop(): Entry | undefined {
    const { entries } = this;
    const first = entries[0];
    const last = entries.pop();
    if (last !== undefined && entries.length > 0) this.sink(last);
    return first;
  }

  private sink(entry: Entry): void {
    const { entries, compare } = this;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= entries.length) break;
      const right = below + 1;
      if (right < entries.length && compare(entries[right] as Entry, entries[below] as Entry) < 0) {
        below = right;
      }
      const child = entries[below] as Entry;
      if (compare(entry, child) <= 0) break;
      entries[at] = child;
      at = below;
    }
    entries[at] = entry;
  }
}
