/**
 * VRRP advertisements: version 2 over IPv4 (RFC 3768 §5) and version 3 over IPv4 and IPv6
 * (RFC 9568 §5). Bytes ⇄ values; who is to be believed is decided in vrrp/admit.ts.
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
 *   |       v2 only: authentication data, 8 octets, always there    |
 *   +---------------------------------------------------------------+
 */
import { addressBytes, addressFromBytes, type Family } from '../base/address.ts';
import { ByteWriter } from '../base/bytes.ts';
import { addWords, foldChecksum } from '../base/checksum.ts';
import type { Millis } from '../base/time.ts';

/** IANA protocol number. */
export const VRRP_PROTOCOL = 112;

const TYPE_ADVERTISEMENT = 1;
const HEADER_OCTETS = 8;
const AUTH_OCTETS = 8;
const CHECKSUM_OFFSET = 6;
const INTERVAL_CENTISECONDS_MASK = 0x0fff;

/** RFC 2338 §5.3.6; 3768 keeps the numbers. */
const AUTH_TYPE = { none: 0, pass: 1 } as const;

export interface Advert {
  readonly version: 2 | 3;
  readonly vrid: number;
  /** 0: the master resigns. */
  readonly priority: number;
  readonly intervalMs: Millis;
  readonly addresses: readonly string[];
  /** Version 2: type on the wire, and the 8 octets as text without trailing zeros. */
  readonly authentication: { readonly type: number; readonly key: string };
}

/** What of the IP header takes part in the checksum. */
export interface Envelope {
  readonly family: Family;
  readonly source: string;
  readonly destination: string;
}

export type AdvertDrop =
  | { readonly drop: 'length' }
  | { readonly drop: 'version' }
  | { readonly drop: 'type' }
  | { readonly drop: 'checksum' };

/** The octets to send; `key` is the password of version 2, at most 8 octets, or null. */
export function encodeAdvert(
  advert: Pick<Advert, 'version' | 'vrid' | 'priority' | 'intervalMs' | 'addresses'>,
  envelope: Envelope,
  key: string | null,
): Uint8Array {
  const { version, vrid, priority, intervalMs, addresses } = advert;
  const writer = new ByteWriter()
    .u8((version << 4) | TYPE_ADVERTISEMENT)
    .u8(vrid)
    .u8(priority)
    .u8(addresses.length);
  if (version === 2) {
    writer.u8(key === null ? AUTH_TYPE.none : AUTH_TYPE.pass).u8(Math.round(intervalMs / 1000));
  } else {
    writer.u16Be(Math.round(intervalMs / 10) & INTERVAL_CENTISECONDS_MASK);
  }
  writer.u16Be(0);
  for (const address of addresses) writer.raw(addressBytes(address));
  if (version === 2) writer.raw(paddedKey(key ?? ''));
  const message = writer.finish();
  writer.setU16Be(CHECKSUM_OFFSET, checksumOf(message, version, envelope, true));
  return writer.finish();
}

function paddedKey(key: string): Uint8Array {
  const octets = new Uint8Array(AUTH_OCTETS);
  octets.set(Buffer.from(key).subarray(0, AUTH_OCTETS));
  return octets;
}

/** The checksum of a message whose checksum field is 0. `pseudo`: with the IPv4 pseudo-header in v3. */
function checksumOf(
  message: Uint8Array,
  version: 2 | 3,
  { family, source, destination }: Envelope,
  pseudo: boolean,
): number {
  let sum = addWords(0, message);
  if (version === 3 && (family === 'ipv6' || pseudo)) {
    sum = addWords(sum, addressBytes(source));
    sum = addWords(sum, addressBytes(destination));
    sum += VRRP_PROTOCOL + message.length;
  }
  return foldChecksum(sum);
}

/** Reads a message; a link's padding behind it is passed over. Never throws. */
export function decodeAdvert(octets: Uint8Array, envelope: Envelope): Advert | AdvertDrop {
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
  if (version !== 2 && version !== 3) return { drop: 'version' };
  if ((first & 0x0f) !== TYPE_ADVERTISEMENT) return { drop: 'type' };
  const addressOctets = envelope.family === 'ipv4' ? 4 : 16;
  const listEnd = HEADER_OCTETS + count * addressOctets;
  const length = listEnd + (version === 2 && envelope.family === 'ipv4' ? AUTH_OCTETS : 0);
  if (octets.length < length) return { drop: 'length' };
  const message = octets.slice(0, length);
  if (!checksumFits(message, version, envelope)) return { drop: 'checksum' };
  const key = Buffer.from(message.subarray(listEnd)).toString('latin1').replace(/\0+$/, '');
  return {
    version,
    vrid,
    priority,
    intervalMs:
      version === 2 ? sixth * 1000 : (((fifth << 8) | sixth) & INTERVAL_CENTISECONDS_MASK) * 10,
    addresses: Array.from({ length: count }, (_, at) => {
      const from = HEADER_OCTETS + at * addressOctets;
      return addressFromBytes(message.subarray(from, from + addressOctets));
    }),
    authentication: { type: version === 2 ? fifth : AUTH_TYPE.none, key },
  };
}

/** Version 3 over IPv4 comes with the pseudo-header (keepalived) and without it (RFC 9568). */
function checksumFits(message: Uint8Array, version: 2 | 3, envelope: Envelope): boolean {
  const found =
    ((message[CHECKSUM_OFFSET] as number) << 8) | (message[CHECKSUM_OFFSET + 1] as number);
  message[CHECKSUM_OFFSET] = 0;
  message[CHECKSUM_OFFSET + 1] = 0;
  if (checksumOf(message, version, envelope, true) === found) return true;
  return version === 3 && checksumOf(message, version, envelope, false) === found;
}

/** The authentication type on the wire of a configured one. */
export function authTypeOf(type: 'none' | 'pass'): number {
  return AUTH_TYPE[type];
}
