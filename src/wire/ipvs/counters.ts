/**
 * The statistics of many servers (IPVS_STATS_ATTR_*, statistics.ts) as columns. A counter is two words of 32
 * bits: a director that gets 10 Gbit/s has counted in three months what no JavaScript number holds exactly.
 */
import { hostIsLittleEndian } from '../../base/bytes.ts';
import { HEADER_OCTETS, TYPE_MASK } from '../nlattr.ts';
import { NO_STATISTICS, type Statistics } from './statistics.ts';

/** Counters and rates of a server: types 1 to 10. */
const EACH = 10;
/** IPVS_STATS_ATTR_INBYTES and OUTBYTES: 64 bits wide in either nest. */
const [IN_BYTES, OUT_BYTES] = [4, 5];

/** Octets of a counter in the two nests of a message. */
export type CounterOctets = 4 | 8;

export class Counters {
  /** For each row and type the high word, then the low one. */
  private words: Uint32Array<ArrayBuffer> = new Uint32Array();

  /** Of a type from 1 to 10. */
  high(row: number, type: number): number {
    return this.words[2 * (EACH * row + type - 1)] as number;
  }

  low(row: number, type: number): number {
    return this.words[2 * (EACH * row + type - 1) + 1] as number;
  }

  /** As numbers: exact up to 2^53, rounded above. Zeros if the row was never made. */
  statistics(row: number): Statistics {
    if (this.words.length === 0) return NO_STATISTICS;
    const value = (type: number): number => this.high(row, type) * 2 ** 32 + this.low(row, type);
    return {
      connections: value(1),
      inPackets: value(2),
      outPackets: value(3),
      inBytes: value(4),
      outBytes: value(5),
      connectionsPerSecond: value(6),
      inPacketsPerSecond: value(7),
      outPacketsPerSecond: value(8),
      inBytesPerSecond: value(9),
      outBytesPerSecond: value(10),
    };
  }

  /** For as many rows at least. */
  makeRoom(rows: number): void {
    const needed = 2 * EACH * rows;
    if (needed <= this.words.length) return;
    const words = new Uint32Array(Math.max(needed, 2 * this.words.length));
    words.set(this.words);
    this.words = words;
  }

  clear(row: number): void {
    this.words.fill(0, 2 * EACH * row, 2 * EACH * (row + 1));
  }

  /** The nest between these places; false if it is damaged. What it does not tell stays as it is. */
  take(row: number, view: DataView, from: number, to: number, octets: CounterOctets): boolean {
    for (let at = from; to - at >= HEADER_OCTETS; ) {
      const length = view.getUint16(at, hostIsLittleEndian);
      if (length < HEADER_OCTETS || length > to - at) return false;
      const type = view.getUint16(at + 2, hostIsLittleEndian) & TYPE_MASK;
      if (type >= 1 && type <= EACH) {
        const width = type === IN_BYTES || type === OUT_BYTES ? 8 : octets;
        if (length - HEADER_OCTETS < width) return false;
        this.set(2 * (EACH * row + type - 1), view, at + HEADER_OCTETS, width);
      }
      at += (length + 3) & ~3;
    }
    return true;
  }

  private set(place: number, view: DataView, at: number, octets: CounterOctets): void {
    const first = view.getUint32(at, hostIsLittleEndian);
    const second = octets === 8 ? view.getUint32(at + 4, hostIsLittleEndian) : 0;
    const isLowFirst = octets === 4 || hostIsLittleEndian;
    this.words[place] = isLowFirst ? second : first;
    this.words[place + 1] = isLowFirst ? first : second;
  }
}
