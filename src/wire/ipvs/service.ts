/**
 * A service: what operators call a virtual server. Its port is big-endian and its address in network
 * order; everything else is in host order, even the prefix length that stands for an IPv6 netmask.
 */
import { type Family, netmaskNumber, prefixLengthOfNumber } from '../../base/address.ts';
import { invariant } from '../../base/error.ts';
import type { Attributes, AttributeWriter } from '../nlattr.ts';
import { readInetAddress, writeInetAddress } from './inet-address.ts';
import { AF, nameOf, PROTOCOL, ServiceAttribute, ServiceFlag } from './numbers.ts';

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
  /** 1 to 15 characters; `none` is no scheduler: new connections are refused. */
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

export function writeServiceKey(attributes: AttributeWriter, key: ServiceKey): void {
  attributes.u16Host(ServiceAttribute.family, AF[key.family]);
  if (key.kind === 'fwmark') {
    attributes.u32Host(ServiceAttribute.fwmark, key.mark);
    return;
  }
  attributes.u16Host(ServiceAttribute.protocol, PROTOCOL[key.protocol]);
  writeInetAddress(attributes, ServiceAttribute.address, key.address, key.family);
  attributes.u16Be(ServiceAttribute.port, key.port);
}

export function writeService(attributes: AttributeWriter, service: Service): void {
  writeServiceKey(attributes, service.key);
  attributes.text(ServiceAttribute.scheduler, service.scheduler);
  writeFlags(attributes, flagsOf(service));
  attributes.u32Host(ServiceAttribute.timeout, service.timeoutSeconds);
  writeNetmask(attributes, service);
  // A SET without the engine removes it, so there is no way to say "unchanged".
  if (service.engine !== null) attributes.text(ServiceAttribute.engine, service.engine);
}

/** As the kernel tells of it: the engine stands elsewhere, and the flags have one of the kernel's own. */
export function writeToldService(attributes: AttributeWriter, service: Service): void {
  writeServiceKey(attributes, service.key);
  attributes.text(ServiceAttribute.scheduler, service.scheduler);
  if (service.engine !== null) attributes.text(ServiceAttribute.engine, service.engine);
  writeFlags(attributes, flagsOf(service) | ServiceFlag.hashed);
  attributes.u32Host(ServiceAttribute.timeout, service.timeoutSeconds);
  writeNetmask(attributes, service);
}

/**
 * Null for a protocol or family that no virtual server of ours can have: the kernel takes any number.
 * This and `readService` throw `Truncated` or `AttributeMissing`.
 */
export function readServiceKey(attributes: Attributes): ServiceKey | null {
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
    address: readInetAddress(attributes, ServiceAttribute.address, family),
    port: attributes.u16Be(ServiceAttribute.port),
  };
}

export function readService(attributes: Attributes, key: ServiceKey): Service {
  const flags = attributes.u32Host(ServiceAttribute.flags);
  return {
    key,
    scheduler: attributes.text(ServiceAttribute.scheduler, ''),
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

function flagsOf({ persistent, onePacket, schedulerFlags }: Service): number {
  return (
    (persistent ? ServiceFlag.persistent : 0) |
    (onePacket ? ServiceFlag.onePacket : 0) |
    (schedulerFlags.fallback ? ServiceFlag.scheduler1 : 0) |
    (schedulerFlags.port ? ServiceFlag.scheduler2 : 0) |
    (schedulerFlags.third ? ServiceFlag.scheduler3 : 0)
  );
}

/** struct ip_vs_flags: the flags, then the mask of those that count: all. */
function writeFlags(attributes: AttributeWriter, flags: number): void {
  const at = attributes.room(ServiceAttribute.flags, 8);
  attributes.out.setU32Host(at, flags).setU32Host(at + 4, 0xffffffff);
}

function writeNetmask(attributes: AttributeWriter, { key, granularityBits }: Service): void {
  invariant(granularityBits !== null, 'only masks without gaps are asked for');
  if (key.family === 'ipv4') {
    attributes.u32Be(ServiceAttribute.netmask, netmaskNumber(granularityBits));
  } else {
    attributes.u32Host(ServiceAttribute.netmask, granularityBits);
  }
}

function readNetmask(attributes: Attributes, family: Family): number | null {
  return family === 'ipv4'
    ? prefixLengthOfNumber(attributes.u32Be(ServiceAttribute.netmask))
    : attributes.u32Host(ServiceAttribute.netmask);
}
