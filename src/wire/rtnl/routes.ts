/**
 * Routes by route netlink (RFC 3549 §3.1.3, include/uapi/linux/rtnetlink.h). What a route tells TCP is
 * route-metrics.ts's, lightweight tunnels encapsulation.ts's.
 *
 *   struct rtmsg
 *   +-------+-------+-------+-------+
 *   |family |dst len|src len|  TOS  |
 *   +-------+-------+-------+-------+
 *   | table |origin | scope | type  |
 *   +-------+-------+-------+-------+
 *   |             flags             |
 *   +-------------------------------+
 *   then attributes (RTA_*)
 */
import { addressBits, addressBytes, type Family, familyOf } from '../../base/address.ts';
import { ByteReader, ByteWriter } from '../../base/bytes.ts';
import { Attributes, AttributeWriter, orNull } from '../nlattr.ts';
import { type Encapsulation, writeEncapsulation } from './encapsulation.ts';
import { AF, familyNamed, type Prefix, readAddressOrNull } from './numbers.ts';
import { type RouteMetric, writeMetrics } from './route-metrics.ts';

/** RTA_*. */
const Route = {
  destination: 1,
  source: 2,
  outputInterface: 4,
  gateway: 5,
  priority: 6,
  preferredSource: 7,
  multipath: 9,
  flow: 11,
  table: 15,
  via: 18,
  preference: 20,
  encapType: 21,
  encap: 22,
  expires: 23,
} as const;

/** RTN_*. */
const TYPE = {
  unicast: 1,
  local: 2,
  broadcast: 3,
  anycast: 4,
  multicast: 5,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
  throw: 9,
  nat: 10,
  xresolve: 11,
} as const;

/** RTNH_F_ONLINK. */
const ON_LINK = 4;

/** ICMPV6_ROUTER_PREF_* (RFC 4191 §2.1). */
const PREFERENCE = { low: 3, medium: 0, high: 1 } as const;

/** Of a message: the number stands in an attribute. */
const TABLE_ELSEWHERE = 0;
const SCOPE_NOWHERE = 255;
/** `struct rtnexthop`. */
const HOP_OCTETS = 8;
/** RTM_F_CLONED: an entry of a cache, and no route. */
const CLONED = 0x200;

export type RouteType = keyof typeof TYPE;

/** One way to a destination. */
export interface RouteHop {
  /** May be of the other family. */
  readonly gateway: string | null;
  readonly interfaceIndex: number | null;
  /** The gateway is on the link, whatever the addresses say. */
  readonly onLink: boolean;
  /** 1 to 256: its share where there are several. */
  readonly weight: number;
  /** IPv4 only: source realm in the upper, destination realm in the lower 16 bits. */
  readonly realms: number | null;
  readonly encapsulation: Encapsulation | null;
}

/** What tells one route from another to the kernel, with its ways. */
export interface RouteKey {
  readonly family: Family;
  readonly type: RouteType;
  readonly destination: Prefix;
  /** IPv6 only. */
  readonly source: Prefix | null;
  readonly tos: number;
  readonly table: number;
  /** Null: the kernel's own, 0 for IPv4 and 1024 for IPv6. */
  readonly metric: number | null;
  /** RTPROT_*. */
  readonly protocol: number;
  /** None: the route leads nowhere, as `blackhole`. One: a plain route. */
  readonly hops: readonly RouteHop[];
}

export interface Route extends RouteKey {
  readonly scope: number;
  readonly preferredSource: string | null;
  readonly metrics: readonly RouteMetric[];
  /** IPv6 only. */
  readonly lifetimeSeconds: number | null;
  /** IPv6 only. */
  readonly preference: keyof typeof PREFERENCE | null;
}

/** A route as the kernel tells of it: without its ways. */
export type RouteState = Omit<RouteKey, 'hops' | 'type'> & {
  /** Null: a type that is newer than we are. */
  readonly type: RouteType | null;
};

/** The payload of RTM_NEWROUTE. */
export function encodeNewRoute(route: Route): Uint8Array {
  const attributes = keyAttributes(route);
  const { preferredSource, metrics, lifetimeSeconds, preference } = route;
  if (preferredSource !== null) {
    attributes.bytes(Route.preferredSource, addressBytes(preferredSource));
  }
  if (lifetimeSeconds !== null) attributes.u32Host(Route.expires, lifetimeSeconds);
  if (preference !== null) attributes.u8(Route.preference, PREFERENCE[preference]);
  writeMetrics(attributes, metrics);
  writeHops(attributes, route.family, route.hops);
  return routeRequest(route, route.scope, attributes);
}

