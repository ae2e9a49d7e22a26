/**
 * Links of route netlink (RFC 3549 §3.1.1, include/uapi/linux/if_link.h), as answers and requests.
 *
 *   struct ifinfomsg
 *   +-------+-------+---------------+
 *   |family |   0   | hardware type |
 *   +-------+-------+---------------+
 *   |       interface index         |
 *   +-------------------------------+
 *   |            flags              |
 *   +-------------------------------+
 *   |     flags that changed        |
 *   +-------------------------------+
 *   then attributes (IFLA_*)
 */
import { formatMac } from '../../base/address.ts';
import { ByteReader, ByteWriter } from '../../base/bytes.ts';
import { Attributes, AttributeWriter, orNull } from '../nlattr.ts';
import { AF_UNSPEC } from './numbers.ts';
import { type Isolation, readIsolation } from './virtual-links.ts';

/** IFLA_*. */
const LinkAttribute = {
  macAddress: 1,
  name: 3,
  mtu: 4,
  lowerIndex: 5,
  masterIndex: 10,
  info: 18,
  alias: 20,
  group: 27,
  filter: 29,
} as const;

/** IFLA_INFO_*: what kind of link it is, and what only this kind has. */
const Info = { kind: 1, data: 2 } as const;
const IFLA_VRF_TABLE = 1;
const IFLA_BOND_ACTIVE_SLAVE = 2;

/** IFF_*. */
const LinkFlag = { up: 0x1, loopback: 0x8, running: 0x40, noArp: 0x80, multicast: 0x1000 } as const;

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
  /** `bond`, `macvlan`, `vrf`, …; null: hardware. */
  readonly kind: string | null;
  /** Of a VRF: its routing table. Else null. */
  readonly vrfTable: number | null;
  /** Of a bond: index of the port that packets leave by. Else null. */
  readonly activePortIndex: number | null;
  /** Of a macvlan, or an ipvlan of layer 2: who on the same base can reach it. Else null. */
  readonly isolation: Isolation | null;
  /** What somebody has written on it (`ip link set alias`), or null. */
  readonly alias: string | null;
  /** Interface group, 0 unless somebody has set one. */
  readonly group: number;
}

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
      ...readKind(attributes),
      alias: attributes.has(LinkAttribute.alias)
        ? attributes.text(LinkAttribute.alias, null)
        : null,
      group: attributes.u32Host(LinkAttribute.group, 0),
    };
  });
}

function readKind(
  attributes: Attributes,
): Pick<Link, 'kind' | 'vrfTable' | 'activePortIndex' | 'isolation'> {
  if (!attributes.has(LinkAttribute.info)) {
    return { kind: null, vrfTable: null, activePortIndex: null, isolation: null };
  }
  const info = attributes.nest(LinkAttribute.info);
  const kind = info.text(Info.kind, null);
  const number = (of: string, type: number): number | null =>
    kind === of && info.has(Info.data) ? info.nest(Info.data).u32Host(type, 0) || null : null;
  return {
    kind,
    vrfTable: number('vrf', IFLA_VRF_TABLE),
    activePortIndex: number('bond', IFLA_BOND_ACTIVE_SLAVE),
    isolation: readIsolation(kind, info),
  };
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
