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

export const HEADER_OCTETS = 4;

/** NLA_TYPE_MASK: without NLA_F_NESTED and NLA_F_NET_BYTEORDER, which some kernels set. */
export const TYPE_MASK = 0x3fff;

/** Types of an index: one that is made up, or of a newer kernel, may be 16383 and must not make it large. */
const INDEXED = 20;

/** Of an attribute that is not there. */
const ABSENT = -1;

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
  private readonly from: number;
  private readonly to: number;
  /** Where the value of each type starts; of those that no list of ours has it is looked for. */
  private readonly start: number[] = [];

  /**
   * Those between two places; what they stand in is shared. Throws `Truncated` if one reaches beyond the
   * end; up to 3 stray octets are ignored.
   */
  constructor(
    octets: Uint8Array,
    from = 0,
    to: number = octets.length,
    view: DataView = viewOf(octets),
  ) {
    this.octets = octets;
    this.view = view;
    let at = from;
    while (to - at >= HEADER_OCTETS) {
      const length = view.getUint16(at, hostIsLittleEndian);
      if (length < HEADER_OCTETS || length > to - at) throw new Truncated(at, length, to);
      const type = view.getUint16(at + 2, hostIsLittleEndian) & TYPE_MASK;
      if (type < INDEXED) this.start[type] = at + HEADER_OCTETS;
      at += (length + 3) & ~3;
    }
    this.from = from;
    this.to = at;
  }

  has(type: number): boolean {
    return this.last(type) !== ABSENT;
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
    const [first, second] = [
      this.view.getUint32(at, hostIsLittleEndian),
      this.view.getUint32(at + 4, hostIsLittleEndian),
    ];
    return hostIsLittleEndian ? second * 2 ** 32 + first : first * 2 ** 32 + second;
  }

  /** A view, at least `octetsMin` long. */
  bytes(type: number, octetsMin = 0): Uint8Array {
    const at = this.find(type, octetsMin);
    if (at === null) throw new AttributeMissing(type);
    return this.octets.subarray(at, at + this.sizeAt(at));
  }

  /** Up to the first NUL. */
  text<Absent>(type: number, absent: Absent): string | Absent {
    const from = this.last(type);
    if (from === ABSENT) return absent;
    const to = from + this.sizeAt(from);
    let text = '';
    for (let at = from; at < to; at += 1) {
      const octet = this.octets[at] as number;
      if (octet === 0) break;
      if (octet > 0x7f) return utf8(this.octets.subarray(from, to));
      text += String.fromCharCode(octet);
    }
    return text;
  }

  nest(type: number): Attributes {
    const at = this.find(type, 0);
    if (at === null) throw new AttributeMissing(type);
    return new Attributes(this.octets, at, at + this.sizeAt(at), this.view);
  }

  private find(type: number, octetsMin: number): number | null {
    const at = this.last(type);
    if (at === ABSENT) return null;
    const size = this.sizeAt(at);
    if (size < octetsMin) throw new Truncated(at, octetsMin, at + size);
    return at;
  }

  /** Where the value of the last attribute of this type begins. */
  private last(type: number): number {
    if (type < INDEXED) return this.start[type] ?? ABSENT;
    const { view, to } = this;
    let found = ABSENT;
    for (let at = this.from; at < to; ) {
      if ((view.getUint16(at + 2, hostIsLittleEndian) & TYPE_MASK) === type) {
        found = at + HEADER_OCTETS;
      }
      at += (view.getUint16(at, hostIsLittleEndian) + 3) & ~3;
    }
    return found;
  }

  /** Octets of the value that begins there. */
  private sizeAt(at: number): number {
    return this.view.getUint16(at - HEADER_OCTETS, hostIsLittleEndian) - HEADER_OCTETS;
  }
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}

function viewOf(octets: Uint8Array): DataView {
  return new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
}

/** Names are ASCII nearly always; this is for the others. */
function utf8(value: Uint8Array): string {
  const end = value.indexOf(0);
  return Buffer.from(end < 0 ? value : value.subarray(0, end)).toString('utf8');
}

function orMissing(type: number, absent: number | undefined): number {
  if (absent === undefined) throw new AttributeMissing(type);
  return absent;
}

/** Builds a list of attributes in the order of the calls, in a buffer that may be a longer message's. */
export class AttributeWriter {
  /** For who fills what `room` gave. */
  readonly out: ByteWriter;

  constructor(out: ByteWriter = new ByteWriter(128)) {
    this.out = out;
  }

  u8(type: number, value: number): this {
    this.out.setU32Be(this.word(type, 1), value << 24);
    return this;
  }

  u16Host(type: number, value: number): this {
    this.out.setU16PairHost(this.word(type, 2), value, 0);
    return this;
  }

  u16Be(type: number, value: number): this {
    this.out.setU32Be(this.word(type, 2), value << 16);
    return this;
  }

  u32Host(type: number, value: number): this {
    this.out.setU32Host(this.word(type, 4), value);
    return this;
  }

  u32Be(type: number, value: number): this {
    this.out.setU32Be(this.word(type, 4), value);
    return this;
  }

  /** A whole number up to 2^53. */
  u64Host(type: number, value: number): this {
    this.out.setU64Host(this.header(type, 8), value);
    return this;
  }

  bytes(type: number, value: Uint8Array): this {
    const at = this.header(type, value.length);
    this.out.setRaw(at, value);
    return this;
  }

  /** With the NUL at the end that the kernel insists on. */
  text(type: number, value: string): this {
    if (!isAscii(value)) return this.bytes(type, Buffer.from(`${value}\0`, 'utf8'));
    const at = this.header(type, value.length + 1);
    for (let place = 0; place < value.length; place += 1) {
      this.out.setU8(at + place, value.charCodeAt(place));
    }
    this.out.setU8(at + value.length, 0);
    return this;
  }

  /** This many octets to be filled by the caller; gives where they begin in the buffer. */
  room(type: number, octets: number): number {
    return this.header(type, octets);
  }

  nest(type: number, inner: AttributeWriter): this {
    return this.bytes(type, inner.finish());
  }

  /** What follows belongs to a nest of this type, until `close` is given the same place. */
  open(type: number): number {
    const at = this.out.reserve(HEADER_OCTETS);
    this.out.setU16Host(at + 2, type);
    return at;
  }

  close(at: number): this {
    this.out.setU16Host(at, this.out.length - at);
    return this;
  }

  finish(): Uint8Array {
    return this.out.finish();
  }

  /** Header of a value of at most 4 octets, all of which are to be set; gives where it begins. */
  private word(type: number, octets: number): number {
    const at = this.out.reserve(HEADER_OCTETS + 4);
    this.out.setU16PairHost(at, HEADER_OCTETS + octets, type);
    return at + HEADER_OCTETS;
  }

  /** Header, and room for the value whose padding is cleared; gives where the value begins. */
  private header(type: number, octets: number): number {
    const at = this.out.reserve(HEADER_OCTETS + octets);
    this.out.setU16PairHost(at, HEADER_OCTETS + octets, type);
    if ((octets & 3) !== 0) this.out.zeros(-octets & 3);
    return at + HEADER_OCTETS;
  }
}
