/**
 * Route netlink (RFC 3549 §3.1, include/uapi/linux/rtnetlink.h): links and their addresses, as answers,
 * notifications and requests. Everything is in host order but the addresses.
 *
 *   struct ifinfomsg                       struct ifaddrmsg
 *   +-------+-------+---------------+      +-------+-------+-------+-------+
 *   |family |   0   | hardware type |      |family |prefix |flags  | scope |
 *   +-------+-------+---------------+      +-------+-------+-------+-------+
 *   |       interface index         |      |        interface index        |
 *   +-------------------------------+      +-------------------------------+
 *   |            flags              |      then attributes (IFA_*)
 *   +-------------------------------+
 *   |     flags that changed        |
 *   +-------------------------------+
 *   then attributes (IFLA_*)
 */
import {
  addressBits,
  addressBytes,
  addressFromBytes,
  type Family,
  formatMac,
} from '../base/address.ts';
import { ByteReader, ByteWriter } from '../base/bytes.ts';
import { Attributes, AttributeWriter, orNull } from './nlattr.ts';

/** RTM_*. */
export const RouteMessage = {
  newLink: 16,
  deleteLink: 17,
  getLink: 18,
  newAddress: 20,
  deleteAddress: 21,
  getAddress: 22,
} as const;

/** RTNLGRP_*: the multicast groups of a socket that wants to hear of changes. */
export const RouteGroup = { link: 1, ipv4Address: 5, ipv6Address: 9 } as const;

/** IFLA_*. */
const LinkAttribute = {
  macAddress: 1,
  name: 3,
  mtu: 4,
  lowerIndex: 5,
  masterIndex: 10,
  filter: 29,
} as const;

/** IFA_*. */
const AddressAttribute = { address: 1, local: 2, label: 3, broadcast: 4, flags: 8 } as const;

/** IFF_*. */
const LinkFlag = { up: 0x1, loopback: 0x8, running: 0x40, noArp: 0x80, multicast: 0x1000 } as const;

/** IFA_F_*. */
const AddressFlag = {
  secondary: 0x01,
  noDad: 0x02,
  dadFailed: 0x08,
  deprecated: 0x20,
  tentative: 0x40,
  permanent: 0x80,
} as const;

/** RT_SCOPE_*. */
const SCOPE = { global: 0, site: 200, link: 253, host: 254, nowhere: 255 } as const;

const AF = { ipv4: 2, ipv6: 10 } as const;
const AF_UNSPEC = 0;

/** RTEXT_FILTER_SKIP_STATS: a link without its counters is a third as long. */
const SKIP_STATISTICS = 0x8;

export interface Link {
  readonly index: number;
  readonly name: string;
  /** The operator wants it up. */
  readonly up: boolean;
  /** It can carry packets: up, and with a carrier. */
  readonly running: boolean;
  readonly loopback: boolean;
  /** It has no ARP: no address can be announced on it. */
  readonly noArp: boolean;
  readonly multicast: boolean;
  /** `02:42:0a:00:00:01`, or null for a link without hardware address. */
  readonly mac: string | null;
  readonly mtu: number;
  /** Index of the link beneath (VLAN, macvlan; in this namespace or another), or null. */
  readonly lowerIndex: number | null;
  /** Index of the bridge or bond it belongs to, or null. */
  readonly masterIndex: number | null;
}

export type AddressScope = keyof typeof SCOPE;

/** What tells one address from another to the kernel. */
export interface LinkAddressKey {
  readonly interfaceIndex: number;
  readonly family: Family;
  readonly address: string;
  readonly prefixLength: number;
}

/** An address on an interface, as asked for. */
export interface LinkAddress extends LinkAddressKey {
  readonly scope: AddressScope;
  /** Name for the tools of old (`eth0:1`), IPv4 only, at most 15 characters; else the interface's. */
  readonly label?: string | null;
  /** IPv4 only; else none. */
  readonly broadcast?: string | null;
  /** IPv6: usable at once, without looking for another owner first (RFC 4862 §5.4). */
  readonly noDad?: boolean;
}

