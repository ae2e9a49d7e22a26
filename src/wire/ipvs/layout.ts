/**
 * Where the attributes of a destination lie in its message. A kernel writes each one in the same way, so that
 * a glance at the headers tells where the values of the next are.
 */
import { hostIsLittleEndian } from '../../base/bytes.ts';
import { HEADER_OCTETS, TYPE_MASK } from '../nlattr.ts';
import { DestinationAttribute } from './numbers.ts';

/** Octets that the value of a column takes; the address is there whole. */
const VALUE_OCTETS: ReadonlyMap<number, number> = new Map([
  [DestinationAttribute.address, 16],
  [DestinationAttribute.port, 2],
  [DestinationAttribute.forwarding, 4],
  [DestinationAttribute.weight, 4],
  [DestinationAttribute.upperThreshold, 4],
  [DestinationAttribute.lowerThreshold, 4],
  [DestinationAttribute.activeConnections, 4],
  [DestinationAttribute.inactiveConnections, 4],
  [DestinationAttribute.persistentConnections, 4],
  [DestinationAttribute.family, 2],
  [DestinationAttribute.tunnelType, 1],
  [DestinationAttribute.tunnelPort, 2],
  [DestinationAttribute.tunnelFlags, 2],
]);

/** Of these the nest is there whole, with however many counters. */
const STATISTICS: readonly number[] = [
  DestinationAttribute.statistics,
  DestinationAttribute.statistics64,
];

export class Layout {
  /** Of each type, where its value begins, from the beginning of the nest; 0: it is not there. */
  readonly place: Int32Array = new Int32Array(32);
  /** Of the statistics, how many octets they take. */
  readonly size: Int32Array = new Int32Array(32);
  private octets = -1;
  private headers = 0;
  /** Where each header stands, and what it says. */
  private readonly headerPlace = new Int32Array(32);
  private readonly header = new Uint32Array(32);

  fits(view: DataView, from: number, to: number): boolean {
    if (to - from !== this.octets) return false;
    const { headerPlace, header, headers } = this;
    for (let at = 0; at < headers; at += 1) {
      const word = view.getUint32(from + (headerPlace[at] as number), false);
      if (word !== header[at]) return false;
    }
    return true;
  }

  /** Of a nest that is sound. One that lacks a column, or has two of one type, is not learnt. */
  learn(view: DataView, from: number, to: number): void {
    this.octets = -1;
    this.headers = 0;
    this.place.fill(0);
    let left = VALUE_OCTETS.size;
    for (let at = from; to - at >= HEADER_OCTETS; ) {
      if (this.headers === this.header.length) return;
      const length = view.getUint16(at, hostIsLittleEndian);
      const type = view.getUint16(at + 2, hostIsLittleEndian) & TYPE_MASK;
      const octets = VALUE_OCTETS.get(type);
      if (octets !== undefined) {
        if (this.place[type] !== 0 || length - HEADER_OCTETS < octets) return;
        this.place[type] = at + HEADER_OCTETS - from;
        left -= 1;
      } else if (STATISTICS.includes(type)) {
        if (this.place[type] !== 0) return;
        this.place[type] = at + HEADER_OCTETS - from;
        this.size[type] = length - HEADER_OCTETS;
      }
      this.headerPlace[this.headers] = at - from;
      this.header[this.headers] = view.getUint32(at, false);
      this.headers += 1;
      at += (length + 3) & ~3;
    }
    if (left === 0) this.octets = to - from;
  }
}
