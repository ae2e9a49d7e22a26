/**
 * A set of states in few octets: a pair's number and those of three corners, the latter in ascending order,
 * 16 bits each. It also is the queue of a search: states keep the order in which they were added.
 */
const NUMBER_MAX = 0xffff;
const LOAD_MAX = 0.6;

export class StateSet {
  size = 0;
  private high: Uint32Array = new Uint32Array(1 << 16);
  private low: Uint32Array = new Uint32Array(1 << 16);
  private parents: Uint32Array = new Uint32Array(1 << 16);
  /** Numbers of states plus 1; 0: free. */
  private table: Uint32Array = new Uint32Array(1 << 18);

  /** The number of the state, or null if it is there already. */
  add(pair: number, a: number, b: number, c: number, parent: number): number | null {
    if (Math.max(pair, a, b, c) > NUMBER_MAX) throw new Error('more than 16 bits of parts');
    const lowest = Math.min(a, b, c);
    const highest = Math.max(a, b, c);
    const high = ((pair << 16) | lowest) >>> 0;
    const low = (((a + b + c - lowest - highest) << 16) | highest) >>> 0;
    const mask = this.table.length - 1;
    let slot = hashOf(high, low) & mask;
    for (;;) {
      const entry = this.table[slot] as number;
      if (entry === 0) break;
      if (this.high[entry - 1] === high && this.low[entry - 1] === low) return null;
      slot = (slot + 1) & mask;
    }
    if (this.size === this.high.length) this.grow();
    const number = this.size;
    this.high[number] = high;
    this.low[number] = low;
    this.parents[number] = parent;
    this.size += 1;
    this.table[slot] = this.size;
    if (this.size > this.table.length * LOAD_MAX) this.widen();
    return number;
  }

  get(at: number): readonly [number, number, number, number] {
    const high = this.high[at] as number;
    const low = this.low[at] as number;
    return [high >>> 16, high & NUMBER_MAX, low >>> 16, low & NUMBER_MAX];
  }

  parentOf(at: number): number {
    return this.parents[at] as number;
  }

  private grow(): void {
    this.high = doubled(this.high);
    this.low = doubled(this.low);
    this.parents = doubled(this.parents);
  }

  private widen(): void {
    const table = new Uint32Array(this.table.length * 2);
    const mask = table.length - 1;
    for (let at = 0; at < this.size; at += 1) {
      let slot = hashOf(this.high[at] as number, this.low[at] as number) & mask;
      while (table[slot] !== 0) slot = (slot + 1) & mask;
      table[slot] = at + 1;
    }
    this.table = table;
  }
}

function doubled(array: Uint32Array): Uint32Array {
  const larger = new Uint32Array(array.length * 2);
  larger.set(array);
  return larger;
}

function hashOf(high: number, low: number): number {
  let mixed = Math.imul(high ^ (low >>> 15), 0x85ebca6b) ^ Math.imul(low, 0xc2b2ae35);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0x27d4eb2f);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
