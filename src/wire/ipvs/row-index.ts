/** Finds the rows of one service by address and port: a hash table of row numbers. */
import { addressBytes, familyOf, ipv4Number } from '../../base/address.ts';
import { DestinationColumns } from './columns.ts';
import type { DestinationKey } from './destination.ts';
import { AF } from './numbers.ts';

/** One object serves service after service. */
export class RowIndex {
  private columns = new DestinationColumns({ withStatistics: false });
  /** A row and one, 0: free. Always more than half free. */
  private slots = new Int32Array(16);
  private mask = 15;

  /** Of several rows with one key the last counts. Gives how many keys there are. */
  open(columns: DestinationColumns, first: number, end: number): number {
    this.columns = columns;
    this.makeRoom(end - first);
    const { slots, mask } = this;
    let keys = 0;
    for (let row = first; row < end; row += 1) {
      let slot = hashOfRow(columns, row) & mask;
      while (slots[slot] !== 0 && !isSameKey(columns, (slots[slot] as number) - 1, row)) {
        slot = (slot + 1) & mask;
      }
      if (slots[slot] === 0) keys += 1;
      slots[slot] = row + 1;
    }
    return keys;
  }

  /** The row, or -1. */
  find(key: DestinationKey): number {
    const { columns, slots, mask } = this;
    let slot = hashOf(lastWordOf(key.address), key.port) & mask;
    while (slots[slot] !== 0) {
      const row = (slots[slot] as number) - 1;
      if (columns.hasKey(row, key)) return row;
      slot = (slot + 1) & mask;
    }
    return -1;
  }

  /** The rows, one a key. */
  rows(): readonly number[] {
    return Array.from(
      this.slots.filter((slot) => slot !== 0),
      (slot) => slot - 1,
    ).sort((a, b) => a - b);
  }

  private makeRoom(rows: number): void {
    let size = 16;
    while (size <= 2 * rows) size *= 2;
    if (size > this.slots.length || 8 * size < this.slots.length) this.slots = new Int32Array(size);
    else this.slots.fill(0);
    this.mask = this.slots.length - 1;
  }
}

function hashOfRow({ family, address, port }: DestinationColumns, row: number): number {
  const word = address[4 * row + (family[row] === AF.ipv4 ? 0 : 3)] as number;
  return hashOf(word, port[row] as number);
}

function isSameKey(columns: DestinationColumns, a: number, b: number): boolean {
  const { port, family, address } = columns;
  return (
    port[a] === port[b] &&
    family[a] === family[b] &&
    address[4 * a] === address[4 * b] &&
    address[4 * a + 1] === address[4 * b + 1] &&
    address[4 * a + 2] === address[4 * b + 2] &&
    address[4 * a + 3] === address[4 * b + 3]
  );
}

function lastWordOf(address: string): number {
  if (familyOf(address) === 'ipv4') return ipv4Number(address);
  const octets = addressBytes(address);
  return new DataView(octets.buffer).getUint32(12, false);
}

/** Addresses of one network differ in their last bits: a multiplication spreads them. */
function hashOf(word: number, port: number): number {
  const product = Math.imul(word ^ Math.imul(port, 0x9e3779b1), 0x85ebca6b);
  return (product ^ (product >>> 15)) >>> 0;
}
