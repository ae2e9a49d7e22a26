/** `192.0.2.1-9`, `192.0.2.1-192.0.3.9`, `2001:db8::1-ff`, `192.0.2.0/29` or one address: the addresses of a group. */
import {
  addressBits,
  addressBytes,
  addressFromBytes,
  type Family,
  familyOf,
  ipv4Text,
  parseAddress,
} from '../../base/address.ts';

export interface AddressRange {
  readonly family: Family;
  /** As unsigned numbers in network order; the last one belongs to the range. */
  readonly first: bigint;
  readonly last: bigint;
}

/** Null: it is none, or is not in order, or bits behind the prefix are set. */
export function parseAddressRange(text: string): AddressRange | null {
  const separator = text.includes('/') ? '/' : '-';
  const [start = '', end, ...more] = text.split(separator);
  const address = parseAddress(start);
  if (address === null || more.length > 0) return null;
  const family = familyOf(address);
  const first = numberOf(address);
  if (end === undefined) return { family, first, last: first };
  const last = separator === '/' ? lastOfNetwork(family, first, end) : endOfRange(address, end);
  return last === null ? null : { family, first, last };
}

/** A range ends in a larger last octet or group, or in a whole address that is not below the first. */
function endOfRange(address: string, end: string): bigint | null {
  const family = familyOf(address);
  const first = numberOf(address);
  const whole = parseAddress(end);
  if (whole !== null) {
    return familyOf(whole) === family && numberOf(whole) >= first ? numberOf(whole) : null;
  }
  const isPart = family === 'ipv4' ? /^\d{1,3}$/ : /^[0-9a-f]{1,4}$/i;
  if (!isPart.test(end)) return null;
  const [part, size] = family === 'ipv4' ? [BigInt(end), 0x100n] : [BigInt(`0x${end}`), 0x10000n];
  return part < size && part > first % size ? first - (first % size) + part : null;
}

function lastOfNetwork(family: Family, first: bigint, length: string): bigint | null {
  const bits = addressBits(family);
  if (!/^\d{1,3}$/.test(length) || Number(length) > bits) return null;
  const size = 1n << BigInt(bits - Number(length));
  return first % size === 0n ? first + size - 1n : null;
}

export function sizeOf({ first, last }: AddressRange): number {
  return Number(last - first + 1n);
}

/** Their canonical texts. Of a range that is not too large: this makes each of them. */
export function addressesIn({ family, first, last }: AddressRange): readonly string[] {
  const length = Number(last - first) + 1;
  if (family === 'ipv6') {
    return Array.from({ length }, (_, at) => ipv6Text(first + BigInt(at)));
  }
  const start = Number(first);
  return Array.from({ length }, (_, at) => ipv4Text(start + at));
}

function ipv6Text(number: bigint): string {
  const octets = Buffer.from(number.toString(16).padStart(32, '0'), 'hex');
  return addressFromBytes(octets);
}

function numberOf(address: string): bigint {
  return BigInt(`0x${Buffer.from(addressBytes(address)).toString('hex')}`);
}
