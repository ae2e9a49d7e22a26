/**
 * What stands behind an advertisement that goes out on a further path (`advert_paths`): who it is that speaks, by
 * the address that it advertises from on its main path. It is no part of the checksum of the message; the trailer
 * of `auth_hmac`, and the authentication header, sign it.
 *
 *    0  'LVSA'      4  version 1      5  family, 4 or 6      6  0, 2 octets
 *    8  address on the main path, 16 octets: of IPv4 the first four count
 */
import { addressBytes, addressFromBytes, type Family } from '../base/address.ts';

export const PATH_MARK_OCTETS = 24;
const ADDRESS_OFFSET = 8;

/** What each mark of a family begins with. */
const HEAD: Readonly<Record<Family, readonly number[]>> = {
  ipv4: [0x4c, 0x56, 0x53, 0x41, 1, 4],
  ipv6: [0x4c, 0x56, 0x53, 0x41, 1, 6],
};

export function encodePathMark(address: string, family: Family): Uint8Array {
  const octets = new Uint8Array(PATH_MARK_OCTETS);
  octets.set(HEAD[family]);
  octets.set(addressBytes(address), ADDRESS_OFFSET);
  return octets;
}

/** The address in a mark that these octets begin with; null: they do not. Never throws. */
export function readPathMark(octets: Uint8Array, family: Family): string | null {
  if (octets.length < PATH_MARK_OCTETS) return null;
  // Asked of everything that is signed: no cursor is made for it.
  const head = HEAD[family];
  for (let at = 0; at < head.length; at += 1) if (octets[at] !== head[at]) return null;
  const length = family === 'ipv4' ? 4 : 16;
  return addressFromBytes(octets.subarray(ADDRESS_OFFSET, ADDRESS_OFFSET + length));
}
