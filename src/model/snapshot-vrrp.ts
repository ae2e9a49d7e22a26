/** What VRRP knows and has counted, for people and machines to look at. */
import type { Family } from '../base/address.ts';
import type { Millis } from '../base/time.ts';
import type { LeasesSnapshot } from './snapshot-lease.ts';
import type { TrackKind } from './vrrp.ts';

export type VrrpState = 'init' | 'backup' | 'master' | 'fault';

/** By the name of the instance; one that is not in it is in no state that is known. */
export type VrrpStates = Readonly<Record<string, VrrpState>>;

export interface VrrpCounters {
  readonly advertsSent: number;
  /** Packets with an advertisement that the kernel did not take: of unicast, one for each peer. */
  readonly advertsUnsent: number;
  readonly advertsReceived: number;
  readonly becameMaster: number;
  readonly releasedMaster: number;
  readonly priorityZeroSent: number;
  readonly priorityZeroReceived: number;
  readonly announcementsSent: number;
  /** Addresses of ours that somebody removed and we put back. */
  readonly addressesPutBack: number;
  /** The same of routes and rules. */
  readonly pathsPutBack: number;
  /** How often the kernel removed addresses because this process prolonged them too late. */
  readonly lifetimesOver: number;
  /** ARP packets of others that claimed an address while we were master. */
  readonly claimsByOthers: number;
  /** Takeovers before which somebody answered for the address though nobody advertised. */
  readonly answeredProbes: number;
  /** Times that another was MASTER beside us, or may have been. */
  readonly overlaps: number;
  /** Times that the gate had shut before it was prolonged. */
  readonly gateLost: number;
  /** Packets for virtual routers of this link that are not ours. */
  readonly foreign: number;
  /** Advertisements taken whose checksum had each form: `pseudo-header`, `message`, `old-unicast`. */
  readonly checksumForms: Readonly<Record<string, number>>;
  /** Advertisements taken with other addresses than ours. */
  readonly addressMismatches: number;
  /** Advertisements taken though something was odd about them: `interval-differs`, `interval-clamped`, … */
  readonly odd: Readonly<Record<string, number>>;
  /** Advertisements of masters of lower priority, heard while we were master. */
  readonly lesserMasters: number;
  /** Packets dropped, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
}

export interface TrackerSnapshot {
  readonly kind: TrackKind;
  readonly name: string;
  /** Null: not known yet. */
  readonly up: boolean | null;
  /** The number in a file, else null. */
  readonly value: number | null;
  readonly weightDelta: number;
  readonly reverse: boolean;
  /** By how much it moves the priority now. */
  readonly effectDelta: number;
  /** Milliseconds since 1970: how long it has been so. */
  readonly sinceMs: number;
  /** What was seen last, in words, or null. */
  readonly detail: string | null;
}

/** What goes on that an operator should look at. */
export type AlarmName =
  /** The kernel does not take our advertisements, or some of them. */
  | 'adverts-unsent'
  /** Version 2: a director with another advert_int; neither hears the other. */
  | 'peer-interval-mismatch'
  /** Another director advertises other addresses for this VRID: another cluster, or another file. */
  | 'address-list-mismatch'
  /** Somebody else sends from our own address. */
  | 'duplicate-address'
  /** Somebody says on the link that he has an address of ours while we hold it. */
  | 'address-claimed'
  /** `isolation_anchor gateway`, and there is no default route: it does not count. */
  | 'no-gateway'
  /** Another director advertises beside us, the MASTER. */
  | 'two-masters'
  /** Two directors with priority 255. */
  | 'two-owners'
  /** A path of advertisements hears nothing, though others do. */
  | 'path-silent'
  /** A signed advertisement whose time is too far from ours: a clock is wrong. */
  | 'peer-clock'
  /** What only a stranger, or a director with other keys, sends. */
  | 'not-authentic';

export interface AlarmSnapshot {
  readonly name: AlarmName;
  readonly source: string;
  readonly detail: string;
}

/** A virtual router on one of our links that is none of ours. */
export interface ForeignRouter {
  readonly interface: string;
  readonly family: Family;
  readonly vrid: number;
  readonly source: string;
  readonly priority: number;
  /** Some of the addresses that it advertises. */
  readonly addresses: readonly string[];
}

export interface VirtualLinkSnapshot {
  readonly name: string;
  readonly kind: 'macvlan' | 'ipvlan';
  /** Interface below it. */
  readonly base: string;
  /** Null: that of the interface below. */
  readonly mac: string | null;
  /** Advertisements leave with its MAC. */
  readonly advertises: boolean;
}

/** One of several paths that the advertisements of an instance go by. */
export interface AdvertPathSnapshot {
  /** `main`, `eth1`, or `eth1 to 10.0.0.2`. */
  readonly name: string;
  readonly isMain: boolean;
  /** Why it is not there; null: it is. */
  readonly down: string | null;
  /** For how long nothing has come by it, though others heard; null: it is not silent, or nobody is heard. */
  readonly silentMs: Millis | null;
  /** How long ago an advertisement came by it, and the address there of who sent it; null: none ever did. */
  readonly heardMs: Millis | null;
  readonly heardFrom: string | null;
  readonly counters: {
    readonly sent: number;
    readonly heard: number;
    /** Times that it was silent while others heard. */
    readonly silences: number;
    /** Packets dropped on it, by reason. */
    readonly dropped: Readonly<Record<string, number>>;
  };
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
  /** Routes and rules that the master holds. */
  readonly paths: readonly string[];
  /** The kernel's gate: milliseconds until it shuts by itself; null: shut. `none`: there is none, and why. */
  readonly gate: { readonly openForMs: Millis | null } | { readonly none: string };
  /** So long after the process has died or is stopped the kernel removes the addresses; null: it does not. */
  readonly lifetimeSeconds: number | null;
  /** Links of ours that addresses are on: the one of the instance first. */
  readonly virtualLinks: readonly VirtualLinkSnapshot[];
  readonly counters: VrrpCounters;
  /** The main one first; empty, where there is but that. */
  readonly advertPaths: readonly AdvertPathSnapshot[];
  readonly trackers: readonly TrackerSnapshot[];
  /** When it was given up by order, and does not preempt since; null: it was not. */
  readonly gaveUpAtMs: number | null;
  readonly alarms: readonly AlarmSnapshot[];
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

/** Another director of this program, as heard on a link of ours. */
export interface PeerSnapshot {
  readonly interface: string;
  readonly family: Family;
  readonly address: string;
  /** How long ago. */
  readonly heardMs: Millis;
  readonly instances: readonly {
    readonly vrid: number;
    readonly priority: number;
    readonly state: VrrpState;
    /** Nothing but the master keeps it from being one. */
    readonly canTake: boolean;
  }[];
}

export interface VrrpSnapshot {
  readonly instances: readonly InstanceSnapshot[];
  readonly groups: readonly GroupSnapshot[];
  readonly scripts: readonly ScriptSnapshot[];
  readonly foreign: readonly ForeignRouter[];
  /** Directors of ours on the links. */
  readonly peers: readonly PeerSnapshot[];
  /** Null: no instance needs one. */
  readonly leases: LeasesSnapshot | null;
}
