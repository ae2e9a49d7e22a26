/**
 * Is this packet for us, or why not: RFC 9568 §7.1, RFC 3768 §7.1, in the order of the rows R3 to R17 of
 * test/vrrp/rows.tsv. What is dropped is counted by its reason; what is only odd is noted.
 */
import { timingSafeEqual } from 'node:crypto';
import type { VrrpInstance } from '../../model/vrrp.ts';
import {
  type Advert,
  AUTH_TYPE,
  addressOctets,
  decodeAdvert,
  sameAddresses,
} from '../../wire/vrrp.ts';
import type { ChecksumForm } from '../../wire/vrrp-checksum.ts';
import { readTrailer } from '../../wire/vrrp-hmac.ts';
import { PATH_MARK_OCTETS, readPathMark } from '../../wire/vrrp-path-mark.ts';

export interface ReceivedPacket {
  readonly source: string;
  readonly destination: string;
  readonly hopLimit: number;
  /** The IPv4 header; empty over IPv6. */
  readonly header: Uint8Array;
  readonly payload: Uint8Array;
}

export type DropReason =
  /** It passed a router, or was made to look so; of a peer: it came from nearer or farther than it may. */
  | 'ttl'
  | 'length'
  | 'version'
  | 'type'
  | 'checksum'
  | 'authentication-type'
  | 'authentication'
  /** A sequence number, or a stamp, that was there before. */
  | 'replay'
  /** Signed with a key that we have not. */
  | 'unknown-key'
  | 'unsigned'
  /** Signed at a time that is too far from ours. */
  | 'clock'
  /** Version 2: the master's interval is not ours, and both are masters. Version 3: it is 0. */
  | 'interval'
  | 'count'
  | 'addresses'
  | 'destination'
  /** It was sent on another path than the one that it came by, or by a virtual router that is none of ours. */
  | 'path'
  | 'unknown-peer'
  /** Our own, or somebody uses our address. */
  | 'own-address'
  /** We own the addresses, and hear nobody (`owner_ignore_adverts`). */
  | 'owner';

export type Dropped = { readonly drop: DropReason };

/** What is odd about an advertisement that is taken. */
export type Note = 'interval' | 'link-local' | 'addresses';

/** What a stamp tells: it is new, or one that another path has brought already. */
export type Freshness = 'new' | 'twin';

export interface Admitted {
  readonly advert: Advert;
  readonly notes: readonly Note[];
  /** Its address on the main path. */
  readonly sender: string;
  /** Null: nothing in it tells. */
  readonly freshness: Freshness | null;
}

/** Who says that he speaks, and what of the packet is signed with it. */
export interface Claim {
  readonly advert: Advert;
  readonly sender: string;
  /** The message, and the mark of a further path behind it. */
  readonly signed: Uint8Array;
  /** What is behind that. */
  readonly trailer: Uint8Array;
}

/** What is asked of the instance besides its configuration. */
export interface Listener {
  /** As it is on the path that the packet came by. */
  readonly instance: VrrpInstance;
  /** Its address there. */
  readonly ownAddress: string;
  /** Of a further path: its address on the main one. Null: this is the main path. */
  readonly mainAddress: string | null;
  /** The addresses of the instance, as they are sent. */
  readonly addressList: Uint8Array;
  /** The sender whose addresses were compared last, and were ours. */
  readonly comparedSender: string | null;
  readonly priority: number;
  /** Whether an authentication header, or a trailer, fits. Null: there is none, and none must be. */
  authenticate(claim: Claim, packet: ReceivedPacket): Dropped | Freshness | null;
}

const HOP_LIMIT = 255;
const OWNER_PRIORITY = 255;
const NO_NOTES: readonly Note[] = [];

/** The advertisement, or why it is dropped. The VRID is that of the instance already. */
export function admit(listener: Listener, packet: ReceivedPacket): Admitted | Dropped {
  const { instance, ownAddress } = listener;
  const { source, destination, hopLimit, payload } = packet;
  const { family, version, unicast } = instance;
  if (unicast === null && hopLimit !== HOP_LIMIT) return { drop: 'ttl' }; // R3
  // R4 to R7
  const advert = decodeAdvert(payload, { family, source, destination }, version);
  if ('drop' in advert) return advert;
  const claim = claimOf(listener, advert, packet);
  if ('drop' in claim) return claim;
  const { sender, trailer } = claim;
  if (trailer.length > 0 && readTrailer(trailer) === null) return { drop: 'length' };
  const drop =
    (formIsTaken(advert.checksumForm, destination) ? null : 'checksum') ??
    unfitForVersion(instance, advert) ?? // R9 to R11
    unfitForPath(instance, packet) ?? // R14, R15
    (source === ownAddress ? 'own-address' : null) ?? // R16
    (instance.hearing.ownerIgnores && listener.priority === OWNER_PRIORITY ? 'owner' : null);
  if (drop !== null) return { drop };
  const found = listener.authenticate(claim, packet); // R17
  if (found !== null && typeof found === 'object') return found;
  const notes = notesOn(listener, advert, sender); // R12, R13
  if (notes.includes('addresses') && instance.hearing.dropOtherAddresses) {
    return { drop: 'addresses' };
  }
  return { advert, notes, sender, freshness: found };
}

