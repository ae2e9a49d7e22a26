/** Packets that were dropped, by the reasons that keepalived counts. Pure. */
import type { VrrpCounters } from '../../model/snapshot-vrrp.ts';

export interface PacketErrors {
  readonly length: number;
  readonly ttl: number;
  readonly type: number;
  readonly interval: number;
  readonly addresses: number;
  readonly authenticationType: number;
  readonly authenticationMismatch: number;
  readonly authentication: number;
}

export function packetErrors({ dropped, addressMismatches, odd }: VrrpCounters): PacketErrors {
  const sum = (...reasons: readonly string[]): number =>
    reasons.reduce((total, reason) => total + (dropped[reason] ?? 0), 0);
  return {
    length: sum('length'),
    ttl: sum('ttl', 'peer-ttl'),
    type: sum('type'),
    interval: sum('interval') + (odd['interval-differs'] ?? 0),
    addresses: sum('addresses') + addressMismatches,
    authenticationType: 0,
    authenticationMismatch: sum('authentication-type'),
    authentication: sum('authentication'),
  };
}
