/**
 * VRRP advertisements: version 2 over IPv4 (RFC 3768 §5) and version 3 over IPv4 and IPv6
 * (RFC 9568 §5). Bytes ⇄ values; who is to be believed is decided in vrrp/adverts/admit.ts.
 *
 *    0                   1                   2                   3
 *   +-------+-------+---------------+---------------+---------------+
 *   |Version| Type 1| Virtual Rtr ID|   Priority    | Count of IPs  |
 *   +-------+-------+---------------+---------------+---------------+
 *   | v2: Auth Type, Adver Int (s)  |           Checksum            |
 *   | v3: 4 bits 0, Interval (cs)   |                               |
 *   +-------------------------------+-------------------------------+
 *   |                     addresses, 4 or 16 octets each            |
 *   +---------------------------------------------------------------+
 *   | v2 over IPv4 only: authentication data, 8 octets, always there|
 *   +---------------------------------------------------------------+
 */
import { addressBytes, addressFromBytes, type Family } from '../base/address.ts';
import { ByteWriter } from '../base/bytes.ts';
import type { Millis } from '../base/time.ts';
import {
  type ChecksumForm,
  checksumFormOf,
  type Envelope,
  fillChecksum,
  setWord,
} from './vrrp-checksum.ts';

const TYPE_ADVERTISEMENT = 1;
const HEADER_OCTETS = 8;
export const AUTH_OCTETS = 8;
const VRID_OFFSET = 1;
const PRIORITY_OFFSET = 2;
const INTERVAL_CENTISECONDS_MASK = 0x0fff;

/** RFC 2338 §5.3.6; 3768 keeps the numbers. */
export const AUTH_TYPE = { none: 0, pass: 1, ah: 2 } as const;

/** What is said in an advertisement. */
export interface AdvertFields {
  readonly version: 2 | 3;
  readonly vrid: number;
  /** 0: the master resigns. */
  readonly priority: number;
  readonly intervalMs: Millis;
  readonly addresses: readonly string[];
}

/** One that was read. What is octets in it are views of what was read: they live as long as that. */
export interface Advert {
  readonly version: 2 | 3;
  readonly vrid: number;
  readonly priority: number;
  readonly intervalMs: Millis;
  readonly count: number;
  /** 4 or 16 octets each. */
  readonly addressList: Uint8Array;
  /** Of version 2 over IPv4: type, and 8 octets of data; else type 0 and no data. */
  readonly authType: number;
  readonly authData: Uint8Array;
  readonly checksumForm: ChecksumForm;
  /** The whole of it, and what stands behind it in the datagram. */
  readonly message: Uint8Array;
  readonly rest: Uint8Array;
}

export type AdvertDrop =
  | { readonly drop: 'length' }
  | { readonly drop: 'version' }
  | { readonly drop: 'type' }
  | { readonly drop: 'checksum' };

export type AuthOctets = { readonly type: number; readonly key: string };

export const NO_AUTH: AuthOctets = { type: AUTH_TYPE.none, key: '' };

/** The octets to send; of the key of version 2 the first 8 octets count. */
export function encodeAdvert(
  { version, vrid, priority, intervalMs, addresses }: AdvertFields,
  envelope: Envelope,
  auth: AuthOctets = NO_AUTH,
  form: ChecksumForm = version === 2 ? 'message' : 'pseudo-header',
): Uint8Array {
  const writer = new ByteWriter()
    .u8((version << 4) | TYPE_ADVERTISEMENT)
    .u8(vrid)
    .u8(priority)
    .u8(addresses.length);
  if (version === 2) writer.u8(auth.type).u8(Math.round(intervalMs / 1000));
  else writer.u16Be(Math.round(intervalMs / 10) & INTERVAL_CENTISECONDS_MASK);
  writer.u16Be(0);
  for (const address of addresses) writer.raw(addressBytes(address));
  if (version === 2 && envelope.family === 'ipv4') writer.raw(authData(auth.key));
  const message = writer.finish();
  fillChecksum(message, form, envelope);
  return message;
}

