/**
 * Numbers and small parts that all of route netlink shares (RFC 3549 §3.1, include/uapi/linux/rtnetlink.h).
 * Everything is in host order but the addresses.
 */
import { addressBits, addressFromBytes, type Family } from '../../base/address.ts';
import type { Attributes } from '../nlattr.ts';

/** RTM_*. */
export const RouteMessage = {
  newLink: 16,
  deleteLink: 17,
  getLink: 18,
  newAddress: 20,
  deleteAddress: 21,
  getAddress: 22,
  newRoute: 24,
  deleteRoute: 25,
  getRoute: 26,
  newRule: 32,
  deleteRule: 33,
  getRule: 34,
} as const;

/** RTNLGRP_*: the multicast groups of a socket that wants to hear of changes. */
export const RouteGroup = {
  link: 1,
  ipv4Address: 5,
  ipv4Route: 7,
  ipv4Rule: 8,
  ipv6Address: 9,
  ipv6Route: 11,
  ipv6Rule: 19,
} as const;

export const AF = { ipv4: 2, ipv6: 10 } as const;
export const AF_UNSPEC = 0;

/** An address and how many of its bits count. */
export interface Prefix {
  readonly address: string;
  readonly length: number;
}

/** Null: another family than IPv4 and IPv6. */
export function familyNamed(number: number): Family | null {
  if (number === AF.ipv4) return 'ipv4';
  return number === AF.ipv6 ? 'ipv6' : null;
}

export function readAddress(attributes: Attributes, type: number, family: Family): string {
  const octets = addressBits(family) / 8;
  return addressFromBytes(attributes.bytes(type, octets).subarray(0, octets));
}

/** Null: there is no such attribute. */
export function readAddressOrNull(
  attributes: Attributes,
  type: number,
  family: Family,
): string | null {
  return attributes.has(type) ? readAddress(attributes, type, family) : null;
}
