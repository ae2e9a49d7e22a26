/**
 * The authentication header of VRRPv2 (RFC 2338 §5.3.6 with RFC 2402): IP protocol 51, HMAC-MD5 cut to 96 bits.
 * RFC 3768 took it out of the standard; it is here for peers that still speak it.
 *
 *    0                   1                   2                   3
 *   +---------------+---------------+-------------------------------+
 *   |Next header 112| Length      4 |           Reserved            |
 *   +---------------+---------------+-------------------------------+
 *   |              SPI: the IPv4 address of the sender              |
 *   +---------------------------------------------------------------+
 *   |                        Sequence number                        |
 *   +---------------------------------------------------------------+
 *   |          Integrity check value, 12 octets                     |
 *   +---------------------------------------------------------------+
 *
 * The value is over the IPv4 header with what may change on the way as zeros, this header with the value as
 * zeros, and the message.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { IPV4_HEADER_OCTETS } from './ip.ts';
import { VRRP_PROTOCOL } from './vrrp-checksum.ts';

/** IANA protocol number. */
export const AH_PROTOCOL = 51;
export const AH_OCTETS = 24;
const AH_LENGTH = 4;
const SEQUENCE_OFFSET = 8;
const ICV_OFFSET = 12;
const ICV_OCTETS = 12;
const ZEROS = new Uint8Array(ICV_OCTETS);
const TTL_OFFSET = 8;

export interface AuthenticatedPacket {
  /** The IPv4 header, at least 20 octets of it. */
  readonly ipHeader: Uint8Array;
  /** This header and the message behind it. */
  readonly payload: Uint8Array;
  readonly key: Uint8Array;
  /** Of a unicast packet keepalived takes the time to live as 0: it may change on the way. */
  readonly unicast: boolean;
}

/** Writes the header into the first 24 octets of the payload. */
export function writeAh(packet: AuthenticatedPacket, sequence: number): void {
  const { ipHeader, payload } = packet;
  const view = new DataView(payload.buffer, payload.byteOffset, AH_OCTETS);
  view.setUint8(0, VRRP_PROTOCOL);
  view.setUint8(1, AH_LENGTH);
  view.setUint16(2, 0);
  payload.set(ipHeader.subarray(12, 16), 4);
  view.setUint32(SEQUENCE_OFFSET, sequence);
  payload.set(icvOf(packet), ICV_OFFSET);
}

export type AhDrop = { readonly drop: 'length' | 'authentication' };

/** The sequence number and the message behind the header, when its value is right. Never throws. */
export function readAh(
  packet: AuthenticatedPacket,
): { readonly sequence: number; readonly message: Uint8Array } | AhDrop {
  const { ipHeader, payload } = packet;
  if (payload.length < AH_OCTETS || ipHeader.length < IPV4_HEADER_OCTETS) return { drop: 'length' };
  if (payload[0] !== VRRP_PROTOCOL || payload[1] !== AH_LENGTH) return { drop: 'authentication' };
  const spiIsSource = ipHeader.subarray(12, 16).every((octet, at) => octet === payload[4 + at]);
  const found = payload.subarray(ICV_OFFSET, AH_OCTETS);
  if (!spiIsSource || !timingSafeEqual(found, icvOf(packet))) return { drop: 'authentication' };
  const sequence = new DataView(payload.buffer, payload.byteOffset).getUint32(SEQUENCE_OFFSET);
  return { sequence, message: payload.subarray(AH_OCTETS) };
}

function icvOf({ ipHeader, payload, key, unicast }: AuthenticatedPacket): Uint8Array {
  const header = Uint8Array.from(ipHeader);
  header[1] = 0;
  header.fill(0, 6, 8);
  header.fill(0, 10, 12);
  if (unicast) header[TTL_OFFSET] = 0;
  return createHmac('md5', key)
    .update(header)
    .update(payload.subarray(0, ICV_OFFSET))
    .update(ZEROS)
    .update(payload.subarray(AH_OCTETS))
    .digest()
    .subarray(0, ICV_OCTETS);
}
