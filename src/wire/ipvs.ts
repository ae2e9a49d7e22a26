/**
 * IPVS over generic netlink (include/uapi/linux/ip_vs.h): services and destinations, which operators
 * call virtual and real servers. Knows no socket. Ports are big-endian and addresses in network order;
 * everything else is in host order, even the prefix length that stands for an IPv6 netmask.
 */
import {
  addressBits,
  addressBytes,
  addressFromBytes,
  type Family,
  familyOf,
  netmaskOf,
  prefixLengthOf,
} from '../base/address.ts';
import { invariant } from '../base/error.ts';
import { decodeGeneric, encodeGeneric } from './genl.ts';
import { decodeStatistics, type Statistics } from './ipvs-statistics.ts';
import { type Attributes, AttributeWriter, orNull } from './nlattr.ts';

export const IPVS_FAMILY = 'IPVS';
const IPVS_VERSION = 1;

/** IPVS_CMD_*. */
const Command = {
  newService: 1,
  setService: 2,
  deleteService: 3,
  getService: 4,
  newDestination: 5,
  setDestination: 6,
  deleteDestination: 7,
  getDestination: 8,
  getInfo: 15,
  flush: 17,
} as const;

/** IPVS_CMD_ATTR_*: the nests of a message. */
const Top = { service: 1, destination: 2 } as const;

/** IPVS_SVC_ATTR_*. */
const ServiceAttribute = {
  family: 1,
  protocol: 2,
  address: 3,
  port: 4,
  fwmark: 5,
  scheduler: 6,
  flags: 7,
  timeout: 8,
  netmask: 9,
  statistics: 10,
  engine: 11,
  statistics64: 12,
} as const;

/** IPVS_DEST_ATTR_*. */
const DestinationAttribute = {
  address: 1,
  port: 2,
  forwarding: 3,
  weight: 4,
  upperThreshold: 5,
  lowerThreshold: 6,
  activeConnections: 7,
  inactiveConnections: 8,
  persistentConnections: 9,
  statistics: 10,
  family: 11,
  statistics64: 12,
  tunnelType: 13,
  tunnelPort: 14,
  tunnelFlags: 15,
} as const;

/** IPVS_INFO_ATTR_*. */
const InfoAttribute = { version: 1, tableSize: 2 } as const;

/** IP_VS_SVC_F_*; 0x02 (HASHED) is the kernel's own. */
const ServiceFlag = {
  persistent: 0x01,
  onePacket: 0x04,
  scheduler1: 0x08,
  scheduler2: 0x10,
  scheduler3: 0x20,
} as const;

const AF = { ipv4: 2, ipv6: 10 } as const;
const PROTOCOL = { tcp: 6, udp: 17, sctp: 132 } as const;
/** IP_VS_CONN_F_*: the low three bits; local (1), bypass (4) and the rest are `other` to us. */
const FORWARDING = { nat: 0, tun: 2, dr: 3 } as const;
const FORWARDING_MASK = 0x7;
/** IP_VS_CONN_F_TUNNEL_TYPE_*. */
const TUNNEL_TYPE = { ipip: 0, gue: 1, gre: 2 } as const;

export type Protocol = keyof typeof PROTOCOL;

/** What identifies a service: an address, protocol and port, or a firewall mark. */
export type ServiceKey =
  | {
      readonly kind: 'address';
      readonly family: Family;
      readonly protocol: Protocol;
      readonly address: string;
      /** 0: every port. */
      readonly port: number;
    }
  | { readonly kind: 'fwmark'; readonly family: Family; readonly mark: number };

