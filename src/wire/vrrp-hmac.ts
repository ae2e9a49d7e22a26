/**
 * The trailer that signs an advertisement (draft-cassen-vrrp-auth-hmac, keepalived 2.4 `auth_hmac`). It stands
 * behind the message and is no part of its checksum.
 *
 *    0                   1                   2                   3
 *   +---------------+---------------+-------------------------------+
 *   | Type 1: SHA256|    Key ID     |           Reserved            |
 *   +---------------+---------------+-------------------------------+
 *   |                   Seconds since 1970                          |
 *   +-------------------------------+-------------------------------+
 *   |  Fraction, 2^-16 seconds      |            Counter            |
 *   +-------------------------------+-------------------------------+
 *   |      Tag: HMAC-SHA256 cut to 16 octets                        |
 *   +---------------------------------------------------------------+
 *
 * The tag is over 20 octets (family, version, VRID, 0, the source address in 16), the message with its checksum
 * as zeros, and the trailer with the tag as zeros.
 */
import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { addressBytes } from '../base/address.ts';
import { CHECKSUM_OFFSET, type Envelope } from './vrrp-checksum.ts';
import { PATH_MARK_OCTETS } from './vrrp-path-mark.ts';

export const TRAILER_OCTETS = 28;
const TYPE_HMAC_SHA256 = 1;
const TAG_OFFSET = 12;
const TAG_OCTETS = 16;
const PSEUDO_HEADER_OCTETS = 20;

/** When something was sent, by the sender's clock; of two at one time the counter tells the later. */
export interface Stamp {
  /** Of 2^-16 seconds since 1970, modulo 2^48. */
  readonly ticks: number;
  readonly counter: number;
}

export const TICKS_PER_SECOND = 65_536;

/** What of the packet is signed beside the message. */
export interface Signed {
  readonly envelope: Pick<Envelope, 'family' | 'source'>;
  /** With the mark of a further path behind it, if there is one. */
  readonly message: Uint8Array;
}

/** Writes a trailer into these 28 octets. */
export function writeTrailer(
  trailer: Uint8Array,
  { keyId, key, stamp }: { keyId: number; key: KeyObject; stamp: Stamp },
  signed: Signed,
): void {
  const view = new DataView(trailer.buffer, trailer.byteOffset, TRAILER_OCTETS);
  view.setUint8(0, TYPE_HMAC_SHA256);
  view.setUint8(1, keyId);
  view.setUint16(2, 0);
  view.setUint32(4, Math.floor(stamp.ticks / TICKS_PER_SECOND));
  view.setUint16(8, stamp.ticks % TICKS_PER_SECOND);
  view.setUint16(10, stamp.counter);
  trailer.set(tagOf(key, trailer, signed), TAG_OFFSET);
}

/** The parts of a trailer that is whole; null: these octets are none. */
export function readTrailer(
  trailer: Uint8Array,
): { readonly keyId: number; readonly stamp: Stamp } | null {
  if (trailer.length !== TRAILER_OCTETS || trailer[0] !== TYPE_HMAC_SHA256) return null;
  const view = new DataView(trailer.buffer, trailer.byteOffset, TRAILER_OCTETS);
  const ticks = view.getUint32(4) * TICKS_PER_SECOND + view.getUint16(8);
  return { keyId: view.getUint8(1), stamp: { ticks, counter: view.getUint16(10) } };
}

/** In constant time: how much of a guess is right must not show. */
export function tagFits(trailer: Uint8Array, key: KeyObject, signed: Signed): boolean {
  return timingSafeEqual(trailer.subarray(TAG_OFFSET), tagOf(key, trailer, signed));
}

/** Room for what is signed: it is put together and hashed in one go. */
const SCRATCH = new Uint8Array(
  PSEUDO_HEADER_OCTETS + 8 + 255 * 16 + 8 + PATH_MARK_OCTETS + TRAILER_OCTETS,
);

function tagOf(key: KeyObject, trailer: Uint8Array, { envelope, message }: Signed): Uint8Array {
  SCRATCH.fill(0, 0, PSEUDO_HEADER_OCTETS);
  SCRATCH[0] = envelope.family === 'ipv4' ? 4 : 6;
  SCRATCH[1] = (message[0] as number) >> 4;
  SCRATCH[2] = message[1] as number;
  SCRATCH.set(addressBytes(envelope.source), 4);
  SCRATCH.set(message, PSEUDO_HEADER_OCTETS);
  SCRATCH.fill(
    0,
    PSEUDO_HEADER_OCTETS + CHECKSUM_OFFSET,
    PSEUDO_HEADER_OCTETS + CHECKSUM_OFFSET + 2,
  );
  const end = PSEUDO_HEADER_OCTETS + message.length;
  SCRATCH.set(trailer, end);
  SCRATCH.fill(0, end + TAG_OFFSET, end + TRAILER_OCTETS);
  return createHmac('sha256', key)
    .update(SCRATCH.subarray(0, end + TRAILER_OCTETS))
    .digest()
    .subarray(0, TAG_OCTETS);
}
