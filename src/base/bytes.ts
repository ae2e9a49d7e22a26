/**
 * Bounds-checked cursors over bytes. Every method names its byte order: `Be` is network order, `Host`
 * is the machine's own (netlink). A read beyond the end is a `Truncated`, never garbage.
 */
import { endianness } from 'node:os';

/** Thrown by a reader at the end of its bytes; a codec turns it into a drop reason. */
export class Truncated extends RangeError {
  constructor(at: number, wanted: number, length: number) {
    super(`${wanted} octets wanted at ${at} of ${length}`);
    this.name = 'Truncated';
  }
}

export const hostIsLittleEndian: boolean = endianness() === 'LE';

export class ByteReader {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get offset(): number {
    return this.at;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  private take(octets: number): number {
    if (octets > this.left) throw new Truncated(this.at, octets, this.bytes.length);
    const from = this.at;
    this.at += octets;
    return from;
  }

  skip(octets: number): void {
    this.take(octets);
  }

  u8(): number {
    return this.view.getUint8(this.take(1));
  }

  u16Be(): number {
    return this.view.getUint16(this.take(2), false);
  }

  u32Be(): number {
    return this.view.getUint32(this.take(4), false);
  }

  u16Host(): number {
    return this.view.getUint16(this.take(2), hostIsLittleEndian);
  }

  u32Host(): number {
    return this.view.getUint32(this.take(4), hostIsLittleEndian);
  }

  i32Host(): number {
    return this.view.getInt32(this.take(4), hostIsLittleEndian);
  }

  u64Host(): bigint {
    return this.view.getBigUint64(this.take(8), hostIsLittleEndian);
  }

  /** A view, not a copy: it lives as long as the bytes it was cut from. */
  slice(octets: number): Uint8Array {
    const from = this.take(octets);
    return this.bytes.subarray(from, from + octets);
  }

  rest(): Uint8Array {
    return this.slice(this.left);
  }
}

/** Grows as needed; `finish()` gives exactly the octets written. */
export class ByteWriter {
  private bytes: Uint8Array;
  private view: DataView;
  private at = 0;

  constructor(capacity = 256) {
    this.bytes = new Uint8Array(capacity);
    this.view = new DataView(this.bytes.buffer);
  }

  get length(): number {
    return this.at;
  }

  private make(octets: number): number {
    const from = this.at;
    if (from + octets > this.bytes.length) {
      const grown = new Uint8Array(Math.max(this.bytes.length * 2, from + octets));
      grown.set(this.bytes.subarray(0, from));
      this.bytes = grown;
      this.view = new DataView(grown.buffer);
    }
    this.at += octets;
    return from;
  }

  u8(value: number): this {
    this.view.setUint8(this.make(1), value);
    return this;
  }

  u16Be(value: number): this {
    const at = this.make(2);
    this.view.setUint16(at, value, false);
    return this;
  }

  u32Be(value: number): this {
    const at = this.make(4);
    this.view.setUint32(at, value, false);
    return this;
  }

  u16Host(value: number): this {
    const at = this.make(2);
    this.view.setUint16(at, value, hostIsLittleEndian);
    return this;
  }

  u32Host(value: number): this {
    const at = this.make(4);
    this.view.setUint32(at, value, hostIsLittleEndian);
    return this;
  }

  raw(octets: Uint8Array): this {
    const at = this.make(octets.length);
    this.bytes.set(octets, at);
    return this;
  }

  zeros(octets: number): this {
    const at = this.make(octets);
    this.bytes.fill(0, at, at + octets);
    return this;
  }

  /** Room for this many octets, whatever stands there; gives where it begins. The setters fill it. */
  reserve(octets: number): number {
    return this.make(octets);
  }

  /** Forgets what was written and keeps the room. */
  clear(): void {
    this.at = 0;
  }

  setU8(offset: number, value: number): this {
    this.view.setUint8(offset, value);
    return this;
  }

  /** Overwrites two octets written before, such as a checksum or a length. */
  setU16Be(offset: number, value: number): this {
    this.view.setUint16(offset, value, false);
    return this;
  }

  setU16Host(offset: number, value: number): this {
    this.view.setUint16(offset, value, hostIsLittleEndian);
    return this;
  }

  /** Two numbers of 16 bits, the first at the lower place, in one go. */
  setU16PairHost(offset: number, first: number, second: number): this {
    const word = hostIsLittleEndian ? first | (second << 16) : (first << 16) | second;
    this.view.setUint32(offset, word, hostIsLittleEndian);
    return this;
  }

  setU32Be(offset: number, value: number): this {
    this.view.setUint32(offset, value, false);
    return this;
  }

  setU32Host(offset: number, value: number): this {
    this.view.setUint32(offset, value, hostIsLittleEndian);
    return this;
  }

  setRaw(offset: number, octets: Uint8Array): this {
    this.bytes.set(octets, offset);
    return this;
  }

  /** A whole number up to 2^53, in 64 bits. */
  setU64Host(offset: number, value: number): this {
    const [high, low] = [Math.floor(value / 2 ** 32), value >>> 0];
    this.setU32Host(offset, hostIsLittleEndian ? low : high);
    return this.setU32Host(offset + 4, hostIsLittleEndian ? high : low);
  }

  /** The octets written so far: a view that further writes may detach. */
  finish(): Uint8Array {
    return this.bytes.subarray(0, this.at);
  }
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** Reads hexadecimal digits; blanks between octets are allowed. */
export function fromHex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replace(/\s+/g, ''), 'hex'));
}
