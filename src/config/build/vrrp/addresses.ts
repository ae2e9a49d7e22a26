/** Virtual addresses of an instance. */
import {
  addressBits,
  type Family,
  familyOf,
  ipv4Number,
  ipv4Text,
  netmaskNumber,
  parseAddress,
} from '../../../base/address.ts';
import type { Prefix } from '../../../model/route.ts';
import type { AddressFlag, VirtualAddress, VrrpInstance } from '../../../model/vrrp.ts';
import type { Said } from '../../values/phrase.ts';
import type { Section } from '../../values/section.ts';
import type { ScriptContext } from '../scripts.ts';
import { namedOf, textOf } from './route-hops.ts';
import type { RoutingNames } from './routing-names.ts';

export interface AddressContext {
  readonly names: RoutingNames;
}

/** The count of an advertisement is one octet. */
const ADVERTISED_MAX = 255;
const HEADER_OCTETS: Readonly<Record<Family, number>> = { ipv4: 20, ipv6: 40 };
const FIXED_OCTETS = 8;
/** Of Ethernet. */
const USUAL_MTU = 1500;
/** RFC 791, RFC 8200. */
const LEAST_MTU: Readonly<Record<Family, number>> = { ipv4: 68, ipv6: 1280 };

/** Of version 2 over IPv4, whether it is used or not. */
const AUTH_DATA_OCTETS = 8;
/** Around the message, and behind it. */
const AH_OCTETS = 24;
const TRAILER_OCTETS = 28;

/** How many addresses an advertisement can hold in one packet of its link; `mtu` null: unknown. */
function advertisedMax(
  { family, version, authentication, signing }: Carrier,
  mtu: number | null,
): number {
  const octets =
    (mtu ?? USUAL_MTU) -
    HEADER_OCTETS[family] -
    FIXED_OCTETS -
    (version === 2 && family === 'ipv4' ? AUTH_DATA_OCTETS : 0) -
    (authentication.type === 'ah' ? AH_OCTETS : 0) -
    (signing === null ? 0 : TRAILER_OCTETS);
  return Math.max(0, Math.min(ADVERTISED_MAX, Math.floor((octets * 8) / addressBits(family))));
}

type Carrier = Pick<
  VrrpInstance,
  'family' | 'version' | 'authentication' | 'signing' | 'interface'
>;

/** Those of the family of the first, as many as an advertisement can hold; the others are held all the same. */
export function advertised(
  addresses: readonly VirtualAddress[],
  carrier: Carrier,
  section: Section,
  { environment, reports }: ScriptContext,
): readonly VirtualAddress[] {
  const { family, interface: link } = carrier;
  const those = addresses.filter((one) => familyOf(one.address) === family);
  // So few fit everywhere: the link need not be asked.
  if (those.length <= advertisedMax(carrier, LEAST_MTU[family])) return those;
  const mtu = environment.mtu(link);
  const countMax = advertisedMax(carrier, mtu);
  const first = those[countMax];
  if (first === undefined) return those;
  reports.add({
    code: 'too-many-addresses',
    span: section.find('virtual_ipaddress')?.span ?? section.span,
    message: `${those.length} virtual addresses, and an advertisement holds ${countMax}${countMax < ADVERTISED_MAX ? ` on ${link} (MTU ${mtu ?? USUAL_MTU})` : ''}: from ${first.address} on they are held, but not advertised`,
    hint: 'write those that need not be advertised in virtual_ipaddress_excluded, the same on both directors',
  });
  return those.slice(0, countMax);
}

export function readAddresses(
  section: Section,
  name: string,
  interfaceName: string,
  context: AddressContext,
  place: (address: VirtualAddress, said: Said) => VirtualAddress = (address) => address,
): readonly VirtualAddress[] {
  return section.said(name).flatMap((said) => {
    const address = virtualAddress(said, interfaceName, context);
    return address === null ? [] : [place(address, said)];
  });
}

/** A line of `virtual_ipaddress` and its kin. */
export function virtualAddress(
  said: Said,
  interfaceName: string,
  context: AddressContext,
): VirtualAddress | null {
  const [first] = said.words;
  const [text = '', length] = first?.text.split('/') ?? [];
  const address = parseAddress(text);
  if (address === null) return null;
  const family = familyOf(address);
  const peer = peerOf(textOf(said, 'peer'), family);
  const prefixLength =
    peer?.length ?? (length === undefined ? addressBits(family) : Number(length));
  const flags = FLAGS.filter(
    ({ word, families }) => said.options.has(word) && families.includes(family),
  );
  const preferredSeconds = preferredOf(textOf(said, 'preferred_lft'), family, prefixLength);
  return {
    address,
    prefixLength,
    interface: textOf(said, 'dev') ?? interfaceName,
    label: textOf(said, 'label'),
    scope: scopeOf(said, context),
    broadcast: broadcastOf(textOf(said, 'broadcast'), address, prefixLength),
    ...(peer === null ? {} : { peer: peer.address }),
    ...(flags.length === 0 ? {} : { flags: flags.map(({ flag }) => flag) }),
    ...(preferredSeconds === null ? {} : { preferredSeconds }),
    ...(said.options.has('no_track') ? { untracked: true } : {}),
  };
}

const BOTH: readonly Family[] = ['ipv4', 'ipv6'];

/** Words, and the families that they mean something to. */
const FLAGS: readonly {
  readonly word: string;
  readonly flag: AddressFlag;
  readonly families: readonly Family[];
}[] = [
  { word: '-nodad', flag: 'dad', families: ['ipv6'] },
  { word: 'home', flag: 'home', families: ['ipv6'] },
  { word: 'mngtmpaddr', flag: 'mngtmpaddr', families: ['ipv6'] },
  { word: 'noprefixroute', flag: 'noprefixroute', families: BOTH },
  { word: 'autojoin', flag: 'autojoin', families: BOTH },
];

/** The far end; a peer of the other family is no peer. */
function peerOf(text: string | null, family: Family): Prefix | null {
  const [before = '', length] = text?.split('/') ?? [];
  const address = parseAddress(before);
  if (address === null || familyOf(address) !== family) return null;
  return { address, length: length === undefined ? addressBits(family) : Number(length) };
}

/**
 * keepalived: an IPv6 address without a network is deprecated unless told otherwise, so that the director's
 * own connections do not come from it. Null: preferred for ever.
 */
function preferredOf(text: string | null, family: Family, prefixLength: number): number | null {
  if (text === 'forever') return null;
  if (text !== null) return Number(text);
  return family === 'ipv6' && prefixLength === addressBits(family) ? 0 : null;
}

/** `+` sets the bits of the host, `-` clears them. */
function broadcastOf(value: string | null, address: string, prefixLength: number): string | null {
  if (value === '+') return 'default';
  if (value !== '-') return value === null ? null : parseAddress(value);
  return ipv4Text((ipv4Number(address) & netmaskNumber(prefixLength)) >>> 0);
}

const SCOPES: Readonly<Record<number, VirtualAddress['scope']>> = {
  0: 'global',
  200: 'site',
  253: 'link',
  254: 'host',
};

function scopeOf(said: Said, { names }: AddressContext): VirtualAddress['scope'] {
  const number = namedOf(said, 'scope', 'scope', names) ?? 0;
  return SCOPES[number] ?? number;
}
