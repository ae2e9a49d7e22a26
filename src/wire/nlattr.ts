/**
 * Netlink attributes (include/uapi/linux/netlink.h, struct nlattr): a list of numbered values, each of
 * which may be such a list itself. Integers are in host order unless a method says `Be`.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-------------------------------+-+-+---------------------------+
 *   |    length, with this word     |N|B|           type            |
 *   +-------------------------------+-+-+---------------------------+
 *   |                 value, then 0 to 3 octets of padding          |
 *   +---------------------------------------------------------------+
 */
import { ByteWriter, hostIsLittleEndian, Truncated } from '../base/bytes.ts';

const HEADER_OCTETS = 4;

/** NLA_TYPE_MASK: without NLA_F_NESTED and NLA_F_NET_BYTEORDER, which some kernels set. */
const TYPE_MASK = 0x3fff;

/** Thrown for an attribute that a message must have and does not. */
export class AttributeMissing extends RangeError {
  constructor(type: number) {
    super(`no attribute ${type}`);
    this.name = 'AttributeMissing';
  }
}

/** What `read` gives, or null when the message is cut short or lacks something it must have. */
export function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof Truncated || error instanceof AttributeMissing) return null;
    throw error;
  }
}

/**
 * The attributes of one list, found by type; the last of several with one type counts. A getter with
 * an `absent` value gives that when the attribute is not there, without one it throws
 * `AttributeMissing`; a value shorter than its type is `Truncated`, a longer one is cut.
 */
export class Attributes {
  private readonly octets: Uint8Array;
  private readonly view: DataView;
  /** Where the value of each type starts, and its octets. */
  private readonly start: number[] = [];
  private readonly size: number[] = [];

  /** Throws `Truncated` if an attribute reaches beyond the end; up to 3 stray octets are ignored. */
  constructor(octets: Uint8Array) {
    this.octets = octets;
    this.view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
    let at = 0;
    while (octets.length - at >= HEADER_OCTETS) {
      const length = this.view.getUint16(at, hostIsLittleEndian);
      if (length < HEADER_OCTETS || length > octets.length - at) {
        throw new Truncated(at, length, octets.length);
      }
      const type = this.view.getUint16(at + 2, hostIsLittleEndian) & TYPE_MASK;
      this.start[type] = at + HEADER_OCTETS;
      this.size[type] = length - HEADER_OCTETS;
      at += (length + 3) & ~3;
    }
  }

  has(type: number): boolean {
    return this.start[type] !== undefined;
  }

  u8(type: number, absent?: number): number {
    const at = this.find(type, 1);
    return at === null ? orMissing(type, absent) : this.view.getUint8(at);
  }

  u16Host(type: number, absent?: number): number {
    const at = this.find(type, 2);
    return at === null ? orMissing(type, absent) : this.view.getUint16(at, hostIsLittleEndian);
  }

  u16Be(type: number, absent?: number): number {
    const at = this.find(type, 2);
    return at === null ? orMissing(type, absent) : this.view.getUint16(at, false);
  }

  u32Host(type: number, absent?: number): number {
    const at = this.find(type, 4);
    return at === null ? orMissing(type, absent) : this.view.getUint32(at, hostIsLittleEndian);
  }

  u32Be(type: number, absent?: number): number {
    const at = this.find(type, 4);
    return at === null ? orMissing(type, absent) : this.view.getUint32(at, false);
  }

  i32Host(type: number, absent?: number): number {
    const at = this.find(type, 4);
    return at === null ? orMissing(type, absent) : this.view.getInt32(at, hostIsLittleEndian);
  }

  /** As a number: exact up to 2^53, rounded above. */
  u64Host(type: number, absent?: number): number {
    const at = this.find(type, 8);
    if (at === null) return orMissing(type, absent);
    return Number(this.view.getBigUint64(at, hostIsLittleEndian));
  }

  /** A view, at least `octetsMin` long. */
  bytes(type: number, octetsMin = 0): Uint8Array {
    const at = this.find(type, octetsMin);
    if (at === null) throw new AttributeMissing(type);
    return this.octets.subarray(at, at + (this.size[type] as number));
  }

  /** Up to the first NUL. */
  text<Absent>(type: number, absent: Absent): string | Absent {
    if (!this.has(type)) return absent;
    const value = this.bytes(type);
    const end = value.indexOf(0);
    return Buffer.from(end < 0 ? value : value.subarray(0, end)).toString('utf8');
  }

  nest(type: number): Attributes {
    return new Attributes(this.bytes(type));
  }

  private find(type: number, octetsMin: number): number | null {
    const at = this.start[type];
    if (at === undefined) return null;
    const size = this.size[type] as number;
    if (size < octetsMin) throw new Truncated(at, octetsMin, at + size);
    return at;
  }
}

function orMissing(type: number, absent: number | undefined): number {
  if (absent === undefined) throw new AttributeMissing(type);
  return absent;
}

/** Builds a list of attributes in the order of the calls. */
export class AttributeWriter {
  private readonly out = new ByteWriter(128);

  u8(type: number, value: number): this {
    this.header(type, 1).u8(value).zeros(3);
    return this;
  }

  u16Host(type: number, value: number): this {
    this.header(type, 2).u16Host(value).zeros(2);
    return this;
  }

  u16Be(type: number, value: number): this {
    this.header(type, 2).u16Be(value).zeros(2);
    return this;
  }

  u32Host(type: number, value: number): this {
    this.header(type, 4).u32Host(value);
    return this;
  }

  u32Be(type: number, value: number): this {
    this.header(type, 4).u32Be(value);
    return this;
  }

  bytes(type: number, value: Uint8Array): this {
    this.header(type, value.length)
      .raw(value)
      .zeros(-value.length & 3);
    return this;
  }

  /** With the NUL at the end that the kernel insists on. */
  text(type: number, value: string): this {
    return this.bytes(type, Buffer.from(`${value}\0`, 'utf8'));
  }

  nest(type: number, inner: AttributeWriter): this {
    return this.bytes(type, inner.finish());
  }

  finish(): Uint8Array {
    return this.out.finish();
  }

  private header(type: number, octets: number): ByteWriter {
    return this.out.u16Host(HEADER_OCTETS + octets).u16Host(type);
  }
}