export interface Service {
  readonly key: ServiceKey;
  /** 1 to 15 characters. */
  readonly scheduler: string;
  readonly persistent: boolean;
  readonly onePacket: boolean;
  /** SCHED1 to SCHED3; to `sh` and `mh` the first two mean fallback and port. */
  readonly schedulerFlags: {
    readonly fallback: boolean;
    readonly port: boolean;
    readonly third: boolean;
  };
  /** Of persistence. 0 to 2147483: the kernel multiplies by its tick rate without a check. */
  readonly timeoutSeconds: number;
  /** Clients in one network of this length stay together; null: an IPv4 mask with gaps. */
  readonly granularityBits: number | null;
  /** Persistence engine (`sip`), or null. */
  readonly engine: string | null;
}

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
  readonly forwarding: keyof typeof FORWARDING | 'other';
  /** Only with `tun`. */
  readonly tunnel: Tunnel | null;
  /** 0 to 2147483647. */
  readonly weight: number;
  readonly upperThreshold: number;
  readonly lowerThreshold: number;
}

export interface ServiceState extends Service {
  readonly statistics: Statistics;
}

/** Connection numbers are live; statistics move every 2 s. */
export interface DestinationState extends Destination {
  readonly activeConnections: number;
  readonly inactiveConnections: number;
  /** Persistence templates. */
  readonly persistentConnections: number;
  readonly statistics: Statistics;
}

export interface IpvsInfo {
  /** `1.2.1`. */
  readonly version: string;
  /** Buckets of the connection table. */
  readonly tableSize: number;
}

// Requests: each gives the payload of a netlink message.

export function encodeNewService(service: Service): Uint8Array {
  return request(Command.newService, fullService(service));
}

export function encodeSetService(service: Service): Uint8Array {
  return request(Command.setService, fullService(service));
}

/** Removes its destinations too. */
export function encodeDeleteService(key: ServiceKey): Uint8Array {
  return request(Command.deleteService, serviceKey(key));
}

export function encodeNewDestination(key: ServiceKey, destination: Destination): Uint8Array {
  return request(Command.newDestination, serviceKey(key), fullDestination(destination));
}

export function encodeSetDestination(key: ServiceKey, destination: Destination): Uint8Array {
  return request(Command.setDestination, serviceKey(key), fullDestination(destination));
}

export function encodeDeleteDestination(
  key: ServiceKey,
  destination: Pick<Destination, 'address' | 'port'>,
): Uint8Array {
  return request(Command.deleteDestination, serviceKey(key), destinationKey(destination));
}

/** To be sent as a dump: all services. */
export function encodeGetServices(): Uint8Array {
  return request(Command.getService);
}

/** To be sent as a dump: the destinations of a service; none, without an error, if it does not exist. */
export function encodeGetDestinations(key: ServiceKey): Uint8Array {
  return request(Command.getDestination, serviceKey(key));
}

export function encodeGetInfo(): Uint8Array {
  return request(Command.getInfo);
}

/** Removes every service of the network namespace, whoever made it. */
export function encodeFlush(): Uint8Array {
  return request(Command.flush);
}

function request(
  command: number,
  service?: AttributeWriter,
  destination?: AttributeWriter,
): Uint8Array {
  const attributes = new AttributeWriter();
  if (service) attributes.nest(Top.service, service);
  if (destination) attributes.nest(Top.destination, destination);
  return encodeGeneric(command, IPVS_VERSION, attributes);
}

function serviceKey(key: ServiceKey): AttributeWriter {
  const attributes = new AttributeWriter().u16Host(ServiceAttribute.family, AF[key.family]);
  if (key.kind === 'fwmark') return attributes.u32Host(ServiceAttribute.fwmark, key.mark);
  return attributes
    .u16Host(ServiceAttribute.protocol, PROTOCOL[key.protocol])
    .bytes(ServiceAttribute.address, unionAddress(key.address))
    .u16Be(ServiceAttribute.port, key.port);
}

function fullService(service: Service): AttributeWriter {
  const attributes = serviceKey(service.key)
    .text(ServiceAttribute.scheduler, service.scheduler)
    .bytes(ServiceAttribute.flags, flagsAndMask(service))
    .u32Host(ServiceAttribute.timeout, service.timeoutSeconds);
  writeNetmask(attributes, service);
  // A SET without the engine removes it, so there is no way to say "unchanged".
  if (service.engine !== null) attributes.text(ServiceAttribute.engine, service.engine);
  return attributes;
}

