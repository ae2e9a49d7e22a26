/**
 * The head of a message of the sync daemon: UDP, sent by a master to the multicast group. What follows, the
 * connections themselves, is the kernel's business. net/netfilter/ipvs/ip_vs_sync.c; octets of the size
 * are in network order.
 *
 *   version 1   0        1        2                 4          5          6
 *               | 0      | syncid | octets in all   | entries  | 1        | 0        |
 *   version 0   | entries| syncid | octets in all   |
 */
import { ByteReader } from '../../base/bytes.ts';

export interface SyncMessageHead {
  readonly version: 0 | 1;
  readonly syncId: number;
  /** Connections, and templates of persistence, that it tells of. */
  readonly entries: number;
}

const HEAD_OCTETS = 4;
const HEAD_OCTETS_V1 = 8;

/** Null: it is no such message, or it was cut. */
export function decodeSyncHead(octets: Uint8Array): SyncMessageHead | null {
  if (octets.length < HEAD_OCTETS) return null;
  const reader = new ByteReader(octets);
  const first = reader.u8();
  const syncId = reader.u8();
  if (reader.u16Be() !== octets.length) return null;
  if (first !== 0 || octets.length < HEAD_OCTETS_V1) return { version: 0, syncId, entries: first };
  const entries = reader.u8();
  const isVersion1 = reader.u8() === 1 && reader.u16Be() === 0;
  return isVersion1 ? { version: 1, syncId, entries } : { version: 0, syncId, entries: first };
}