/** An address on an interface, as the kernel has it. */
export interface LinkAddressState extends Required<LinkAddress> {
  /** IPv4: not the first of its network on the interface. */
  readonly secondary: boolean;
  /** IPv6: the search for another owner is still going on. */
  readonly tentative: boolean;
  /** IPv6: another owner was found; the address is not in use. */
  readonly dadFailed: boolean;
  /** False: it was given for a time (DHCP, router advertisements). */
  readonly permanent: boolean;
}

/** One thing that has changed. */
export type RouteNotification =
  | { readonly event: 'link'; readonly link: Link }
  | { readonly event: 'link-gone'; readonly link: Link }
  | { readonly event: 'address'; readonly address: LinkAddressState }
  | { readonly event: 'address-gone'; readonly address: LinkAddressState };

/** To be sent as a dump: all links. */
export function encodeGetLinks(): Uint8Array {
  return linkRequest(0, new AttributeWriter().u32Host(LinkAttribute.filter, SKIP_STATISTICS));
}

/** One link by its name. */
export function encodeGetLink(name: string): Uint8Array {
  const attributes = new AttributeWriter()
    .text(LinkAttribute.name, name)
    .u32Host(LinkAttribute.filter, SKIP_STATISTICS);
  return linkRequest(0, attributes);
}

function linkRequest(index: number, attributes: AttributeWriter): Uint8Array {
  return new ByteWriter(64)
    .u8(AF_UNSPEC)
    .zeros(3)
    .u32Host(index)
    .zeros(8)
    .raw(attributes.finish())
    .finish();
}

/** To be sent as a dump: the addresses of all links, of both families. */
export function encodeGetAddresses(): Uint8Array {
  return new ByteWriter(8).u8(AF_UNSPEC).zeros(7).finish();
}

/** The payload of RTM_NEWADDR. */
export function encodeNewAddress(address: LinkAddress): Uint8Array {
  const attributes = ownAddress(address);
  if (address.label) attributes.text(AddressAttribute.label, address.label);
  if (address.broadcast) {
    attributes.bytes(AddressAttribute.broadcast, addressBytes(address.broadcast));
  }
  const flags = address.noDad ? AddressFlag.noDad : 0;
  return addressRequest(address, { flags, scope: address.scope, attributes });
}

/** The payload of RTM_DELADDR: with the key alone, whatever the label and scope. */
export function encodeDeleteAddress(key: LinkAddressKey): Uint8Array {
  return addressRequest(key, { flags: 0, scope: 'global', attributes: ownAddress(key) });
}

/** Both are the address itself, unless the link is point-to-point. */
function ownAddress({ address }: LinkAddressKey): AttributeWriter {
  const octets = addressBytes(address);
  return new AttributeWriter()
    .bytes(AddressAttribute.local, octets)
    .bytes(AddressAttribute.address, octets);
}

function addressRequest(
  { family, prefixLength, interfaceIndex }: LinkAddressKey,
  rest: { flags: number; scope: AddressScope; attributes: AttributeWriter },
): Uint8Array {
  return new ByteWriter(64)
    .u8(AF[family])
    .u8(prefixLength)
    .u8(rest.flags)
    .u8(SCOPE[rest.scope])
    .u32Host(interfaceIndex)
    .raw(rest.attributes.finish())
    .finish();
}

/** Null if damaged, or of a family of its own (a bridge tells of its ports in AF_BRIDGE). */
export function decodeLink(payload: Uint8Array): Link | null {
  return orNull(() => {
    const reader = new ByteReader(payload);
    if (reader.u8() !== AF_UNSPEC) return null;
    reader.skip(3);
    const index = reader.u32Host();
    const flags = reader.u32Host();
    reader.skip(4);
    const attributes = new Attributes(reader.rest());
    return {
      index,
      name: attributes.text(LinkAttribute.name, ''),
      ...readLinkFlags(flags),
      mac: readMac(attributes),
      mtu: attributes.u32Host(LinkAttribute.mtu, 0),
      lowerIndex: attributes.u32Host(LinkAttribute.lowerIndex, 0) || null,
      masterIndex: attributes.u32Host(LinkAttribute.masterIndex, 0) || null,
    };
  });
}

