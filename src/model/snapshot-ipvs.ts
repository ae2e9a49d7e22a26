/** What the kernel's IPVS table held when it was read, for people and machines to look at. */
import type { HeldForwarding } from './ipvs-table.ts';
import type { ServiceKey } from './virtual-server.ts';

/** What the kernel has counted since the entry was made, or since `lvsctl zero`; exact up to 2^53. Rates are of 2 s. */
export interface StatisticsSnapshot {
  readonly connections: number;
  readonly inPackets: number;
  readonly outPackets: number;
  readonly inBytes: number;
  readonly outBytes: number;
  readonly connectionsPerSecond: number;
  readonly inPacketsPerSecond: number;
  readonly outPacketsPerSecond: number;
  readonly inBytesPerSecond: number;
  readonly outBytesPerSecond: number;
}

export interface DestinationSnapshot {
  readonly address: string;
  readonly port: number;
  readonly forwarding: HeldForwarding;
  readonly weight: number;
  readonly activeConnections: number;
  readonly inactiveConnections: number;
  readonly persistentConnections: number;
  /** Null: they were not asked for. */
  readonly statistics: StatisticsSnapshot | null;
}

export interface ServiceSnapshot {
  readonly key: ServiceKey;
  readonly scheduler: string;
  /** False: somebody else made it, and we leave it alone. */
  readonly owned: boolean;
  readonly statistics: StatisticsSnapshot | null;
  readonly destinations: readonly DestinationSnapshot[];
}

/** Changes of others in services of ours that were found at one reading of the table, and put right. */
export interface DriftRepair {
  readonly atMs: number;
  readonly count: number;
  /** `~ real server 10.1.0.3:80 of 10.0.0.1:80 tcp: weight 9 → 2`: what they made, and what it is again. */
  readonly changes: readonly string[];
}

/** Since the process began. */
export interface DriftSnapshot {
  /** When the whole table was compared last; null: not yet. */
  readonly verifiedAtMs: number | null;
  readonly repairs: number;
  readonly changes: number;
  /** The newest first. */
  readonly last: readonly DriftRepair[];
}

/** A change of the table that the kernel refuses; it is tried again at every comparison. */
export interface RefusalSnapshot {
  /** `10.0.0.1:80 tcp` */
  readonly virtualServer: string;
  /** `+ virtual server 10.0.0.1:80 tcp: wdr` */
  readonly change: string;
  /** A sentence that names the entry and the errno. */
  readonly reason: string;
  /** What to do about it. */
  readonly hint: string | null;
}

export interface IpvsSnapshot {
  readonly services: readonly ServiceSnapshot[];
  readonly refused: readonly RefusalSnapshot[];
  readonly drift: DriftSnapshot;
}
