/** The IPv4 header as a raw socket delivers it (RFC 791 §3.1). Bytes → value, or why not. */
import { addressFromBytes } from '../base/address.ts';

const HEADER_OCTETS_MIN = 20;

export interface Ipv4Packet {
  readonly source: string;
  readonly destination: string;
  /** Time to live. */
  readonly hopLimit: number;
  readonly protocol: number;
  /** What the header carries: a view of the octets given. */
  readonly payload: Uint8Array;
}

/** A short frame's padding behind the datagram is passed over. Never throws. */
export function decodeIpv4(octets: Uint8Array): Ipv4Packet | { readonly drop: 'ip-header' } {
  const first = octets[0] ?? 0;
  const headerOctets = (first & 0x0f) * 4;
  const totalOctets = ((octets[2] ?? 0) << 8) | (octets[3] ?? 0);
  const sound =
    first >> 4 === 4 &&
    headerOctets >= HEADER_OCTETS_MIN &&
    totalOctets >= headerOctets &&
    octets.length >= totalOctets;
  if (!sound) return { drop: 'ip-header' };
  return {
    source: addressFromBytes(octets.subarray(12, 16)),
    destination: addressFromBytes(octets.subarray(16, 20)),
    hopLimit: octets[8] as number,
    protocol: octets[9] as number,
    payload: octets.subarray(headerOctets, totalOctets),
  };
}