/** The payload of RTM_DELROUTE: with the key and its ways, whatever else the route says. */
export function encodeDeleteRoute(key: RouteKey): Uint8Array {
  const attributes = keyAttributes(key);
  const bare = key.hops.map((hop) => ({ ...hop, encapsulation: null }));
  writeHops(attributes, key.family, bare);
  return routeRequest(key, SCOPE_NOWHERE, attributes);
}

function keyAttributes({ destination, source, table, metric }: RouteKey): AttributeWriter {
  const attributes = new AttributeWriter();
  if (destination.length > 0) {
    attributes.bytes(Route.destination, addressBytes(destination.address));
  }
  if (source !== null) attributes.bytes(Route.source, addressBytes(source.address));
  if (table > 0xff) attributes.u32Host(Route.table, table);
  if (metric !== null) attributes.u32Host(Route.priority, metric);
  return attributes;
}

/** A single way stands in the route itself, several in a list of their own. */
function writeHops(attributes: AttributeWriter, family: Family, hops: readonly RouteHop[]): void {
  const [first, ...more] = hops;
  if (first === undefined) return;
  if (more.length === 0) {
    writeHop(attributes, family, first);
    if (first.interfaceIndex !== null) {
      attributes.u32Host(Route.outputInterface, first.interfaceIndex);
    }
    return;
  }
  const list = new ByteWriter(64);
  for (const hop of hops) {
    const inner = new AttributeWriter(new ByteWriter(64));
    writeHop(inner, family, hop);
    const octets = inner.finish();
    list
      .u16Host(HOP_OCTETS + octets.length)
      .u8(hop.onLink ? ON_LINK : 0)
      .u8(hop.weight - 1)
      .u32Host(hop.interfaceIndex ?? 0)
      .raw(octets);
  }
  attributes.bytes(Route.multipath, list.finish());
}

function writeHop(attributes: AttributeWriter, family: Family, hop: RouteHop): void {
  const { gateway, realms, encapsulation } = hop;
  if (gateway !== null && familyOf(gateway) === family) {
    attributes.bytes(Route.gateway, addressBytes(gateway));
  } else if (gateway !== null) {
    const via = new ByteWriter(18).u16Host(AF[familyOf(gateway)]).raw(addressBytes(gateway));
    attributes.bytes(Route.via, via.finish());
  }
  if (realms !== null) attributes.u32Host(Route.flow, realms);
  if (encapsulation !== null) {
    writeEncapsulation(attributes, encapsulation, { type: Route.encapType, body: Route.encap });
  }
}

function routeRequest(key: RouteKey, scope: number, attributes: AttributeWriter): Uint8Array {
  const { family, destination, source, tos, table, protocol, type, hops } = key;
  const isOnLink = hops.length === 1 && hops[0]?.onLink === true;
  return new ByteWriter(128)
    .u8(AF[family])
    .u8(destination.length)
    .u8(source?.length ?? 0)
    .u8(tos)
    .u8(table > 0xff ? TABLE_ELSEWHERE : table)
    .u8(protocol)
    .u8(scope)
    .u8(TYPE[type])
    .u32Host(isOnLink ? ON_LINK : 0)
    .raw(attributes.finish())
    .finish();
}

/** Null if damaged, of another family than IPv4 and IPv6, or an entry of a cache. */
export function decodeRoute(payload: Uint8Array): RouteState | null {
  return orNull(() => {
    const reader = new ByteReader(payload);
    const family = familyNamed(reader.u8());
    const [destinationLength, sourceLength, tos] = [reader.u8(), reader.u8(), reader.u8()];
    const [table, protocol] = [reader.u8(), reader.u8()];
    reader.skip(1);
    const type = reader.u8();
    const flags = reader.u32Host();
    if (family === null || (flags & CLONED) !== 0) return null;
    const attributes = new Attributes(reader.rest());
    const none = addressBits(family) === 32 ? '0.0.0.0' : '::';
    const prefix = (attribute: number, length: number): Prefix => ({
      address: readAddressOrNull(attributes, attribute, family) ?? none,
      length,
    });
    return {
      family,
      type: typeNamed(type),
      destination: prefix(Route.destination, destinationLength),
      source: sourceLength === 0 ? null : prefix(Route.source, sourceLength),
      tos,
      table: attributes.u32Host(Route.table, table),
      metric: attributes.has(Route.priority) ? attributes.u32Host(Route.priority) : null,
      protocol,
    };
  });
}

function typeNamed(number: number): RouteType | null {
  const names = Object.keys(TYPE) as RouteType[];
  return names.find((name) => TYPE[name] === number) ?? null;
}
