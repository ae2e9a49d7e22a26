/** A destination: what operators call a real server, within its service. */
import { type Family, familyOf } from '../../base/address.ts';
import { invariant } from '../../base/error.ts';
import type { Attributes, AttributeWriter } from '../nlattr.ts';
import { readInetAddress, writeInetAddress } from './inet-address.ts';
import {
  AF,
  DestinationAttribute,
  FORWARDING,
  FORWARDING_MASK,
  nameOf,
  TUNNEL_TYPE,
} from './numbers.ts';

export type Forwarding = keyof typeof FORWARDING | 'other';

/** How a packet is wrapped; `flags` 1 is a checksum, 2 a remote checksum. */
export interface Tunnel {
  readonly type: keyof typeof TUNNEL_TYPE | 'other';
  /** Of GUE; otherwise 0. */
  readonly port: number;
  readonly flags: number;
}

export interface Destination {
  readonly address: string;
  readonly port: number;
  readonly forwarding: Forwarding;
  /** Only with `tun`. */
  readonly tunnel: Tunnel | null;
  /** 0 to 2147483647. */
  readonly weight: number;
  readonly upperThreshold: number;
  readonly lowerThreshold: number;
}

export type DestinationKey = Pick<Destination, 'address' | 'port'>;

/** Numbers of connections, live. */
export interface Load {
  readonly activeConnections: number;
  readonly inactiveConnections: number;
  /** Persistence templates. */
  readonly persistentConnections: number;
}

export function writeDestinationKey(
  attributes: AttributeWriter,
  { address, port }: DestinationKey,
): void {
  const family = familyOf(address);
  attributes.u16Host(DestinationAttribute.family, AF[family]);
  writeInetAddress(attributes, DestinationAttribute.address, address, family);
  attributes.u16Be(DestinationAttribute.port, port);
}

export function writeDestination(attributes: AttributeWriter, destination: Destination): void {
  const { forwarding, tunnel } = destination;
  invariant(forwarding !== 'other', 'only methods with a name are asked for');
  writeDestinationKey(attributes, destination);
  attributes
    .u32Host(DestinationAttribute.forwarding, FORWARDING[forwarding])
    .u32Host(DestinationAttribute.weight, destination.weight)
    .u32Host(DestinationAttribute.upperThreshold, destination.upperThreshold)
    .u32Host(DestinationAttribute.lowerThreshold, destination.lowerThreshold);
  if (tunnel !== null) writeTunnel(attributes, tunnel);
}

/** As the kernel tells of it: in another order, and with a tunnel even where there is none. */
export function writeToldDestination(
  attributes: AttributeWriter,
  destination: Destination & Load,
): void {
  const { forwarding, address } = destination;
  invariant(forwarding !== 'other', 'the kernel tells of methods with a name');
  writeInetAddress(attributes, DestinationAttribute.address, address, familyOf(address));
  attributes
    .u16Be(DestinationAttribute.port, destination.port)
    .u32Host(DestinationAttribute.forwarding, FORWARDING[forwarding])
    .u32Host(DestinationAttribute.weight, destination.weight);
  writeTunnel(attributes, destination.tunnel ?? { type: 'ipip', port: 0, flags: 0 });
  attributes
    .u32Host(DestinationAttribute.upperThreshold, destination.upperThreshold)
    .u32Host(DestinationAttribute.lowerThreshold, destination.lowerThreshold)
    .u32Host(DestinationAttribute.activeConnections, destination.activeConnections)
    .u32Host(DestinationAttribute.inactiveConnections, destination.inactiveConnections)
    .u32Host(DestinationAttribute.persistentConnections, destination.persistentConnections)
    .u16Host(DestinationAttribute.family, AF[familyOf(address)]);
}

function writeTunnel(attributes: AttributeWriter, { type, port, flags }: Tunnel): void {
  invariant(type !== 'other', 'only known tunnels are asked for');
  attributes
    .u8(DestinationAttribute.tunnelType, TUNNEL_TYPE[type])
    .u16Be(DestinationAttribute.tunnelPort, port)
    .u16Host(DestinationAttribute.tunnelFlags, flags);
}

/**
 * These throw `Truncated` or `AttributeMissing`. Null for a family that does not exist. A request may leave
 * the family out, which is then the service's; the kernel never does.
 */
export function readDestinationKey(
  attributes: Attributes,
  ofService?: Family,
): DestinationKey | null {
  const absent = ofService && AF[ofService];
  const family = nameOf(AF, attributes.u16Host(DestinationAttribute.family, absent));
  if (family === null) return null;
  return {
    address: readInetAddress(attributes, DestinationAttribute.address, family),
    port: attributes.u16Be(DestinationAttribute.port),
  };
}

export function readDestination(attributes: Attributes, ofService?: Family): Destination | null {
  const key = readDestinationKey(attributes, ofService);
  if (key === null) return null;
  const method = attributes.u32Host(DestinationAttribute.forwarding) & FORWARDING_MASK;
  const forwarding = nameOf(FORWARDING, method) ?? 'other';
  return {
    ...key,
    forwarding,
    tunnel: forwarding === 'tun' ? readTunnel(attributes) : null,
    weight: attributes.i32Host(DestinationAttribute.weight),
    upperThreshold: attributes.u32Host(DestinationAttribute.upperThreshold),
    lowerThreshold: attributes.u32Host(DestinationAttribute.lowerThreshold),
  };
}

export function readLoad(attributes: Attributes): Load {
  return {
    activeConnections: attributes.u32Host(DestinationAttribute.activeConnections, 0),
    inactiveConnections: attributes.u32Host(DestinationAttribute.inactiveConnections, 0),
    persistentConnections: attributes.u32Host(DestinationAttribute.persistentConnections, 0),
  };
}

/** Kernels before 5.3 know plain IPIP only and send none of these. */
function readTunnel(attributes: Attributes): Tunnel {
  return {
    type: nameOf(TUNNEL_TYPE, attributes.u8(DestinationAttribute.tunnelType, 0)) ?? 'other',
    port: attributes.u16Be(DestinationAttribute.tunnelPort, 0),
    flags: attributes.u16Host(DestinationAttribute.tunnelFlags, 0),
  };
}
