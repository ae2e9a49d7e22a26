/**
 * Links that are made on top of another one: macvlan and ipvlan (include/uapi/linux/if_link.h). Requests, and what
 * a link's own data say of its mode.
 *
 *   ifinfomsg | IFLA_LINK base | IFLA_IFNAME | IFLA_LINKINFO { INFO_KIND, INFO_DATA { mode } } | IFLA_AF_SPEC { family { … } }
 */
import { parseMac } from '../../base/address.ts';
import { ByteReader, ByteWriter } from '../../base/bytes.ts';
import { Attributes, AttributeWriter, orNull } from '../nlattr.ts';
import { AF, AF_UNSPEC } from './numbers.ts';

/** IFLA_*. */
const Attribute = {
  macAddress: 1,
  name: 3,
  lowerIndex: 5,
  masterIndex: 10,
  info: 18,
  alias: 20,
  familySettings: 26,
  group: 27,
} as const;

const Info = { kind: 1, data: 2 } as const;
const IFLA_MACVLAN_MODE = 1;
const Ipvlan = { mode: 1, flags: 2 } as const;
const IPVLAN_MODE_L2 = 0;
const IFLA_INET_CONF = 1;
const IFLA_INET6_ADDR_GEN_MODE = 8;
const IN6_ADDR_GEN_MODE_NONE = 1;
const IFF_UP = 1;
const IFINFOMSG_OCTETS = 16;

/** MACVLAN_MODE_*: whether the links on one base reach each other. */
const MACVLAN_MODE = { private: 1, vepa: 2, bridge: 4 } as const;
/** IPVLAN_F_*. */
const IPVLAN_FLAGS = { bridge: 0, private: 1, vepa: 2 } as const;

/** IPV4_DEVCONF_* (include/uapi/linux/ip.h): what /proc/sys/net/ipv4/conf/LINK has by name. */
const IPV4_SETTING = {
  sendRedirects: 6,
  rpFilter: 8,
  arpFilter: 13,
  arpAnnounce: 18,
  arpIgnore: 19,
  promoteSecondaries: 20,
  acceptLocal: 23,
} as const;

export type Isolation = keyof typeof MACVLAN_MODE;
export type Ipv4Setting = keyof typeof IPV4_SETTING;
export type Ipv4Settings = Readonly<Partial<Record<Ipv4Setting, number>>>;

export interface NewLink {
  readonly name: string;
  readonly kind: 'macvlan' | 'ipvlan';
  readonly baseIndex: number;
  /** Null: the kernel's choice; an ipvlan always has that of its base. */
  readonly mac: string | null;
  readonly isolation: Isolation;
}

/** What is to be changed of a link that exists; absent: stays. */
export interface LinkSettings {
  readonly alias?: string;
  readonly group?: number;
  /** 0: of none. */
  readonly masterIndex?: number;
  /** True: no IPv6 address is made of its MAC, or by itself at all. */
  readonly noGeneratedAddress?: true;
  readonly ipv4?: Ipv4Settings;
  readonly up?: true;
}

/** To be sent with NLM_F_CREATE and NLM_F_EXCL. */
export function encodeNewLink({ name, kind, baseIndex, mac, isolation }: NewLink): Uint8Array {
  const octets = mac === null ? null : parseMac(mac);
  const attributes = new AttributeWriter();
  if (octets !== null) attributes.bytes(Attribute.macAddress, octets);
  const data = new AttributeWriter();
  if (kind === 'macvlan') data.u32Host(IFLA_MACVLAN_MODE, MACVLAN_MODE[isolation]);
  else {
    data.u16Host(Ipvlan.mode, IPVLAN_MODE_L2).u16Host(Ipvlan.flags, IPVLAN_FLAGS[isolation]);
  }
  attributes
    .u32Host(Attribute.lowerIndex, baseIndex)
    .text(Attribute.name, name)
    .nest(Attribute.info, withKind(kind, data));
  return linkMessage(0, false, attributes);
}

