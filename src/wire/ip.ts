/** The IPv4 header (RFC 791 §3.1) as a raw socket delivers it, and as one that includes it sends it. */
import { addressBytes, addressFromBytes } from '../base/address.ts';

export const IPV4_HEADER_OCTETS = 20;
/** Class selector 6, network control: what the standards and keepalived send with. */
export const TRAFFIC_CLASS = 0xc0;

export interface Ipv4Packet {
  readonly source: string;
  readonly destination: string;
  /** Time to live. */
  readonly hopLimit: number;
  readonly protocol: number;
  /** Views of the octets given: the header, with its options, and what it carries. */
  readonly header: Uint8Array;
  readonly payload: Uint8Array;
}

/** A short frame's padding behind the datagram is passed over. Never throws. */
export function decodeIpv4(octets: Uint8Array): Ipv4Packet | { readonly drop: 'ip-header' } {
  const first = octets[0] ?? 0;
  const headerOctets = (first & 0x0f) * 4;
  const totalOctets = ((octets[2] ?? 0) << 8) | (octets[3] ?? 0);
  const sound =
    first >> 4 === 4 &&
    headerOctets >= IPV4_HEADER_OCTETS &&
    totalOctets >= headerOctets &&
    octets.length >= totalOctets;
  if (!sound) return { drop: 'ip-header' };
  return {
    source: addressFromBytes(octets.subarray(12, 16)),
    destination: addressFromBytes(octets.subarray(16, 20)),
    hopLimit: octets[8] as number,
    protocol: octets[9] as number,
    header: octets.subarray(0, headerOctets),
    payload: octets.subarray(headerOctets, totalOctets),
  };
}

export interface Ipv4HeaderFields {
  readonly source: string;
  readonly destination: string;
  readonly hopLimit: number;
  readonly protocol: number;
}

/**
 * A header without options that may be fragmented, as keepalived sends it (row T6 of test/vrrp/rows.tsv). Length and
 * identification are set for each packet; the checksum is the kernel's to fill in (raw(7), IP_HDRINCL).
 */
export function encodeIpv4Header(fields: Ipv4HeaderFields): Uint8Array {
  const header = new Uint8Array(IPV4_HEADER_OCTETS);
  header[0] = 0x45;
  header[1] = TRAFFIC_CLASS;
  header[8] = fields.hopLimit;
  header[9] = fields.protocol;
  header.set(addressBytes(fields.source), 12);
  header.set(addressBytes(fields.destination), 16);
  return header;
}

/** Sets what differs from one packet of a header to the next. */
export function stampIpv4Header(
  header: Uint8Array,
  { totalOctets, identification }: { totalOctets: number; identification: number },
): void {
  header[2] = totalOctets >> 8;
  header[3] = totalOctets;
  header[4] = identification >> 8;
  header[5] = identification;
}