/** The main path has no marks, and a further one nothing else: what has strayed from one to the other is neither's. */
function claimOf(
  { instance, mainAddress }: Listener,
  advert: Advert,
  { source, payload }: ReceivedPacket,
): Claim | Dropped {
  const { message, rest } = advert;
  const marked = readPathMark(rest, instance.family);
  if (mainAddress === null) {
    if (marked !== null) return { drop: 'path' };
    return { advert, sender: source, signed: message, trailer: rest };
  }
  // Our own, heard by another interface of ours.
  if (marked === null || marked === mainAddress) return { drop: 'path' };
  const signed = payload.subarray(0, message.length + PATH_MARK_OCTETS);
  return { advert, sender: marked, signed, trailer: rest.subarray(PATH_MARK_OCTETS) };
}

/** The multicast group in the checksum of a unicast packet is an old keepalived's. */
function formIsTaken(form: ChecksumForm, destination: string): boolean {
  return form !== 'old-unicast' || !isMulticast(destination);
}

export function isMulticast(address: string): boolean {
  if (address.includes(':')) return address.startsWith('ff');
  const first = Number.parseInt(address, 10);
  return first >= 224 && first < 240;
}

function unfitForVersion(instance: VrrpInstance, advert: Advert): DropReason | null {
  if (instance.version === 2) return unfitV2(instance, advert);
  // Errata 8299 and 8301 of RFC 9568.
  if (advert.count === 0) return 'count';
  return advert.intervalMs === 0 ? 'interval' : null;
}

function unfitV2(instance: VrrpInstance, advert: Advert): DropReason | null {
  const { authentication, advertIntervalMs } = instance;
  if (advert.authType !== AUTH_TYPE[authentication.type]) return 'authentication-type';
  if (authentication.type === 'pass' && !sameKey(authentication.key, advert.authData)) {
    return 'authentication';
  }
  return advert.intervalMs === advertIntervalMs ? null : 'interval';
}

/** In constant time: how much of a guess is right must not show. */
function sameKey(ours: string, theirs: Uint8Array): boolean {
  const padded = Buffer.alloc(theirs.length);
  padded.write(ours);
  return timingSafeEqual(padded, theirs);
}

function unfitForPath(instance: VrrpInstance, packet: ReceivedPacket): DropReason | null {
  const { unicast, multicastGroup } = instance;
  const { source, destination, hopLimit } = packet;
  if (unicast === null) return destination === multicastGroup ? null : 'destination';
  if (isMulticast(destination)) return 'destination';
  if (!unicast.checkSource) return null;
  const peer = unicast.peers.find(({ address }) => address === source);
  if (peer === undefined) return 'unknown-peer';
  return hopLimit >= peer.ttlMin && hopLimit <= peer.ttlMax ? null : 'ttl';
}

function notesOn(listener: Listener, advert: Advert, sender: string): readonly Note[] {
  const { instance, addressList, comparedSender } = listener;
  const { family, version, hearing } = instance;
  const notes: Note[] = [];
  if (version === 3 && advert.intervalMs !== instance.advertIntervalMs) notes.push('interval');
  if (family === 'ipv6' && !startsLinkLocal(advert.addressList)) notes.push('link-local');
  const isCompared = hearing.compareOncePerSender && sender === comparedSender;
  // Who stops has nothing to compare any more.
  const compares = !isCompared && advert.priority > 0;
  if (compares && !sameAddresses(advert.addressList, addressList, family)) notes.push('addresses');
  return notes.length === 0 ? NO_NOTES : notes;
}

/** Erratum 8300 of RFC 9568: the first address over IPv6 is a link-local one, of fe80::/10. */
function startsLinkLocal(list: Uint8Array): boolean {
  if (list.length < addressOctets('ipv6')) return false;
  return list[0] === 0xfe && ((list[1] as number) & 0xc0) === 0x80;
}
