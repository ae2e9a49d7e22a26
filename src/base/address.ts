/**
 * IP addresses, prefixes and MAC addresses. Everywhere inside the program an IP address is its
 * canonical text (`10.0.0.1`, `fd00::1`), so that two addresses are equal when their texts are;
 * octets exist only in wire/. Foreign text is read by ipaddr.js; canonical text, of which there may be a
 * hundred thousand, is read here.
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
  return addressFromBytes(Uint8Array.from(ipaddr.IPv6.parse(text).toByteArray()));
}

/** Reads `10.0.0.1:80`, `[fd00::1]:80`, or an address alone, which has the port given; null: it is none of them. */
export function parseEndpoint(
  text: string,
  defaultPort: number,
): { readonly address: string; readonly port: number } | null {
  const alone = parseAddress(text);
  if (alone !== null) return { address: alone, port: defaultPort };
  const colon = text.lastIndexOf(':');
  const [host, port] = [text.slice(0, colon), text.slice(colon + 1)];
  const isBracketed = host.startsWith('[') && host.endsWith(']');
  const address = parseAddress(isBracketed ? host.slice(1, -1) : host);
  if (address === null || isBracketed !== address.includes(':')) return null;
  const isPort = /^[1-9]\d{0,4}$/.test(port) && Number(port) <= 65_535;
  return isPort ? { address, port: Number(port) } : null;
}

/** The family of a canonical address. */
export function familyOf(address: string): Family {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}

/** Why a canonical address is that of no host; null: it may be one's. */
export function whyNoHost(address: string): 'multicast' | 'broadcast' | 'unspecified' | null {
  if (address.includes(':')) {
    if (address === '::') return 'unspecified';
    return /^ff..:/.test(address) ? 'multicast' : null;
  }
  const first = Number.parseInt(address, 10);
  if (first === 0) return 'unspecified';
  if (address === '255.255.255.255') return 'broadcast';
  return first >= 224 && first < 240 ? 'multicast' : null;
}

/** Bits in an address: 32 or 128. */
export function addressBits(family: Family): 32 | 128 {
  return family === 'ipv4' ? 32 : 128;
}

/** The 4 or 16 octets of a canonical address, network order. */
export function addressBytes(address: string): Uint8Array {
  if (address.includes(':')) return ipv6Octets(address);
  const number = ipv4Number(address);
  return Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number);
}

/** A canonical IPv4 address as a number: `10.0.0.1` → 0x0a000001. */
export function ipv4Number(address: string): number {
  let [number, octet] = [0, 0];
  for (let at = 0; at < address.length; at += 1) {
    const code = address.charCodeAt(at);
    if (code === DOT) {
      number = (number << 8) | octet;
      octet = 0;
    } else {
      octet = octet * 10 + code - DIGIT_ZERO;
    }
  }
  return ((number << 8) | octet) >>> 0;
}

const [DOT, COLON, DIGIT_ZERO] = [46, 58, 48];

function ipv6Octets(address: string): Uint8Array {
  const octets = new Uint8Array(16);
  let [filled, gapAt, group, digits] = [0, -1, 0, 0];
  const endGroup = (): void => {
    if (digits === 0) return;
    octets[filled] = group >>> 8;
    octets[filled + 1] = group;
    filled += 2;
    [group, digits] = [0, 0];
  };
  for (let at = 0; at < address.length; at += 1) {
    const code = address.charCodeAt(at);
    if (code === COLON) {
      endGroup();
      if (address.charCodeAt(at + 1) === COLON) gapAt = filled;
    } else {
      group = (group << 4) | hexDigit(code);
      digits += 1;
    }
  }
  endGroup();
  if (gapAt < 0) return octets;
  // What stands after `::` belongs to the end.
  const tail = octets.slice(gapAt, filled);
  octets.fill(0, gapAt);
  octets.set(tail, 16 - tail.length);
  return octets;
}

/** Of `0` to `9` and `a` to `f`. */
function hexDigit(code: number): number {
  return code < COLON ? code - DIGIT_ZERO : code - 87;
}

/** The canonical text of 4 or 16 octets in network order. */
export function addressFromBytes(octets: Uint8Array): string {
  if (octets.length === 4) return `${octets[0]}.${octets[1]}.${octets[2]}.${octets[3]}`;
  const zeros = longestZeros(octets);
  let text = '';
  for (let word = 0; word < 8; word += 1) {
    if (word === zeros.from) {
      text += '::';
      word = zeros.to - 1;
      continue;
    }
    if (word > 0 && word !== zeros.to) text += ':';
    text += wordAt(octets, word).toString(16);
  }
  return text;
}

function wordAt(octets: Uint8Array, word: number): number {
  return ((octets[2 * word] as number) << 8) | (octets[2 * word + 1] as number);
}

/** The words that `::` stands for: the first of the longest runs of two zeros and more (RFC 5952 §4.2.3). */
function longestZeros(octets: Uint8Array): { readonly from: number; readonly to: number } {
  let [from, to] = [-1, -1];
  for (let start = 0; start < 8; start += 1) {
    let end = start;
    while (end < 8 && wordAt(octets, end) === 0) end += 1;
    if (end - start >= 2 && end - start > to - from) [from, to] = [start, end];
    if (end > start) start = end;
  }
  return { from, to };
}

/** The canonical text of an IPv4 address: 0x0a000001 → `10.0.0.1`. */
export function ipv4Text(number: number): string {
  return `${number >>> 24}.${(number >>> 16) & 0xff}.${(number >>> 8) & 0xff}.${number & 0xff}`;
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

/** The same as a number: 24 → 0xffffff00. */
export function netmaskNumber(prefixLength: number): number {
  return prefixLength === 0 ? 0 : (0xffffffff << (32 - prefixLength)) >>> 0;
}

/** The prefix length of a contiguous IPv4 netmask, or null: `255.255.255.0` → 24. */
export function prefixLengthOf(netmask: string): number | null {
  return ipaddr.IPv4.isValidFourPartDecimal(netmask)
    ? ipaddr.IPv4.parse(netmask).prefixLengthFromSubnetMask()
    : null;
}

/** The same of a netmask as a number: 0xffffff00 → 24. */
export function prefixLengthOfNumber(netmask: number): number | null {
  const length = Math.clz32(~netmask);
  return length === 32 || netmask << length === 0 ? length : null;
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
