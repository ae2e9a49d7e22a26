/**
 * IP addresses, prefixes and MAC addresses. Everywhere inside the program an IP address is its
 * canonical text (`10.0.0.1`, `fd00::1`), so that two addresses are equal when their texts are;
 * octets exist only in wire/. The arithmetic is ipaddr.js's.
 */
import ipaddr from 'ipaddr.js';

export type Family = 'ipv4' | 'ipv6';

/** Four numbers up to 255 without leading zeros: that is its canonical text already. */
const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const IPV4 = new RegExp(`^(?:${OCTET}\\.){3}${OCTET}$`);

/** Reads an address and gives its canonical text, or null. No port, prefix, zone or host name. */
export function parseAddress(text: string): string | null {
  if (IPV4.test(text)) return text;
  if (!text.includes(':') || text.includes('%') || !ipaddr.IPv6.isValid(text)) return null;
  return ipaddr.IPv6.parse(text).toRFC5952String();
}

/** The family of a canonical address. */
export function familyOf(address: string): Family {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}

/** Bits in an address: 32 or 128. */
export function addressBits(family: Family): 32 | 128 {
  return family === 'ipv4' ? 32 : 128;
}

/** The 4 or 16 octets of a canonical address, network order. */
export function addressBytes(address: string): Uint8Array {
  return Uint8Array.from(ipaddr.parse(address).toByteArray());
}

/** The canonical text of 4 or 16 octets in network order. */
export function addressFromBytes(octets: Uint8Array): string {
  const parsed = ipaddr.fromByteArray(Array.from(octets));
  return parsed instanceof ipaddr.IPv6 ? parsed.toRFC5952String() : parsed.toString();
}

/** Orders addresses of one family as unsigned numbers in network order (RFC 9568 §6.4.3). */
export function compareAddresses(a: string, b: string): number {
  return Buffer.compare(addressBytes(a), addressBytes(b));
}

/** Whether `address` lies in the network of `prefix`/`length`; families that differ never match. */
export function prefixContains(prefix: string, length: number, address: string): boolean {
  const network = ipaddr.parse(prefix);
  const candidate = ipaddr.parse(address);
  return network.kind() === candidate.kind() && candidate.match(network, length);
}

/** The netmask of a prefix length: 24 → `255.255.255.0`. */
export function netmaskOf(prefixLength: number): string {
  return ipaddr.IPv4.subnetMaskFromPrefixLength(prefixLength).toString();
}

/** The prefix length of a contiguous IPv4 netmask, or null: `255.255.255.0` → 24. */
export function prefixLengthOf(netmask: string): number | null {
  return ipaddr.IPv4.isValidFourPartDecimal(netmask)
    ? ipaddr.IPv4.parse(netmask).prefixLengthFromSubnetMask()
    : null;
}

/** `02:42:0a:00:00:01` from 6 octets. */
export function formatMac(octets: Uint8Array): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join(':');
}

/** The 6 octets of `02:42:0a:00:00:01`, or null. */
export function parseMac(text: string): Uint8Array | null {
  return /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text)
    ? Uint8Array.from(text.split(':'), (octet) => Number.parseInt(octet, 16))
    : null;
}
