/**
 * Questions whether a host answers for an address, each with a number that comes back in the answer, so that an
 * answer is known to belong to its question. They claim nothing, and nobody learns from them.
 *
 *   ARP  a probe (RFC 5227 §2.1.1) to all; the number is the sender's MAC, to which the answer is addressed
 *   TCP  a SYN to the MAC of one host and a port where nobody listens; the number is its sequence number
 */
import { addressBytes } from '../../src/base/address.ts';
import { ByteWriter } from '../../src/base/bytes.ts';
import { internetChecksum } from '../../src/base/checksum.ts';
import { encodeArpProbe } from '../../src/wire/arp.ts';
import { addressAt, ETHERNET_OCTETS, type Frame, macAt } from './capture.ts';

/** What a frame of the client's interface is. */
export interface Spoken {
  readonly by: 'arp' | 'tcp';
  readonly number: number;
  readonly atMs: number;
  /** Null: it is a question to all. Otherwise the MAC that is asked, or that answers. */
  readonly mac: string | null;
  readonly isAnswer: boolean;
}

/** pcap-filter(7) for these. */
export const QUESTIONS = 'arp or tcp port 9';

const PORT = { client: 40_000, discard: 9 } as const;
const ETHERTYPE = { ipv4: 0x0800, arp: 0x0806 } as const;
/** Locally administered; the other four octets are the number. */
const NUMBERED = 0x0200;
const ARP_REPLY = 2;
const FLAG = { syn: 0x02, rst: 0x04 } as const;
const PROTOCOL_TCP = 6;
const NO_ADDRESS = '0.0.0.0';

/** `from`: the client's MAC, which switches know. */
export function arpQuestion(number: number, from: Uint8Array, address: string): Uint8Array {
  const sender = new ByteWriter(6).u16Be(NUMBERED).u32Be(number).finish();
  const frame = encodeArpProbe(sender, NO_ADDRESS, address);
  frame.set(from, 6);
  return frame;
}

export interface TcpAsked {
  /** Of the client. */
  readonly from: { readonly mac: Uint8Array; readonly address: string };
  readonly mac: Uint8Array;
  readonly address: string;
}

export function tcpQuestion(number: number, { from, mac, address }: TcpAsked): Uint8Array {
  const [source, target] = [addressBytes(from.address), addressBytes(address)];
  const segment = new ByteWriter(20)
    .u16Be(PORT.client)
    .u16Be(PORT.discard)
    .u32Be(number)
    .u32Be(0)
    .u8(0x50)
    .u8(FLAG.syn)
    .u16Be(0xffff)
    .u32Be(0)
    .finish();
  const pseudo = new ByteWriter(12)
    .raw(source)
    .raw(target)
    .u16Be(PROTOCOL_TCP)
    .u16Be(segment.length)
    .finish();
  new DataView(segment.buffer, segment.byteOffset).setUint16(16, internetChecksum(pseudo, segment));
  const header = new ByteWriter(20)
    .u16Be(0x4500)
    .u16Be(20 + segment.length)
    .u32Be(0)
    .u8(64)
    .u8(PROTOCOL_TCP)
    .u16Be(0)
    .raw(source)
    .raw(target)
    .finish();
  new DataView(header.buffer, header.byteOffset).setUint16(10, internetChecksum(header));
  return new ByteWriter(ETHERNET_OCTETS + 40)
    .raw(mac)
    .raw(from.mac)
    .u16Be(ETHERTYPE.ipv4)
    .raw(header)
    .raw(segment)
    .finish();
}

/** Null: it is neither a question about the address nor an answer to one. */
export function spokenIn({ atMs, octets }: Frame, address: string): Spoken | null {
  const type = octets.readUInt16BE(12);
  const packet = octets.subarray(ETHERNET_OCTETS);
  if (type === ETHERTYPE.arp) return arpSpoken(packet, atMs, address);
  return type === ETHERTYPE.ipv4 ? tcpSpoken(octets, packet, atMs, address) : null;
}

function arpSpoken(packet: Buffer, atMs: number, address: string): Spoken | null {
  const isAnswer = packet.readUInt16BE(6) === ARP_REPLY;
  // Of a question the sender's MAC, of an answer the target's; the address is the other one's.
  const [asker, asked] = isAnswer ? [18, 14] : [8, 24];
  if (packet.readUInt16BE(asker) !== NUMBERED || addressAt(packet, asked) !== address) return null;
  const number = packet.readUInt32BE(asker + 2);
  return { by: 'arp', number, atMs, mac: isAnswer ? macAt(packet, 8) : null, isAnswer };
}

function tcpSpoken(frame: Buffer, packet: Buffer, atMs: number, address: string): Spoken | null {
  const segment = packet.subarray((packet.readUInt8(0) & 0x0f) * 4);
  const flags = segment.readUInt8(13);
  if ((flags & FLAG.rst) !== 0) {
    if (addressAt(packet, 12) !== address) return null;
    const number = (segment.readUInt32BE(8) - 1) >>> 0;
    return { by: 'tcp', number, atMs, mac: macAt(frame, 6), isAnswer: true };
  }
  if (flags !== FLAG.syn || addressAt(packet, 16) !== address) return null;
  return {
    by: 'tcp',
    number: segment.readUInt32BE(4),
    atMs,
    mac: macAt(frame, 0),
    isAnswer: false,
  };
}
