/** VRRP as configured: instances, sync groups and the scripts they track. Facts, no behaviour. */
import type { Family } from '../base/address.ts';
import type { Millis } from '../base/time.ts';
import type { LeaseConfig } from './lease.ts';
import type { VirtualRoute, VirtualRule } from './route.ts';
import type { NotifyScripts, Script } from './script.ts';
import type { InstanceLinks } from './virtual-link.ts';

/** A virtual address and how to put it on its interface. */
export interface VirtualAddress {
  readonly address: string;
  readonly prefixLength: number;
  /** Interface that holds it: `dev`, else the instance's own. */
  readonly interface: string;
  /** Address label of ifconfig's days (`eth0:1`), at most 15 characters, or null. */
  readonly label: string | null;
  /** Those that the administrator has defined are numbers. */
  readonly scope: 'global' | 'site' | 'link' | 'host' | number;
  /** Broadcast address, `'default'` for the network's own (keyword `brd +`), or null for none. */
  readonly broadcast: string | null;
  /** The far end of a point-to-point link, whose prefix the length then is; else absent. */
  readonly peer?: string;
  /** Absent: none of them. */
  readonly flags?: readonly AddressFlag[];
  /** How long it is preferred as a source, 0: not at all. Absent: for ever. */
  readonly preferredSeconds?: number;
  /** Nobody looks whether it is still there (`no_track`). */
  readonly untracked?: true;
}

/** `dad`: IPv6 looks for another owner first (keyword `-nodad`). `home`, `mngtmpaddr`: IPv6 only. */
export type AddressFlag = 'dad' | 'home' | 'mngtmpaddr' | 'noprefixroute' | 'autojoin';

/** What is held besides addresses. */
export interface Paths {
  readonly routes: readonly VirtualRoute[];
  readonly rules: readonly VirtualRule[];
}

/** A static entry, and the instances that are in FAULT while it is not there (`track_group`). */
export interface Static<Entry> {
  readonly entry: Entry;
  readonly followers: readonly string[];
}

/** There from start to stop, whoever is master. */
export interface Statics {
  readonly addresses: readonly Static<VirtualAddress>[];
  readonly routes: readonly Static<VirtualRoute>[];
  readonly rules: readonly Static<VirtualRule>[];
}

/** So many put-backs within a time are a tug of war, and lost. */
export interface PutBackLimit {
  /** 0: it is never given up. */
  readonly times: number;
  readonly withinMs: Millis;
}

/** When and how often gratuitous ARP (or neighbour advertisements) are sent. */
export interface AnnounceTiming {
  /** Announcements of each address at once on becoming master. */
  readonly repeat: number;
  /** Wait before the second round of `repeat`; 0: no second round. */
  readonly secondAfterMs: Millis;
  /** Period of the refresh while master; 0: none. */
  readonly refreshMs: Millis;
  readonly refreshRepeat: number;
  /** Announcements after hearing a lower-priority master. */
  readonly lowerPriorityRepeat: number;
  readonly lowerPriorityDelayMs: Millis;
  /** `request`: as keepalived and RFC 9568 have it. Some switches learn from replies only. */
  readonly form: 'request' | 'reply' | 'both';
  /** One more announcement again and again, by which switches keep what they know; null: none. */
  readonly extraEveryMs: Millis | null;
}

/** The least time between two announcements of one kind on an interface; 0: none. */
export interface AnnounceGap {
  readonly arpMs: Millis;
  readonly neighbourMs: Millis;
}

export interface AnnounceGaps {
  /** Of an interface in no group, which is one of its own. */
  readonly standard: AnnounceGap;
  /** Their interfaces take turns. */
  readonly groups: readonly (AnnounceGap & { readonly interfaces: readonly string[] })[];
}

export type TrackKind = 'interface' | 'script' | 'file' | 'process' | 'bfd';

/** Something an instance or group follows: with weight 0 its failure is a fault, else it moves the priority. */
export interface Track {
  readonly kind: TrackKind;
  /** Of the interface, or of the block that declares the script, file, process or session. */
  readonly name: string;
  /** -254 to 254. Above 0: added while up. Below 0: added while down. Of a file: multiplies what is in it. */
  readonly weightDelta: number;
  /** Up and down change places. */
  readonly reverse: boolean;
}

export type Authentication =
  | { readonly type: 'none' }
  /** At most 8 octets, sent in clear (RFC 2338 §5.3.6). */
  | { readonly type: 'pass'; readonly key: string }
  /** At most 8 octets, the key of HMAC-MD5 in an authentication header (RFC 2338 §5.3.6, RFC 2402). */
  | { readonly type: 'ah'; readonly key: string };