/** A password as it is sent: 8 octets, the rest of a short one zeros. */
export function authData(key: string): Uint8Array {
  const octets = new Uint8Array(AUTH_OCTETS);
  octets.set(Buffer.from(key).subarray(0, AUTH_OCTETS));
  return octets;
}

/** Changes the priority of a message that is sent again and again. */
export function setPriority(message: Uint8Array, priority: number): void {
  if (message[PRIORITY_OFFSET] === priority) return;
  setWord(message, PRIORITY_OFFSET, (priority << 8) | (message[PRIORITY_OFFSET + 1] as number));
}

/** The VRID that a message is for; null: it is too short to have one. */
export function vridOf(message: Uint8Array): number | null {
  return message[VRID_OFFSET] ?? null;
}

/**
 * Reads a message of this version, or of either. What stands behind it is given as it is. Never throws, and
 * copies nothing.
 */
export function decodeAdvert(
  octets: Uint8Array,
  envelope: Envelope,
  expected: 2 | 3 | null = null,
): Advert | AdvertDrop {
  if (octets.length < HEADER_OCTETS) return { drop: 'length' };
  const [first, vrid, priority, count, fifth, sixth] = octets as unknown as readonly [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const version = first >> 4;
  const listEnd = HEADER_OCTETS + count * addressOctets(envelope.family);
  const authOctets = version === 2 && envelope.family === 'ipv4' ? AUTH_OCTETS : 0;
  const length = listEnd + authOctets;
  if (octets.length < length) return { drop: 'length' };
  if (version !== 2 && version !== 3) return { drop: 'version' };
  if (expected !== null && version !== expected) return { drop: 'version' };
  if ((first & 0x0f) !== TYPE_ADVERTISEMENT) return { drop: 'type' };
  const message = octets.subarray(0, length);
  const checksumForm = checksumFormOf(message, version, envelope);
  if (checksumForm === null) return { drop: 'checksum' };
  return {
    version,
    vrid,
    priority,
    intervalMs:
      version === 2 ? sixth * 1000 : (((fifth << 8) | sixth) & INTERVAL_CENTISECONDS_MASK) * 10,
    count,
    addressList: message.subarray(HEADER_OCTETS, listEnd),
    authType: authOctets > 0 ? fifth : AUTH_TYPE.none,
    authData: message.subarray(listEnd),
    checksumForm,
    message,
    rest: octets.subarray(length),
  };
}

export function addressOctets(family: Family): 4 | 16 {
  return family === 'ipv4' ? 4 : 16;
}

/** The addresses of a list, for people to read. */
export function addressesIn(list: Uint8Array, family: Family): readonly string[] {
  const octets = addressOctets(family);
  return Array.from({ length: Math.floor(list.length / octets) }, (_, at) =>
    addressFromBytes(list.subarray(at * octets, (at + 1) * octets)),
  );
}

/** Whether two lists hold the same addresses, in whatever order. */
export function sameAddresses(a: Uint8Array, b: Uint8Array, family: Family): boolean {
  if (a.length !== b.length) return false;
  if (Buffer.compare(a, b) === 0) return true;
  const octets = addressOctets(family);
  const isIn = (list: Uint8Array, of: Uint8Array, from: number): boolean => {
    for (let at = 0; at < list.length; at += octets) {
      if (equalAt(list, at, of, from, octets)) return true;
    }
    return false;
  };
  for (let at = 0; at < a.length; at += octets) {
    if (!isIn(b, a, at) || !isIn(a, b, at)) return false;
  }
  return true;
}

function equalAt(
  a: Uint8Array,
  aFrom: number,
  b: Uint8Array,
  bFrom: number,
  octets: number,
): boolean {
  for (let at = 0; at < octets; at += 1) {
    if (a[aFrom + at] !== b[bFrom + at]) return false;
  }
  return true;
}
