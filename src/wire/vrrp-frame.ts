/**
 * VRRP as Ethernet frames, for a link with a virtual MAC: it has neither an address that could send nor a membership
 * that the kernel would tell the link of (IGMP, MLD), which would show the MAC of the MASTER at a BACKUP's port.
 *
 *   destination MAC (of the group) | source MAC (virtual) | type | IP header | message
 */
import { addressBytes, addressFromBytes, type Family } from '../base/address.ts';
import { internetChecksum } from '../base/checksum.ts';
import { decodeIpv4, encodeIpv4Header, stampIpv4Header, TRAFFIC_CLASS } from './ip.ts';

export const ETHERNET_OCTETS = 14;
export const ETHERTYPE: Readonly<Record<Family, number>> = { ipv4: 0x0800, ipv6: 0x86dd };
const IPV4_OCTETS = 20;
const IPV6_OCTETS = 40;
const IPV4_CHECKSUM_AT = 10;
/** More fragments, and the place of this one. */
const FRAGMENT = 0x3fff;

export interface FramedPacket {
  readonly source: string;
  readonly destination: string;
  readonly hopLimit: number;
  readonly header: Uint8Array;
  readonly payload: Uint8Array;
}

export interface FrameTarget {
  readonly family: Family;
  readonly protocol: number;
  /** Six octets. */
  readonly sourceMac: Uint8Array;
  readonly source: string;
  /** A multicast group. */
  readonly destination: string;
  readonly hopLimit: number;
}

/** The Ethernet group of an IP multicast group (RFC 1112 §6.4, RFC 2464 §7). */
export function groupMac(group: string): Uint8Array {
  const octets = addressBytes(group);
  return octets.length === 4
    ? Uint8Array.of(0x01, 0x00, 0x5e, (octets[1] as number) & 0x7f, ...octets.subarray(2))
    : Uint8Array.of(0x33, 0x33, ...octets.subarray(12));
}

/** Ethernet and IP header, to be stamped for each packet. */
export function encodeFrameHeader(target: FrameTarget): Uint8Array {
  const { family, protocol, sourceMac, source, destination, hopLimit } = target;
  const type = ETHERTYPE[family];
  const ip =
    family === 'ipv4'
      ? encodeIpv4Header({ source, destination, hopLimit, protocol })
      : Uint8Array.of(
          0x60 | (TRAFFIC_CLASS >> 4),
          (TRAFFIC_CLASS << 4) & 0xff,
          ...[0, 0, 0, 0],
          protocol,
          hopLimit,
          ...addressBytes(source),
          ...addressBytes(destination),
        );
  return Uint8Array.of(...groupMac(destination), ...sourceMac, type >> 8, type & 0xff, ...ip);
}

/** The IP header in a frame is set for so many octets behind it. */
export function stampFrame(
  frame: Uint8Array,
  family: Family,
  { payloadOctets, identification }: { payloadOctets: number; identification: number },
): void {
  if (family === 'ipv6') {
    frame[ETHERNET_OCTETS + 4] = payloadOctets >> 8;
    frame[ETHERNET_OCTETS + 5] = payloadOctets;
    return;
  }
  const header = frame.subarray(ETHERNET_OCTETS, ETHERNET_OCTETS + IPV4_OCTETS);
  stampIpv4Header(header, { totalOctets: IPV4_OCTETS + payloadOctets, identification });
  header[IPV4_CHECKSUM_AT] = 0;
  header[IPV4_CHECKSUM_AT + 1] = 0;
  const checksum = internetChecksum(header);
  header[IPV4_CHECKSUM_AT] = checksum >> 8;
  header[IPV4_CHECKSUM_AT + 1] = checksum;
}

/** What a raw socket would have given of it; the kernel has checked nothing yet. Never throws. */
export function decodeFrame(
  frame: Uint8Array,
  family: Family,
  protocol: number,
): FramedPacket | { readonly drop: 'ip-header' } {
  const octets = frame.subarray(ETHERNET_OCTETS);
  return family === 'ipv4' ? decodeFramed4(octets, protocol) : decodeFramed6(octets, protocol);
}

function decodeFramed4(
  octets: Uint8Array,
  protocol: number,
): FramedPacket | { readonly drop: 'ip-header' } {
  const packet = decodeIpv4(octets);
  if ('drop' in packet) return packet;
  const { header } = packet;
  const fragment = (((header[6] as number) << 8) | (header[7] as number)) & FRAGMENT;
  const sound = packet.protocol === protocol && fragment === 0 && internetChecksum(header) === 0;
  return sound ? packet : { drop: 'ip-header' };
}

/** VRRP stands directly behind the header. */
function decodeFramed6(
  octets: Uint8Array,
  protocol: number,
): FramedPacket | { readonly drop: 'ip-header' } {
  const length = ((octets[4] ?? 0) << 8) | (octets[5] ?? 0);
  const sound =
    octets.length >= IPV6_OCTETS + length &&
    (octets[0] as number) >> 4 === 6 &&
    octets[6] === protocol;
  if (!sound) return { drop: 'ip-header' };
  return {
    source: addressFromBytes(octets.subarray(8, 24)),
    destination: addressFromBytes(octets.subarray(24, 40)),
    hopLimit: octets[7] as number,
    header: NO_HEADER,
    payload: octets.subarray(IPV6_OCTETS, IPV6_OCTETS + length),
  };
}

const NO_HEADER = new Uint8Array(0);
