/**
 * Is this packet for us, or why not: RFC 9568 §7.1, RFC 3768 §7.1, in the order of
 * vrrp-conformance.md §4. What is dropped is counted by its reason.
 */
import { timingSafeEqual } from 'node:crypto';
import type { VrrpInstance } from '../model/vrrp.ts';
import { type Advert, authTypeOf, decodeAdvert } from '../wire/vrrp.ts';

export interface ReceivedPacket {
  readonly source: string;
  readonly destination: string;
  readonly hopLimit: number;
  readonly payload: Uint8Array;
}

export type DropReason =
  /** It passed a router, or was made to look so. */
  | 'ttl'
  | 'length'
  | 'version'
  | 'type'
  | 'checksum'
  | 'authentication-type'
  | 'authentication'
  /** Version 2: the master's interval is not ours; both would be master. */
  | 'interval'
  | 'destination'
  /** Our own, or somebody uses our address. */
  | 'own-address';

const HOP_LIMIT = 255;
const VRID_OFFSET = 1;

/** The VRID that a packet is for; null: it is too short to have one. */
export function vridOf(payload: Uint8Array): number | null {
  return payload[VRID_OFFSET] ?? null;
}

/** The advertisement, or why it is dropped. The VRID is that of the instance already. */
export function admit(
  instance: VrrpInstance,
  ownAddress: string,
  packet: ReceivedPacket,
): Advert | { readonly drop: DropReason } {
  const { source, destination, hopLimit, payload } = packet;
  if (hopLimit !== HOP_LIMIT) return { drop: 'ttl' };
  const advert = decodeAdvert(payload, { family: instance.family, source, destination });
  if ('drop' in advert) return advert;
  if (advert.version !== instance.version) return { drop: 'version' };
  const unfit = instance.version === 2 ? unfitV2(instance, advert) : unfitV3(advert);
  if (unfit !== null) return { drop: unfit };
  if (destination !== instance.multicastGroup) return { drop: 'destination' };
  return source === ownAddress ? { drop: 'own-address' } : advert;
}

function unfitV2(
  { authentication, advertIntervalMs }: VrrpInstance,
  advert: Advert,
): DropReason | null {
  if (advert.authentication.type !== authTypeOf(authentication.type)) return 'authentication-type';
  if (authentication.type === 'pass' && !sameKey(authentication.key, advert.authentication.key)) {
    return 'authentication';
  }
  return advert.intervalMs === advertIntervalMs ? null : 'interval';
}

/** Errata 8299 and 8301 of RFC 9568: no address, or an interval of 0, is discarded. */
function unfitV3({ addresses, intervalMs }: Advert): DropReason | null {
  if (addresses.length === 0) return 'length';
  return intervalMs === 0 ? 'interval' : null;
}

/** In constant time: how much of a guess is right must not show. */
function sameKey(ours: string, theirs: string): boolean {
  const padded = (octets: Buffer): Buffer =>
    Buffer.concat([octets, Buffer.alloc(8)]).subarray(0, 8);
  return timingSafeEqual(padded(Buffer.from(ours)), padded(Buffer.from(theirs, 'latin1')));
}