/** struct ip_vs_flags: the flags, then the mask of those that count: all. */
function flagsAndMask({ persistent, onePacket, schedulerFlags }: Service): Uint8Array {
  const flags =
    (persistent ? ServiceFlag.persistent : 0) |
    (onePacket ? ServiceFlag.onePacket : 0) |
    (schedulerFlags.fallback ? ServiceFlag.scheduler1 : 0) |
    (schedulerFlags.port ? ServiceFlag.scheduler2 : 0) |
    (schedulerFlags.third ? ServiceFlag.scheduler3 : 0);
  return Uint8Array.from(new Uint8Array(Uint32Array.of(flags, 0xffffffff).buffer));
}

function writeNetmask(attributes: AttributeWriter, { key, granularityBits }: Service): void {
  invariant(granularityBits !== null, 'only masks without gaps are asked for');
  if (key.family === 'ipv4') {
    attributes.bytes(ServiceAttribute.netmask, addressBytes(netmaskOf(granularityBits)));
  } else {
    attributes.u32Host(ServiceAttribute.netmask, granularityBits);
  }
}

function destinationKey({ address, port }: Pick<Destination, 'address' | 'port'>): AttributeWriter {
  return new AttributeWriter()
    .u16Host(DestinationAttribute.family, AF[familyOf(address)])
    .bytes(DestinationAttribute.address, unionAddress(address))
    .u16Be(DestinationAttribute.port, port);
}

function fullDestination(destination: Destination): AttributeWriter {
  const { forwarding, tunnel } = destination;
  invariant(forwarding !== 'other', 'only NAT, DR and TUN are asked for');
  const attributes = destinationKey(destination)
    .u32Host(DestinationAttribute.forwarding, FORWARDING[forwarding])
    .u32Host(DestinationAttribute.weight, destination.weight)
    .u32Host(DestinationAttribute.upperThreshold, destination.upperThreshold)
    .u32Host(DestinationAttribute.lowerThreshold, destination.lowerThreshold);
  if (tunnel !== null) {
    invariant(tunnel.type !== 'other', 'only known tunnels are asked for');
    attributes
      .u8(DestinationAttribute.tunnelType, TUNNEL_TYPE[tunnel.type])
      .u16Be(DestinationAttribute.tunnelPort, tunnel.port)
      .u16Host(DestinationAttribute.tunnelFlags, tunnel.flags);
  }
  return attributes;
}

/** union nf_inet_addr: an IPv4 address stands in the first 4 of 16 octets. */
function unionAddress(address: string): Uint8Array {
  const octets = new Uint8Array(16);
  octets.set(addressBytes(address));
  return octets;
}

// Replies: each takes the payload of a netlink message.

/**
 * The service in a message. Null if the message is damaged, or if the service has a protocol or family
 * that no virtual server of ours can have (the kernel takes any number).
 */
export function decodeService(payload: Uint8Array): ServiceState | null {
  return orNull(() => {
    const attributes = decodeGeneric(payload).attributes.nest(Top.service);
    const key = readServiceKey(attributes);
    return key && { ...readService(attributes, key), statistics: serviceStatistics(attributes) };
  });
}

/** Which service a message is about, also where it tells no more of it. */
export function decodeServiceKey(payload: Uint8Array): ServiceKey | null {
  return orNull(() => readServiceKey(decodeGeneric(payload).attributes.nest(Top.service)));
}

/** The destination in a message; null if the message is damaged. */
export function decodeDestination(payload: Uint8Array): DestinationState | null {
  return orNull(() => {
    const attributes = decodeGeneric(payload).attributes.nest(Top.destination);
    const destination = readDestination(attributes);
    return destination && { ...destination, ...readLoad(attributes) };
  });
}

export function decodeInfo(payload: Uint8Array): IpvsInfo | null {
  return orNull(() => {
    const { attributes } = decodeGeneric(payload);
    const version = attributes.u32Host(InfoAttribute.version);
    return {
      version: [version >>> 16, (version >>> 8) & 0xff, version & 0xff].join('.'),
      tableSize: attributes.u32Host(InfoAttribute.tableSize),
    };
  });
}

