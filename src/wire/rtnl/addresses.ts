/**
 * Addresses of links by route netlink (RFC 3549 §3.1.2, include/uapi/linux/if_addr.h).
 *
 *   struct ifaddrmsg
 *   +-------+-------+-------+-------+
 *   |family |prefix |flags  | scope |
 *   +-------+-------+-------+-------+
 *   |        interface index        |
 *   +-------------------------------+
 *   then attributes (IFA_*)
 */
import { addressBytes, type Family } from '../../base/address.ts';
import { ByteReader, ByteWriter } from '../../base/bytes.ts';
import { Attributes, AttributeWriter, orNull } from '../nlattr.ts';
import { AF, AF_UNSPEC, familyNamed, readAddress } from './numbers.ts';

/** IFA_*. */
const AddressAttribute = {
  address: 1,
  local: 2,
  label: 3,
  broadcast: 4,
  cacheInfo: 6,
  flags: 8,
} as const;

/** IFA_F_*. */
const AddressFlag = {
  secondary: 0x01,
  noDad: 0x02,
  dadFailed: 0x08,
  home: 0x10,
  deprecated: 0x20,
  tentative: 0x40,
  permanent: 0x80,
  managesTemporary: 0x100,
  noPrefixRoute: 0x200,
  autoJoin: 0x400,
} as const;

/** RT_SCOPE_*. */
const SCOPE = { global: 0, site: 200, link: 253, host: 254, nowhere: 255 } as const;

/** INFINITY_LIFE_TIME. */
const FOREVER = 0xffff_ffff;

export type AddressScope = keyof typeof SCOPE;

/** What tells one address from another to the kernel. */
export interface LinkAddressKey {
  readonly interfaceIndex: number;
  readonly family: Family;
  readonly address: string;
  readonly prefixLength: number;
  /** The far end of a point-to-point link, whose prefix the length then is; else none. */
  readonly peer?: string | null;
}

/** An address on an interface, as asked for. */
export interface LinkAddress extends LinkAddressKey {
  /** Those between the named ones are the administrator's. */
  readonly scope: AddressScope | number;
  /** Name for the tools of old (`eth0:1`), IPv4 only, at most 15 characters; else the interface's. */
  readonly label?: string | null;
  /** IPv4 only; else none. */
  readonly broadcast?: string | null;
  /** IPv6: usable at once, without looking for another owner first (RFC 4862 §5.4). */
  readonly noDad?: boolean;
  /** IPv6: home address of a mobile node (RFC 6275). */
  readonly home?: boolean;
  /** IPv6: temporary addresses (RFC 8981) are made of it. */
  readonly managesTemporary?: boolean;
  /** No route to its network comes with it. */
  readonly noPrefixRoute?: boolean;
  /** IPv4: a multicast address whose group is joined. */
  readonly autoJoin?: boolean;
  /** For so long it is preferred as a source; 0: it is deprecated. Null: for ever. */
  readonly preferredSeconds?: number | null;
  /** For so long it is there at all. Null: for ever. */
  readonly validSeconds?: number | null;
}

/** An address on an interface, as the kernel has it. */
export interface LinkAddressState extends Required<LinkAddress> {
  readonly scope: AddressScope;
  /** IPv4: not the first of its network on the interface. */
  readonly secondary: boolean;
  /** IPv6: the search for another owner is still going on. */
  readonly tentative: boolean;
  /** IPv6: another owner was found; the address is not in use. */
  readonly dadFailed: boolean;
  /** Not taken as a source of new connections. */
  readonly deprecated: boolean;
  /** False: it was given for a time (DHCP, router advertisements). */
  readonly permanent: boolean;
}

/** To be sent as a dump: the addresses of all links, of both families. */
export function encodeGetAddresses(): Uint8Array {
  return new ByteWriter(8).u8(AF_UNSPEC).zeros(7).finish();
}

/** The payload of RTM_NEWADDR. */
export function encodeNewAddress(address: LinkAddress): Uint8Array {
  const attributes = ownAddress(address);
  const { label, broadcast, scope, preferredSeconds, validSeconds } = address;
  if (label) attributes.text(AddressAttribute.label, label);
  if (broadcast) attributes.bytes(AddressAttribute.broadcast, addressBytes(broadcast));
  if ((preferredSeconds ?? null) !== null || (validSeconds ?? null) !== null) {
    const times = new ByteWriter(16)
      .u32Host(preferredSeconds ?? FOREVER)
      .u32Host(validSeconds ?? FOREVER)
      .zeros(8);
    attributes.bytes(AddressAttribute.cacheInfo, times.finish());
  }
  const flags = flagsOf(address);
  // The octet in the header has no room for more than eight of them.
  if (flags > 0xff) attributes.u32Host(AddressAttribute.flags, flags);
  return addressRequest(address, { flags: flags > 0xff ? 0 : flags, scope, attributes });
}

