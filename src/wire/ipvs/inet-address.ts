/** union nf_inet_addr: 16 octets in network order; an IPv4 address stands in the first 4 of them. */
import {
  addressBytes,
  addressFromBytes,
  type Family,
  ipv4Number,
  ipv4Text,
} from '../../base/address.ts';
import type { Attributes, AttributeWriter } from '../nlattr.ts';

const UNION_OCTETS = 16;

export function writeInetAddress(
  attributes: AttributeWriter,
  type: number,
  address: string,
  family: Family,
): void {
  const at = attributes.room(type, UNION_OCTETS);
  if (family === 'ipv6') {
    attributes.out.setRaw(at, addressBytes(address));
    return;
  }
  attributes.out
    .setU32Be(at, ipv4Number(address))
    .setU32Host(at + 4, 0)
    .setU32Host(at + 8, 0)
    .setU32Host(at + 12, 0);
}

export function readInetAddress(attributes: Attributes, type: number, family: Family): string {
  return family === 'ipv4'
    ? ipv4Text(attributes.u32Be(type))
    : addressFromBytes(attributes.bytes(type, UNION_OCTETS).subarray(0, UNION_OCTETS));
}
