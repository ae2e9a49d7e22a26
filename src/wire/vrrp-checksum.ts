/**
 * The checksum of VRRP (RFC 3768 §5.3.8, RFC 9568 §5.2.8), its forms, and its change by what has changed
 * (RFC 1624). Version 3 over IPv4 is sent in three forms: keepalived and RFC 5798 add a pseudo-header, RFC 9568
 * does not, and keepalived up to 1.3.6 put the multicast group into that of a unicast packet.
 */
import { addressBytes, type Family } from '../base/address.ts';
import { addWords, foldChecksum } from '../base/checksum.ts';

/** IANA protocol number. */
export const VRRP_PROTOCOL = 112;
export const CHECKSUM_OFFSET = 6;
export const MULTICAST_GROUP_4 = '224.0.0.18';

/** What the sum is over: the message alone, or with the real or with the multicast destination beside it. */
export type ChecksumForm = 'message' | 'pseudo-header' | 'old-unicast';

/** What of the IP header takes part in the checksum. */
export interface Envelope {
  readonly family: Family;
  readonly source: string;
  readonly destination: string;
}

const OLD_DESTINATION = addressBytes(MULTICAST_GROUP_4);

/** The form in which the checksum of a message is right, or null. `message` holds its checksum. */
export function checksumFormOf(
  message: Uint8Array,
  version: 2 | 3,
  { family, source, destination }: Envelope,
): ChecksumForm | null {
  const bare = addWords(0, message);
  if (version === 2) return isRight(bare) ? 'message' : null;
  const from = addWords(bare + VRRP_PROTOCOL + message.length, addressBytes(source));
  const to = addressBytes(destination);
  if (isRight(addWords(from, to))) return 'pseudo-header';
  if (family === 'ipv6') return null;
  if (isRight(bare)) return 'message';
  return isRight(addWords(from, OLD_DESTINATION)) ? 'old-unicast' : null;
}

/** The sum over everything, checksum included, is all ones. */
function isRight(sum: number): boolean {
  return foldChecksum(sum) === 0;
}

/** Writes the checksum of a message in a form; what stood in its place does not matter. */
export function fillChecksum(
  message: Uint8Array,
  form: ChecksumForm,
  { source, destination }: Envelope,
): void {
  writeChecksum(message, 0);
  let sum = addWords(0, message);
  if (form !== 'message') {
    sum = addWords(sum + VRRP_PROTOCOL + message.length, addressBytes(source));
    sum = addWords(sum, form === 'old-unicast' ? OLD_DESTINATION : addressBytes(destination));
  }
  writeChecksum(message, foldChecksum(sum));
}

export function readChecksum(message: Uint8Array): number {
  return wordAt(message, CHECKSUM_OFFSET);
}

export function writeChecksum(message: Uint8Array, checksum: number): void {
  message[CHECKSUM_OFFSET] = checksum >> 8;
  message[CHECKSUM_OFFSET + 1] = checksum;
}

/** Writes 16 bits of a message at an even offset, and what that does to its checksum: RFC 1624 §3. */
export function setWord(message: Uint8Array, at: number, word: number): void {
  const checksum = readChecksum(message);
  writeChecksum(message, changed(checksum, wordAt(message, at), word));
  message[at] = word >> 8;
  message[at + 1] = word;
}

/** What a checksum becomes when an address of the pseudo-header becomes another one, of as many octets. */
export function readdressed(checksum: number, before: Uint8Array, after: Uint8Array): number {
  let sum = checksum;
  for (let at = 0; at < before.length; at += 2) {
    sum = changed(sum, wordAt(before, at), wordAt(after, at));
  }
  return sum;
}

/** HC' = ~(~HC + ~m + m'). A message is never all zeros, and so neither sum is ever 0. */
function changed(checksum: number, before: number, after: number): number {
  return foldChecksum((~checksum & 0xffff) + (~before & 0xffff) + after);
}

function wordAt(octets: Uint8Array, at: number): number {
  return ((octets[at] as number) << 8) | (octets[at + 1] as number);
}
