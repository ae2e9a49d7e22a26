/** Attributes of a message, for comparing it with another one of which they stand in another order. */
import { toHex } from '../../../src/base/bytes.ts';

/** RTA_METRICS, RTA_ENCAP; and the list of RTA_MULTIPATH, of which each hop has a header of its own. */
const NESTED = [8, 22];
const MULTIPATH = 9;
/** `struct rtnexthop`. */
const HOP_OCTETS = 8;

/**
 * Header and attributes, these in the order of their types: ip(8) has them as its words stand. `isRoute`: those that
 * hold attributes of their own are sorted within, too.
 */
export function sorted(
  payload: Uint8Array,
  headerOctets: number,
  isRoute = false,
): readonly string[] {
  const attributes: string[] = [];
  for (let at = headerOctets; at < payload.length; ) {
    const length = u16At(payload, at);
    // Without NLA_F_NESTED, which some versions of it set.
    const type = u16At(payload, at + 2) & 0x3fff;
    const value = payload.subarray(at + 4, at + length);
    const parts = isRoute && NESTED.includes(type) ? sorted(value, 0) : [toHex(value)];
    const texts = isRoute && type === MULTIPATH ? hopsOf(value) : parts;
    attributes.push(`${String(type).padStart(2, '0')} ${texts.join(', ')}`);
    at += (length + 3) & ~3;
  }
  return [toHex(payload.subarray(0, headerOctets)), ...attributes.sort()];
}

function hopsOf(list: Uint8Array): readonly string[] {
  const hops: string[] = [];
  for (let at = 0; at < list.length; at += (u16At(list, at) + 3) & ~3) {
    const hop = list.subarray(at, at + u16At(list, at));
    hops.push(`(${sorted(hop, HOP_OCTETS, true).join(', ')})`);
  }
  return hops;
}

function u16At(octets: Uint8Array, at: number): number {
  return (octets[at] as number) | ((octets[at + 1] as number) << 8);
}
