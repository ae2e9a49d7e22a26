/**
 * BFD control packets (RFC 5880 §4.1). Bytes ⇄ values, times in milliseconds; whom a packet is for, and
 * whether it is believed, is decided in bfd/admit.ts.
 *
 *    0                   1                   2                   3
 *   +-----+---------+---+-+-+-+-+-+-+---------------+---------------+
 *   |Vers |  Diag   |Sta|P|F|C|A|D|M|  Detect Mult  |    Length     |
 *   +-----+---------+---+-+-+-+-+-+-+---------------+---------------+
 *   |                       My Discriminator                        |
 *   |                      Your Discriminator                       |
 *   |                 Desired Min TX Interval (µs)                  |
 *   |                 Required Min RX Interval (µs)                 |
 *   |              Required Min Echo RX Interval (µs)               |
 *   +---------------+---------------+-------------------------------+
 *   | with A only: Auth Type        | Auth Len      | data …        |
 *   +---------------+---------------+-------------------------------+
 */
import { ByteReader, ByteWriter } from '../base/bytes.ts';
import type { Millis } from '../base/time.ts';

/** UDP ports: RFC 5881 §4 for neighbours on the link, RFC 5883 §5 for those further away. */
export const BFD_PORT = { singleHop: 3784, multihop: 4784 } as const;

/** Source ports (RFC 5881 §4). */
export const BFD_SOURCE_PORT = { min: 49_152, max: 65_535 } as const;

/** What a packet by the standard is sent with; nothing further away than the link can imitate it. */
export const HOP_LIMIT_MAX = 255;

/** By their number on the wire. */
export const STATES = ['admin-down', 'down', 'init', 'up'] as const;

export type BfdState = (typeof STATES)[number];

/** By their number on the wire; what has a larger number has no name yet. */
export const DIAGNOSTICS = [
  'none',
  'detection-time-expired',
  'echo-failed',
  'neighbour-down',
  'forwarding-plane-reset',
  'path-down',
  'concatenated-path-down',
  'administratively-down',
  'reverse-concatenated-path-down',
] as const;

export type BfdDiagnostic = (typeof DIAGNOSTICS)[number];

export interface ControlPacket {
  /** Why the sender's session left the state up last; `null`: a number without a name. */
  readonly diagnostic: BfdDiagnostic | null;
  readonly state: BfdState;
  readonly poll: boolean;
  readonly final: boolean;
  /** The sender's BFD goes on when its control plane does not. */
  readonly controlPlaneIndependent: boolean;
  readonly demand: boolean;
  readonly detectMultiplier: number;
  /** Of the sender; not 0. */
  readonly myDiscriminator: number;
  /** What the sender knows of ours; 0: nothing. */
  readonly yourDiscriminator: number;
  readonly desiredMinTxMs: Millis;
  /** 0: the sender wants no periodic packets. */
  readonly requiredMinRxMs: Millis;
  /** 0: the sender does not send echoes back. */
  readonly requiredMinEchoRxMs: Millis;
  /** Type of the authentication section, or null when there is none. Its data is not looked at. */
  readonly authenticationType: number | null;
}

/** Why octets are no control packet (RFC 5880 §6.8.6, up to where a session must be known). */
export type PacketDrop =
  | { readonly drop: 'version' }
  | { readonly drop: 'length' }
  | { readonly drop: 'multiplier' }
  | { readonly drop: 'multipoint' }
  | { readonly drop: 'discriminator' };

const VERSION = 1;
const HEADER_OCTETS = 24;
/** Auth Type and Auth Len. */
const AUTH_HEADER_OCTETS = 2;

const Flag = {
  poll: 0x20,
  final: 0x10,
  controlPlaneIndependent: 0x08,
  authenticated: 0x04,
  demand: 0x02,
  multipoint: 0x01,
} as const;

/** The octets to send. Without authentication: we have none. */
export function encodeControl(packet: Omit<ControlPacket, 'authenticationType'>): Uint8Array {
  const flags =
    (packet.poll ? Flag.poll : 0) |
    (packet.final ? Flag.final : 0) |
    (packet.controlPlaneIndependent ? Flag.controlPlaneIndependent : 0) |
    (packet.demand ? Flag.demand : 0);
  return new ByteWriter(HEADER_OCTETS)
    .u8((VERSION << 5) | DIAGNOSTICS.indexOf(packet.diagnostic ?? 'none'))
    .u8((STATES.indexOf(packet.state) << 6) | flags)
    .u8(packet.detectMultiplier)
    .u8(HEADER_OCTETS)
    .u32Be(packet.myDiscriminator)
    .u32Be(packet.yourDiscriminator)
    .u32Be(microseconds(packet.desiredMinTxMs))
    .u32Be(microseconds(packet.requiredMinRxMs))
    .u32Be(microseconds(packet.requiredMinEchoRxMs))
    .finish();
}

/** Reads a datagram; what follows the packet's own length is passed over. Never throws. */
export function decodeControl(octets: Uint8Array): ControlPacket | PacketDrop {
  if (octets.length < HEADER_OCTETS) return { drop: 'length' };
  const reader = new ByteReader(octets);
  const [first, flags, detectMultiplier, length] = [
    reader.u8(),
    reader.u8(),
    reader.u8(),
    reader.u8(),
  ];
  if (first >> 5 !== VERSION) return { drop: 'version' };
  const isAuthenticated = (flags & Flag.authenticated) !== 0;
  const least = HEADER_OCTETS + (isAuthenticated ? AUTH_HEADER_OCTETS : 0);
  if (length < least || length > octets.length) return { drop: 'length' };
  if (detectMultiplier === 0) return { drop: 'multiplier' };
  if ((flags & Flag.multipoint) !== 0) return { drop: 'multipoint' };
  const myDiscriminator = reader.u32Be();
  if (myDiscriminator === 0) return { drop: 'discriminator' };
  const packet = {
    diagnostic: DIAGNOSTICS[first & 0x1f] ?? null,
    state: STATES[flags >> 6] as BfdState,
    poll: (flags & Flag.poll) !== 0,
    final: (flags & Flag.final) !== 0,
    controlPlaneIndependent: (flags & Flag.controlPlaneIndependent) !== 0,
    demand: (flags & Flag.demand) !== 0,
    detectMultiplier,
    myDiscriminator,
    yourDiscriminator: reader.u32Be(),
    desiredMinTxMs: reader.u32Be() / 1000,
    requiredMinRxMs: reader.u32Be() / 1000,
    requiredMinEchoRxMs: reader.u32Be() / 1000,
  };
  return { ...packet, authenticationType: isAuthenticated ? reader.u8() : null };
}

function microseconds(ms: Millis): number {
  return Math.round(ms * 1000);
}