function readServiceKey(attributes: Attributes): ServiceKey | null {
  const family = nameOf(AF, attributes.u16Host(ServiceAttribute.family));
  if (family === null) return null;
  if (attributes.has(ServiceAttribute.fwmark)) {
    return { kind: 'fwmark', family, mark: attributes.u32Host(ServiceAttribute.fwmark) };
  }
  const protocol = nameOf(PROTOCOL, attributes.u16Host(ServiceAttribute.protocol));
  if (protocol === null) return null;
  return {
    kind: 'address',
    family,
    protocol,
    address: readAddress(attributes, ServiceAttribute.address, family),
    port: attributes.u16Be(ServiceAttribute.port),
  };
}

function readService(attributes: Attributes, key: ServiceKey): Service {
  const flags = attributes.u32Host(ServiceAttribute.flags);
  const scheduler = attributes.text(ServiceAttribute.scheduler, '');
  return {
    key,
    scheduler,
    persistent: (flags & ServiceFlag.persistent) !== 0,
    onePacket: (flags & ServiceFlag.onePacket) !== 0,
    schedulerFlags: {
      fallback: (flags & ServiceFlag.scheduler1) !== 0,
      port: (flags & ServiceFlag.scheduler2) !== 0,
      third: (flags & ServiceFlag.scheduler3) !== 0,
    },
    timeoutSeconds: attributes.u32Host(ServiceAttribute.timeout),
    granularityBits: readNetmask(attributes, key.family),
    engine: attributes.text(ServiceAttribute.engine, null),
  };
}

function readNetmask(attributes: Attributes, family: Family): number | null {
  return family === 'ipv4'
    ? prefixLengthOf(addressFromBytes(attributes.bytes(ServiceAttribute.netmask, 4).subarray(0, 4)))
    : attributes.u32Host(ServiceAttribute.netmask);
}

function serviceStatistics(attributes: Attributes): Statistics {
  return decodeStatistics(attributes, {
    narrow: ServiceAttribute.statistics,
    wide: ServiceAttribute.statistics64,
  });
}

function readDestination(attributes: Attributes): Destination | null {
  const family = nameOf(AF, attributes.u16Host(DestinationAttribute.family));
  if (family === null) return null;
  const method = attributes.u32Host(DestinationAttribute.forwarding) & FORWARDING_MASK;
  const forwarding = nameOf(FORWARDING, method) ?? 'other';
  return {
    address: readAddress(attributes, DestinationAttribute.address, family),
    port: attributes.u16Be(DestinationAttribute.port),
    forwarding,
    tunnel: forwarding === 'tun' ? readTunnel(attributes) : null,
    weight: attributes.i32Host(DestinationAttribute.weight),
    upperThreshold: attributes.u32Host(DestinationAttribute.upperThreshold),
    lowerThreshold: attributes.u32Host(DestinationAttribute.lowerThreshold),
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

function readLoad(attributes: Attributes): Omit<DestinationState, keyof Destination> {
  return {
    activeConnections: attributes.u32Host(DestinationAttribute.activeConnections, 0),
    inactiveConnections: attributes.u32Host(DestinationAttribute.inactiveConnections, 0),
    persistentConnections: attributes.u32Host(DestinationAttribute.persistentConnections, 0),
    statistics: decodeStatistics(attributes, {
      narrow: DestinationAttribute.statistics,
      wide: DestinationAttribute.statistics64,
    }),
  };
}

function readAddress(attributes: Attributes, type: number, family: Family): string {
  const octets = addressBits(family) / 8;
  return addressFromBytes(attributes.bytes(type, octets).subarray(0, octets));
}

/** The name of a number in one of the tables above. */
function nameOf<Name extends string>(
  table: Readonly<Record<Name, number>>,
  number: number,
): Name | null {
  for (const name in table) if (table[name] === number) return name;
  return null;
}
