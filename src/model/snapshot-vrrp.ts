/** What VRRP knows and has counted, for people and machines to look at. */
import type { Family } from '../base/address.ts';
import type { Millis } from '../base/time.ts';

export type VrrpState = 'init' | 'backup' | 'master' | 'fault';

/** By the name of the instance; one that is not in it is in no state that is known. */
export type VrrpStates = Readonly<Record<string, VrrpState>>;

export interface VrrpCounters {
  readonly advertsSent: number;
  readonly advertsReceived: number;
  readonly becameMaster: number;
  readonly releasedMaster: number;
  readonly priorityZeroSent: number;
  readonly priorityZeroReceived: number;
  readonly announcementsSent: number;
  /** Addresses of ours that somebody removed and we put back. */
  readonly addressesPutBack: number;
  /** ARP packets of others that claimed an address while we were master. */
  readonly claimsByOthers: number;
  /** Packets for virtual routers of this link that are not ours. */
  readonly foreign: number;
  /** Packets dropped, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
}

export interface TrackerSnapshot {
  readonly kind: 'interface' | 'script';
  readonly name: string;
  /** Null: not known yet. */
  readonly up: boolean | null;
  readonly weightDelta: number;
}

export interface InstanceSnapshot {
  readonly name: string;
  readonly interface: string;
  readonly vrid: number;
  readonly family: Family;
  readonly version: 2 | 3;
  readonly group: string | null;
  readonly state: VrrpState;
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
  /** Why it is in this state: `no advertisement`, `higher priority of 192.0.2.2`, … */
  readonly reason: string;
  readonly priority: number;
  readonly effectivePriority: number;
  readonly advertIntervalMs: Millis;
  /** The master heard last, or null. */
  readonly masterAddress: string | null;
  readonly masterPriority: number | null;
  /** `192.0.2.10/24 dev eth0`, advertised ones first. */
  readonly addresses: readonly string[];
  readonly counters: VrrpCounters;
  readonly trackers: readonly TrackerSnapshot[];
}

export interface GroupSnapshot {
  readonly name: string;
  readonly state: VrrpState;
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
  readonly members: readonly string[];
}

export interface ScriptSnapshot {
  readonly name: string;
  /** Null: it has not run yet. */
  readonly up: boolean | null;
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
  /** How its last run ended: `exit code 1`, `timeout`; null before. */
  readonly lastResult: string | null;
}

export interface VrrpSnapshot {
  readonly instances: readonly InstanceSnapshot[];
  readonly groups: readonly GroupSnapshot[];
  readonly scripts: readonly ScriptSnapshot[];
}