function withKind(kind: string, data: AttributeWriter): AttributeWriter {
  // The kernel takes the kind with and without a NUL; ip(8) has none.
  return new AttributeWriter().bytes(Info.kind, Buffer.from(kind)).nest(Info.data, data);
}

/** A link by its index, or by its name when that is not known yet. */
export function encodeSetLink(link: number | string, settings: LinkSettings): Uint8Array {
  const { alias, group, masterIndex, noGeneratedAddress, ipv4, up } = settings;
  const attributes = new AttributeWriter();
  if (typeof link === 'string') attributes.text(Attribute.name, link);
  if (group !== undefined) attributes.u32Host(Attribute.group, group);
  if (masterIndex !== undefined) attributes.u32Host(Attribute.masterIndex, masterIndex);
  if (alias !== undefined) attributes.bytes(Attribute.alias, Buffer.from(alias));
  if (noGeneratedAddress === true || ipv4 !== undefined) {
    const families = new AttributeWriter();
    if (ipv4 !== undefined) families.nest(AF.ipv4, ipv4Nest(ipv4));
    if (noGeneratedAddress === true) {
      const inner = new AttributeWriter().u8(IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
      families.nest(AF.ipv6, inner);
    }
    attributes.nest(Attribute.familySettings, families);
  }
  return linkMessage(typeof link === 'string' ? 0 : link, up ?? false, attributes);
}

function ipv4Nest(settings: Ipv4Settings): AttributeWriter {
  const inner = new AttributeWriter();
  for (const [name, value] of Object.entries(settings)) {
    inner.u32Host(IPV4_SETTING[name as Ipv4Setting], value);
  }
  return new AttributeWriter().nest(IFLA_INET_CONF, inner);
}

export function encodeDeleteLink(index: number): Uint8Array {
  return linkMessage(index, false, new AttributeWriter());
}

function linkMessage(index: number, up: boolean, attributes: AttributeWriter): Uint8Array {
  return new ByteWriter(128)
    .u8(AF_UNSPEC)
    .zeros(3)
    .u32Host(index)
    .u32Host(up ? IFF_UP : 0)
    .u32Host(up ? IFF_UP : 0)
    .raw(attributes.finish())
    .finish();
}

/** Of IFLA_LINKINFO; null: neither macvlan nor an ipvlan of layer 2, or a mode of another kind. */
export function readIsolation(kind: string | null, info: Attributes): Isolation | null {
  if (!info.has(Info.data)) return null;
  const data = info.nest(Info.data);
  if (kind === 'macvlan') return named(MACVLAN_MODE, data.u32Host(IFLA_MACVLAN_MODE, 0));
  if (kind !== 'ipvlan' || data.u16Host(Ipvlan.mode, -1) !== IPVLAN_MODE_L2) return null;
  return named(IPVLAN_FLAGS, data.u16Host(Ipvlan.flags, 0));
}

function named(numbers: Readonly<Record<Isolation, number>>, number: number): Isolation | null {
  const found = Object.entries(numbers).find(([, one]) => one === number);
  return (found?.[0] as Isolation | undefined) ?? null;
}

/** Settings of a link as the kernel tells them of it (IFLA_AF_SPEC); null: it tells of none. */
export function decodeIpv4Settings(payload: Uint8Array): Required<Ipv4Settings> | null {
  return orNull(() => {
    const attributes = new Attributes(payload.subarray(IFINFOMSG_OCTETS));
    const families = attributes.nest(Attribute.familySettings);
    const array = new ByteReader(families.nest(AF.ipv4).bytes(IFLA_INET_CONF));
    // An array that begins with number 1.
    const values: number[] = [Number.NaN];
    while (array.left >= 4) values.push(array.u32Host());
    return Object.fromEntries(
      Object.entries(IPV4_SETTING).map(([name, number]) => [name, values[number] ?? 0]),
    ) as Required<Ipv4Settings>;
  });
}