/** The payload of RTM_DELADDR: with the key alone, whatever the label and scope. */
export function encodeDeleteAddress(key: LinkAddressKey): Uint8Array {
  return addressRequest(key, { flags: 0, scope: 'global', attributes: ownAddress(key) });
}

/** Both are the address itself, unless the link is point-to-point. */
function ownAddress({ address, peer }: LinkAddressKey): AttributeWriter {
  return new AttributeWriter()
    .bytes(AddressAttribute.local, addressBytes(address))
    .bytes(AddressAttribute.address, addressBytes(peer ?? address));
}

function flagsOf(address: LinkAddress): number {
  const { noDad, home, managesTemporary, noPrefixRoute, autoJoin } = address;
  return (
    (noDad ? AddressFlag.noDad : 0) |
    (home ? AddressFlag.home : 0) |
    (managesTemporary ? AddressFlag.managesTemporary : 0) |
    (noPrefixRoute ? AddressFlag.noPrefixRoute : 0) |
    (autoJoin ? AddressFlag.autoJoin : 0)
  );
}

function addressRequest(
  { family, prefixLength, interfaceIndex }: LinkAddressKey,
  rest: { flags: number; scope: AddressScope | number; attributes: AttributeWriter },
): Uint8Array {
  return new ByteWriter(64)
    .u8(AF[family])
    .u8(prefixLength)
    .u8(rest.flags)
    .u8(typeof rest.scope === 'number' ? rest.scope : SCOPE[rest.scope])
    .u32Host(interfaceIndex)
    .raw(rest.attributes.finish())
    .finish();
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
    const far = attributes.has(address) ? readAddress(attributes, address, family) : own;
    const flags = attributes.u32Host(AddressAttribute.flags, oldFlags);
    return {
      interfaceIndex,
      family,
      address: own,
      prefixLength,
      peer: far === own ? null : far,
      scope,
      label: attributes.text(AddressAttribute.label, null),
      broadcast: attributes.has(AddressAttribute.broadcast)
        ? readAddress(attributes, AddressAttribute.broadcast, family)
        : null,
      ...readLifetimes(attributes),
      ...readFlags(flags, family),
    };
  });
}

function readLifetimes(
  attributes: Attributes,
): Pick<LinkAddressState, 'preferredSeconds' | 'validSeconds'> {
  if (!attributes.has(AddressAttribute.cacheInfo)) {
    return { preferredSeconds: null, validSeconds: null };
  }
  const reader = new ByteReader(attributes.bytes(AddressAttribute.cacheInfo, 8));
  const seconds = (value: number): number | null => (value === FOREVER ? null : value);
  return { preferredSeconds: seconds(reader.u32Host()), validSeconds: seconds(reader.u32Host()) };
}

type Flags = Omit<
  LinkAddressState,
  keyof LinkAddressKey | 'scope' | 'label' | 'broadcast' | 'preferredSeconds' | 'validSeconds'
>;

function readFlags(flags: number, family: Family): Flags {
  const has = (flag: number): boolean => (flags & flag) !== 0;
  return {
    noDad: has(AddressFlag.noDad),
    home: has(AddressFlag.home),
    managesTemporary: has(AddressFlag.managesTemporary),
    noPrefixRoute: has(AddressFlag.noPrefixRoute),
    autoJoin: has(AddressFlag.autoJoin),
    // The same bit marks a temporary address (RFC 8981) of IPv6.
    secondary: family === 'ipv4' && has(AddressFlag.secondary),
    tentative: has(AddressFlag.tentative),
    dadFailed: has(AddressFlag.dadFailed),
    deprecated: has(AddressFlag.deprecated),
    permanent: has(AddressFlag.permanent),
  };
}

/** Scopes between the named ones may be defined by the administrator; they are read as the wider one. */
function scopeNamed(number: number): AddressScope {
  if (number === SCOPE.global) return 'global';
  if (number <= SCOPE.site) return 'site';
  if (number <= SCOPE.link) return 'link';
  return number === SCOPE.host ? 'host' : 'nowhere';
}