function readLinkFlags(
  flags: number,
): Pick<Link, 'up' | 'running' | 'loopback' | 'noArp' | 'multicast'> {
  return {
    up: (flags & LinkFlag.up) !== 0,
    running: (flags & LinkFlag.running) !== 0,
    loopback: (flags & LinkFlag.loopback) !== 0,
    noArp: (flags & LinkFlag.noArp) !== 0,
    multicast: (flags & LinkFlag.multicast) !== 0,
  };
}

/** Other hardware than Ethernet has addresses of other lengths, which nothing here can use. */
function readMac(attributes: Attributes): string | null {
  if (!attributes.has(LinkAttribute.macAddress)) return null;
  const octets = attributes.bytes(LinkAttribute.macAddress);
  return octets.length === 6 ? formatMac(octets) : null;
}

/** Null if damaged, or of another family than IPv4 and IPv6. */
export function decodeAddress(payload: Uint8Array): LinkAddressState | null {
  return orNull(() => {
    const reader = new ByteReader(payload);
    const family = familyNamed(reader.u8());
    const prefixLength = reader.u8();
    const oldFlags = reader.u8();
    const scope = scopeNamed(reader.u8());
    const interfaceIndex = reader.u32Host();
    if (family === null) return null;
    const attributes = new Attributes(reader.rest());
    const { local, address } = AddressAttribute;
    // On a point-to-point link IFA_ADDRESS is the peer's and IFA_LOCAL ours; IPv6 sends one of the two.
    const own = readAddress(attributes, attributes.has(local) ? local : address, family);
    const flags = attributes.u32Host(AddressAttribute.flags, oldFlags);
    return {
      interfaceIndex,
      family,
      address: own,
      prefixLength,
      scope,
      label: attributes.text(AddressAttribute.label, null),
      broadcast: attributes.has(AddressAttribute.broadcast)
        ? readAddress(attributes, AddressAttribute.broadcast, family)
        : null,
      ...readAddressFlags(flags, family),
    };
  });
}

function readAddressFlags(
  flags: number,
  family: Family,
): Pick<LinkAddressState, 'noDad' | 'secondary' | 'tentative' | 'dadFailed' | 'permanent'> {
  return {
    noDad: (flags & AddressFlag.noDad) !== 0,
    // The same bit marks a temporary address (RFC 8981) of IPv6.
    secondary: family === 'ipv4' && (flags & AddressFlag.secondary) !== 0,
    tentative: (flags & AddressFlag.tentative) !== 0,
    dadFailed: (flags & AddressFlag.dadFailed) !== 0,
    permanent: (flags & AddressFlag.permanent) !== 0,
  };
}

/** What a multicast message tells, or null if it is about something else. */
export function decodeNotification(type: number, payload: Uint8Array): RouteNotification | null {
  switch (type) {
    case RouteMessage.newLink:
    case RouteMessage.deleteLink: {
      const link = decodeLink(payload);
      return link && { event: type === RouteMessage.newLink ? 'link' : 'link-gone', link };
    }
    case RouteMessage.newAddress:
    case RouteMessage.deleteAddress: {
      const address = decodeAddress(payload);
      return (
        address && { event: type === RouteMessage.newAddress ? 'address' : 'address-gone', address }
      );
    }
    default:
      return null;
  }
}

function readAddress(attributes: Attributes, type: number, family: Family): string {
  const octets = addressBits(family) / 8;
  return addressFromBytes(attributes.bytes(type, octets).subarray(0, octets));
}

function familyNamed(number: number): Family | null {
  if (number === AF.ipv4) return 'ipv4';
  return number === AF.ipv6 ? 'ipv6' : null;
}

/** Scopes between the named ones may be defined by the administrator; none of ours has one. */
function scopeNamed(number: number): AddressScope {
  if (number === SCOPE.global) return 'global';
  if (number <= SCOPE.site) return 'site';
  if (number <= SCOPE.link) return 'link';
  return number === SCOPE.host ? 'host' : 'nowhere';
}
