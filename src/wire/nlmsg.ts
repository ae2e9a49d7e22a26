/**
 * The header of every netlink message, the acknowledgement and the end of a dump (RFC 3549 §2.3,
 * include/uapi/linux/netlink.h). Everything is in host order; messages start at multiples of 4 octets.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------------------------------------------------------+
 *   |                  length, this header included                 |
 *   +-------------------------------+-------------------------------+
 *   |             type              |             flags             |
 *   +-------------------------------+-------------------------------+
 *   |                        sequence number                        |
 *   +---------------------------------------------------------------+
 *   |                  port of the asker (0: kernel)                |
 *   +---------------------------------------------------------------+
 */
import { ByteReader, ByteWriter, hostIsLittleEndian, Truncated } from '../base/bytes.ts';
import { Attributes, AttributeWriter } from './nlattr.ts';

/** NLMSG_*: the types below 16 belong to netlink itself. */
export const MessageType = { error: 2, done: 3 } as const;

/** NLM_F_*. Replace, excl and create mean what they say only in a request that makes something. */
export const MessageFlag = {
  request: 0x001,
  multi: 0x002,
  ack: 0x004,
  dumpInterrupted: 0x010,
  replace: 0x100,
  exclusive: 0x200,
  append: 0x800,
  create: 0x400,
  dump: 0x300,
} as const;

/** NLM_F_CAPPED, NLM_F_ACK_TLVS: flags of an acknowledgement. */
const AckFlag = { capped: 0x100, attributes: 0x200 } as const;

/** NLMSGERR_ATTR_*: what an extended acknowledgement adds. */
const AckAttribute = { message: 1 } as const;

const HEADER_OCTETS = 16;

export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** What follows the header: a view into the datagram. */
  readonly payload: Uint8Array;
}

/** The kernel's answer to one request. */
export interface Acknowledgement {
  /** 0: done; otherwise the positive errno. */
  readonly errno: number;
  /** The kernel's own sentence (extended acknowledgement), where it gave one. */
  readonly detail: string | null;
}

export function encodeMessage(message: NetlinkMessage): Uint8Array {
  const writer = new MessageWriter(HEADER_OCTETS + message.payload.length + 3);
  writer.begin(message.type, message.flags, message.sequence);
  writer.attributes.out.raw(message.payload);
  writer.end();
  return writer.finish();
}

/** Many messages one after another in one buffer, which is used again after `clear`. */
export class MessageWriter {
  /** Writes what the message is about, between `begin` and `end`. */
  readonly attributes: AttributeWriter;
  private readonly out: ByteWriter;
  private from = 0;

  constructor(capacity = 65_536) {
    this.out = new ByteWriter(capacity);
    this.attributes = new AttributeWriter(this.out);
  }

  begin(type: number, flags: number, sequence: number): void {
    this.from = this.out.reserve(HEADER_OCTETS);
    this.out
      .setU16Host(this.from + 4, type)
      .setU16Host(this.from + 6, flags)
      .setU32Host(this.from + 8, sequence)
      .setU32Host(this.from + 12, 0); // the kernel fills in the port of the socket
  }

  end(): void {
    const octets = this.out.length - this.from;
    this.out.setU32Host(this.from, octets);
    this.out.zeros(padding(octets));
  }

  clear(): void {
    this.out.clear();
  }

  /** The messages so far: a view that lives until the next `clear`. */
  finish(): Uint8Array {
    return this.out.finish();
  }
}

/** Goes from message to message of a datagram, or of several one after another, and makes nothing. */
export class MessageCursor {
  type = 0;
  flags = 0;
  sequence = 0;
  /** Where the payload lies in the octets. */
  from = 0;
  to = 0;
  private octets: Uint8Array = NO_OCTETS;
  private view: DataView<ArrayBufferLike> = NO_VIEW;
  /** Where the octets begin in their buffer, of which the view is. */
  private start = 0;
  private end = 0;
  private at = 0;

  open(octets: Uint8Array): void {
    this.octets = octets;
    this.start = octets.byteOffset;
    this.end = octets.length;
    this.at = 0;
    // What is received in pieces of one buffer needs one view.
    if (octets.buffer !== this.view.buffer) this.view = new DataView(octets.buffer);
  }

  /** False at the end. Throws `Truncated` if a length does not fit. */
  next(): boolean {
    const { at, view } = this;
    const left = this.end - at;
    if (left === 0) return false;
    if (left < HEADER_OCTETS) throw new Truncated(at, HEADER_OCTETS, this.end);
    const place = this.start + at;
    const length = view.getUint32(place, hostIsLittleEndian);
    if (length < HEADER_OCTETS || length > left) throw new Truncated(at, length, left);
    this.type = view.getUint16(place + 4, hostIsLittleEndian);
    this.flags = view.getUint16(place + 6, hostIsLittleEndian);
    this.sequence = view.getUint32(place + 8, hostIsLittleEndian);
    this.from = at + HEADER_OCTETS;
    this.to = at + length;
    this.at = Math.min(this.to + padding(length), this.end);
    return true;
  }

  payload(): Uint8Array {
    return this.octets.subarray(this.from, this.to);
  }
}

const NO_OCTETS = new Uint8Array();
const NO_VIEW = new DataView(NO_OCTETS.buffer);

/** The messages of one datagram, or null if a length does not fit. */
export function decodeMessages(datagram: Uint8Array): NetlinkMessage[] | null {
  try {
    const messages: NetlinkMessage[] = [];
    const cursor = new MessageCursor();
    cursor.open(datagram);
    while (cursor.next()) messages.push(messageAt(cursor));
    return messages;
  } catch (error) {
    if (error instanceof Truncated) return null;
    throw error;
  }
}

function messageAt(cursor: MessageCursor): NetlinkMessage {
  const { type, flags, sequence } = cursor;
  return { type, flags, sequence, payload: cursor.payload() };
}

/**
 * Reads NLMSG_ERROR (error 0 is the acknowledgement) and NLMSG_DONE. An error repeats the header of
 * the request, and the whole request unless capped; then come the attributes.
 */
export function decodeAcknowledgement(
  message: Omit<NetlinkMessage, 'sequence'>,
): Acknowledgement | null {
  try {
    const reader = new ByteReader(message.payload);
    // A dump's end without a status word is an old kernel's success.
    const status = message.type === MessageType.done && reader.left < 4 ? 0 : reader.i32Host();
    if ((message.flags & AckFlag.attributes) === 0) return { errno: 0 - status, detail: null };
    if (message.type === MessageType.error) {
      const requestOctets = reader.u32Host();
      const capped = (message.flags & AckFlag.capped) !== 0;
      reader.skip((capped ? HEADER_OCTETS : requestOctets + padding(requestOctets)) - 4);
    }
    const attributes = new Attributes(reader.rest());
    return { errno: 0 - status, detail: attributes.text(AckAttribute.message, null) };
  } catch (error) {
    if (error instanceof Truncated) return null;
    throw error;
  }
}

function padding(octets: number): number {
  return -octets & 3;
}