/** Advertisements are signed (keepalived 2.4 `auth_hmac`). */
export interface Signing {
  /** 32 to 64 octets each, as hexadecimal digits, by their number. */
  readonly keys: readonly { readonly id: number; readonly key: string }[];
  /** Number of the one that is signed with. */
  readonly activeKey: number;
  /** What becomes of advertisements without a signature; `receive-only`: as `permissive`, and none is sent. */
  readonly mode: 'enforce' | 'permissive' | 'receive-only';
  readonly antiReplay: 'time' | 'monotonic';
  /** By how much the clocks of sender and receiver may differ. */
  readonly windowMs: Millis;
}

export interface UnicastPeer {
  readonly address: string;
  /** Bounds of the time to live that its packets come with. */
  readonly ttlMin: number;
  readonly ttlMax: number;
}

/** Advertisements go to each peer by its address. */
export interface Unicast {
  /** None: the instance is in fault (`unicast_fault_no_peer`). */
  readonly peers: readonly UnicastPeer[];
  readonly ttl: number;
  /** Who is no peer, or is too far, is not heard. */
  readonly checkSource: boolean;
  /** The checksum of keepalived up to 1.3.6: found out by what a peer sends, always sent, or never. */
  readonly oldChecksum: 'detect' | 'always' | 'never';
}

/** A further path that the same advertisements go by, between directors of ours (`advert_paths`). */
export interface SidePath {
  /** `eth1`, or `eth1 to 10.0.0.2`. */
  readonly name: string;
  readonly interface: string;
  /** Null: the interface's primary address. */
  readonly sourceAddress: string | null;
  /** Null: by the multicast group of the instance. */
  readonly unicast: Unicast | null;
}

/** How advertisements of others are taken. */
export interface Hearing {
  /** Of version 3: a master's interval is adopted up to this (one forged packet must not silence us). */
  readonly intervalMaxMs: Millis;
  /** `vrrp_strict` in version 2: an advertisement with other addresses is dropped. */
  readonly dropOtherAddresses: boolean;
  /** The addresses are compared again only when somebody else sends (`skip_check_adv_addr`). */
  readonly compareOncePerSender: boolean;
  /** With priority 255 nothing is heard (`owner_ignore_adverts`). */
  readonly ownerIgnores: boolean;
}

/** The kernel's gate in front of the addresses of a master. */
export interface GateSettings {
  /** `on`: no MASTER without one; `auto`: where the kernel has nf_tables. */
  readonly mode: 'on' | 'off' | 'auto';
  /** How long after an advertisement it stays open; null: from the interval. */
  readonly timeMs: Millis | null;
}

export interface VrrpInstance {
  readonly name: string;
  readonly version: 2 | 3;
  readonly family: Family;
  /** The one that it is on; with a virtual MAC, the one below. */
  readonly interface: string;
  readonly links: InstanceLinks;
  /** 1 to 255. */
  readonly vrid: number;
  /** 1 to 255; 255 is the owner of the addresses. */
  readonly priority: number;
  readonly initialState: 'master' | 'backup';
  readonly advertIntervalMs: Millis;
  /** Adverts that may be missed before a backup takes over: 1 to 100, default 3. */
  readonly downTimerAdverts: number;
  readonly preempt: boolean;
  readonly preemptDelayMs: Millis;
  readonly authentication: Authentication;
  /** Null: they are not. */
  readonly signing: Signing | null;
  /** Source of the adverts (`mcast_src_ip`, `unicast_src_ip`), or null for the interface's primary address. */
  readonly sourceAddress: string | null;
  readonly multicastGroup: string;
  /** Null: advertisements go to the multicast group. */
  readonly unicast: Unicast | null;
  /** Beside the main path, which is all of the above. */
  readonly sidePaths: readonly SidePath[];
  /** Version 3 over IPv4: a checksum over the message alone, as RFC 9568 has it (`v3_checksum_as_v2`). */
  readonly bareChecksum: boolean;
  readonly hearing: Hearing;
  /** Advertised addresses, in the order of the file. */
  readonly addresses: readonly VirtualAddress[];
  /** Held like the others but not advertised. */
  readonly excludedAddresses: readonly VirtualAddress[];
  readonly routes: readonly VirtualRoute[];
  readonly rules: readonly VirtualRule[];
  readonly putBackLimit: PutBackLimit;
  readonly announce: AnnounceTiming;
  /** False: `dont_track_primary`. */
  readonly trackPrimaryInterface: boolean;
  /** FAULT while `sourceAddress` is not on the interface (`track_src_ip`). */
  readonly trackSourceAddress: boolean;
  readonly tracks: readonly Track[];
  /** What is not in the RFC is refused (`vrrp_strict`). */
  readonly strict: boolean;
  /** Packets to the addresses are taken by the MASTER; false: only by their owner (`no_accept`). */
  readonly accept: boolean;
  /** A backup that woke up later than so many intervals listens first (`timer_expired_backup`), or null. */
  readonly lateTimerAdverts: number | null;
  /** Answer a master of lower priority with an advert at once (RFC 9568 §6.4.3). */
  readonly answerLowerPriority: boolean;
  /** Send one more advert before yielding to a higher priority. */
  readonly answerHigherPriority: boolean;
  readonly notify: NotifyScripts;
  readonly gate: GateSettings;
  /**
   * How long an address that somebody answers for, though nobody advertises, is left to him; null: three
   * intervals, 0: nobody is asked.
   */
  readonly claimWaitMs: Millis | null;
  /** A director that none of these answers, and that hears no peer, stands down. None: it never does. */
  readonly isolationAnchors: readonly Anchor[];
}

