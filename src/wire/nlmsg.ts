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
import { ByteReader, ByteWriter, Truncated } from '../base/bytes.ts';
import { Attributes } from './nlattr.ts';

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
  const { type, flags, sequence, payload } = message;
  const length = HEADER_OCTETS + payload.length;
  return new ByteWriter(length + 3)
    .u32Host(length)
    .u16Host(type)
    .u16Host(flags)
    .u32Host(sequence)
    .u32Host(0) // the kernel fills in the port of the socket
    .raw(payload)
    .zeros(padding(length))
    .finish();
}

/** The messages of one datagram, or null if a length does not fit. */
export function decodeMessages(datagram: Uint8Array): NetlinkMessage[] | null {
  try {
    const messages: NetlinkMessage[] = [];
    const reader = new ByteReader(datagram);
    while (reader.left > 0) messages.push(readMessage(reader));
    return messages;
  } catch (error) {
    if (error instanceof Truncated) return null;
    throw error;
  }
}

function readMessage(reader: ByteReader): NetlinkMessage {
  const length = reader.u32Host();
  const type = reader.u16Host();
  const flags = reader.u16Host();
  const sequence = reader.u32Host();
  reader.skip(4);
  if (length < HEADER_OCTETS) throw new Truncated(reader.offset, HEADER_OCTETS, length);
  const payload = reader.slice(length - HEADER_OCTETS);
  reader.skip(Math.min(padding(length), reader.left));
  return { type, flags, sequence, payload };
}

/**
 * Reads NLMSG_ERROR (error 0 is the acknowledgement) and NLMSG_DONE. An error repeats the header of
 * the request, and the whole request unless capped; then come the attributes.
 */
export function decodeAcknowledgement(message: NetlinkMessage): Acknowledgement | null {
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
