/**
 * Where packets leave that no other route is for: the default routes of each table, as route netlink tells
 * them (RFC 3549 §3.1.3; the message is drawn in routes.ts). Nothing of them is changed here.
 */
import { addressFromBytes, type Family } from '../../base/address.ts';
import { ByteReader, ByteWriter } from '../../base/bytes.ts';
import { Attributes, orNull } from '../nlattr.ts';
import { AF, familyNamed, readAddressOrNull } from './numbers.ts';

/** RTA_*. */
const Route = { outputInterface: 4, gateway: 5, multipath: 9, table: 15, via: 18 } as const;
/** RT_TABLE_MAIN. */
export const MAIN_TABLE = 254;
/** RTN_UNICAST, RTM_F_CLONED. */
const UNICAST = 1;
const CLONED = 0x200;
/** `struct rtmsg` and `struct rtnexthop`. */
const HEADER_OCTETS = 12;
const HOP_OCTETS = 8;

/** A router on a link. */
export interface NextHop {
  /** May be of the other family than the route. */
  readonly gateway: string;
  readonly interfaceIndex: number;
  /** Of the route. */
  readonly table: number;
}

/** The payload of RTM_GETROUTE for a dump of a family; the kernel gives the routes of all tables. */
export function encodeGetRoutes(family: Family): Uint8Array {
  return new ByteWriter(HEADER_OCTETS)
    .u8(AF[family])
    .zeros(HEADER_OCTETS - 1)
    .finish();
}

/** Whether a message is about a default route, of whatever table: its destination has no bits. */
export function isDefaultRoute(payload: Uint8Array): boolean {
  return payload.length >= HEADER_OCTETS && payload[1] === 0;
}

/** The routers of a default route; null: it is another one, leads nowhere, or is damaged. */
export function decodeDefaultRoute(payload: Uint8Array): readonly NextHop[] | null {
  if (!isDefaultRoute(payload)) return null;
  return orNull(() => {
    const reader = new ByteReader(payload);
    const family = familyNamed(reader.u8());
    // Lengths, of which that of the source is not 0 for what only some packets take; then TOS.
    const [, sourceLength] = [reader.u8(), reader.u8(), reader.u8()];
    const shortTable = reader.u8();
    // Origin and scope.
    reader.skip(2);
    const [type, flags] = [reader.u8(), reader.u32Host()];
    if (family === null || type !== UNICAST || sourceLength !== 0 || (flags & CLONED) !== 0)
      return null;
    const attributes = new Attributes(reader.rest());
    const table = attributes.u32Host(Route.table, shortTable);
    if (attributes.has(Route.multipath)) {
      return readHops(attributes.bytes(Route.multipath), family, table);
    }
    const gateway = gatewayIn(attributes, family);
    if (gateway === null) return [];
    return [{ gateway, interfaceIndex: attributes.u32Host(Route.outputInterface), table }];
  });
}

function readHops(octets: Uint8Array, family: Family, table: number): readonly NextHop[] {
  const hops: NextHop[] = [];
  const reader = new ByteReader(octets);
  while (reader.left >= HOP_OCTETS) {
    const length = reader.u16Host();
    reader.skip(2);
    const interfaceIndex = reader.u32Host();
    const inner = new Attributes(reader.slice(Math.max(0, length - HOP_OCTETS)));
    const gateway = gatewayIn(inner, family);
    if (gateway !== null) hops.push({ gateway, interfaceIndex, table });
    reader.skip(Math.min(reader.left, -length & 3));
  }
  return hops;
}

/** RTA_VIA: two octets of family, then the address. */
function gatewayIn(attributes: Attributes, family: Family): string | null {
  const gateway = readAddressOrNull(attributes, Route.gateway, family);
  if (gateway !== null || !attributes.has(Route.via)) return gateway;
  const via = new ByteReader(attributes.bytes(Route.via));
  const other = familyNamed(via.u16Host());
  return other === null ? null : addressFromBytes(via.slice(other === 'ipv4' ? 4 : 16));
}