/** What a director must reach to be of use. */
export type Anchor =
  | { readonly kind: 'address'; readonly address: string }
  /** The routers of the default routes. */
  | { readonly kind: 'gateway' }
  /** Any that a checker finds alive. */
  | { readonly kind: 'real-servers' };

export interface SyncGroup {
  readonly name: string;
  /** Names of instances; each belongs to one group at most. */
  readonly members: readonly string[];
  readonly tracks: readonly Track[];
  /** Weighted trackers of members count, and their priorities may then differ. */
  readonly trackWeights: boolean;
  readonly notify: NotifyScripts;
}

export interface VrrpScript {
  readonly name: string;
  readonly script: Script;
  readonly intervalMs: Millis;
  /** A run that takes longer has failed. */
  readonly timeoutMs: Millis;
  /** For instances that name no weight of their own. */
  readonly weightDelta: number;
  readonly reverse: boolean;
  /** Successes in a row until up, failures in a row until down. */
  readonly rise: number;
  readonly fall: number;
  readonly initFail: boolean;
}

export interface VrrpTrackFile {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** Written when the daemon starts: null for nothing. `overwrite`: even if the file is there. */
  readonly init: { readonly value: number; readonly overwrite: boolean } | null;
}

export interface VrrpTrackProcess {
  readonly name: string;
  /** The program: its short name, or with `fullCommand` the first word of its command line. */
  readonly command: string;
  readonly parameters: readonly string[];
  /** Compare with the command line, and not with the short name of at most 15 characters. */
  readonly fullCommand: boolean;
  /** How `parameters` are compared; null: they are not. */
  readonly parameterMatch: 'exact' | 'initial' | 'partial' | null;
  /** So many at least, and so many at most, are up. */
  readonly quorum: number;
  readonly quorumMax: number | null;
  /** Waits until a gain, and until a loss, counts. */
  readonly forkDelayMs: Millis;
  readonly terminateDelayMs: Millis;
}

/** How long an interface must be down, and up, before that counts (`interface_up_down_delays`). */
export interface LinkDelay {
  readonly interface: string;
  readonly downMs: Millis;
  readonly upMs: Millis;
}

/** Everything the `vrrp` process is told. */
export interface VrrpConfig {
  readonly instances: readonly VrrpInstance[];
  readonly syncGroups: readonly SyncGroup[];
  readonly scripts: readonly VrrpScript[];
  /** Null: no instance waits for one. */
  readonly lease: LeaseConfig | null;
  readonly trackFiles: readonly VrrpTrackFile[];
  readonly trackProcesses: readonly VrrpTrackProcess[];
  readonly linkDelays: readonly LinkDelay[];
  readonly statics: Statics;
  /** How far apart announcements are sent, by groups of interfaces. */
  readonly announceGaps: AnnounceGaps;
  /** UDP port of the link between directors of ours; null: there is none. */
  readonly peerPort: number | null;
  /** No instance becomes master before this time after the start. */
  readonly startupDelayMs: Millis;
  /** Nor before this time after the boot of the host; absent: there is no such time. */
  readonly delayAfterBootMs?: Millis;
  readonly process: ProcessSettings;
}

/** How the kernel schedules a process of ours. */
export interface ProcessSettings {
  /** SCHED_RR priority 1 to 99, or null for the ordinary scheduler. */
  readonly realtimePriority: number | null;
  /** Nice value -20 to 19, or null. */
  readonly niceness: number | null;
  /** Lock all memory (mlockall). */
  readonly lockMemory: boolean;
  /** Those that it may run on; absent: any. */
  readonly cpus?: readonly number[];
  /** What ps(1) and top(1) call it; absent: what Node does. */
  readonly name?: string;
}
