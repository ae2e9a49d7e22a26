/** The Internet checksum, RFC 1071: the one's complement of the one's complement sum of 16-bit words. */

/** Sums the big-endian 16-bit words of `bytes` onto `sum`; an odd last octet is padded with zero. */
export function addWords(sum: number, bytes: Uint8Array): number {
  let total = sum;
  const even = bytes.length & ~1;
  for (let at = 0; at < even; at += 2) {
    total += ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  }
  if (even < bytes.length) total += (bytes[even] as number) << 8;
  return total;
}

/** Folds a sum of words into the 16-bit checksum to put on the wire. */
export function foldChecksum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000);
  return ~folded & 0xffff;
}

/** The checksum over the given parts in order; each part but the last must have an even length. */
export function internetChecksum(...parts: readonly Uint8Array[]): number {
  return foldChecksum(parts.reduce(addWords, 0));
}
