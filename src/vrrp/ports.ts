/** What VRRP asks of the outside, in its own words; the wiring in daemon/ answers. */
import type { Log } from '../base/log.ts';
import type { Clock, Instant, Millis } from '../base/time.ts';
import type { Renaming, VrrpWord } from '../model/notice.ts';
import type { NotifyScripts } from '../model/script.ts';
import type { LeasesSnapshot } from '../model/snapshot-lease.ts';
import type { AnnounceTiming, Paths, VirtualAddress, VrrpInstance } from '../model/vrrp.ts';
import type { TrackPorts } from '../track/tracker.ts';
import type { AdvertPort } from './adverts/ports-adverts.ts';
import type { PeerPort } from './peers/ports-peers.ts';

export interface LinkFacts {
  /** Another one of the same name has another index. */
  readonly index: number;
  readonly running: boolean;
  /** All that it has of the family, virtual ones too. */
  readonly addresses: ReadonlySet<string>;
  /** Null: it has none that is not one of our virtual ones. */
  readonly primaryAddress: string | null;
}

/** What is known of the links now; the wiring calls `linksChanged` when it is something else. */
export interface LinkPort {
  /** Null: there is no such interface. */
  find(interfaceName: string, family: VrrpInstance['family']): LinkFacts | null;
  /** Why an instance has not the virtual links that it needs; null: it has. Absent: there are none. */
  faultOf?(instance: VrrpInstance): string | null;
}

/**
 * Puts addresses on their interfaces, then routes and rules into their tables, and takes all of them away in
 * the reverse order. Never rejects: what the kernel refuses is logged. `validSeconds`: the addresses go by themselves
 * that long after this process has died or is stopped; null: they do not.
 */
export interface AddressPort {
  hold(
    addresses: readonly VirtualAddress[],
    paths: Paths,
    validSeconds: number | null,
  ): Promise<void>;
  release(addresses: readonly VirtualAddress[], paths: Paths): Promise<void>;
}

/** The kernel's gate in front of addresses: while it is shut nobody answers for them, whoever holds them. */
export interface GatePort {
  /** Why there is none; then nothing below does anything. */
  readonly missing: string | null;
  /** `run-out`: an earlier life had opened it, and too long ago. */
  open(addresses: readonly string[], forMs: Millis): 'open' | 'run-out' | 'refused';
  /** At the end of this turn; what has run out meanwhile is not opened again, and told. */
  renew(renewal: {
    /** Asked when it is sent. */
    readonly addresses: readonly string[];
    /** How long it may be open from now on; asked when it is sent, and once more behind it. */
    readonly leftMs: () => Millis;
    readonly onLost: (reason: string) => void;
  }): void;
  /** Must be open. */
  shut(addresses: readonly string[]): void;
  /** They are not held any more. */
  unguard(addresses: readonly string[]): void;
  /** Drops packets to them but neighbour discovery, or does so no more. */
  refuse(addresses: readonly string[]): void;
  permit(addresses: readonly string[]): void;
}

/** Tells a link where an address is now. */
export interface AnnouncePort {
  announce(interfaceName: string, address: string, form: AnnounceTiming['form']): void;
  /** Asks who has an address; whoever answers is told as a claim. `from` null: the question claims nothing. */
  probe(interfaceName: string, address: string, from: string | null): void;
}

/** A router that a default route leads to. */
export interface Gateway {
  readonly address: string;
  readonly interface: string;
}

/** What an instance is anchored to beside addresses (`isolation_anchor`). */
export interface AnchorPort {
  /** Of the table that the link is in. None: no default route was ever known. */
  gateways(family: VrrpInstance['family'], link: string): readonly Gateway[];
  /** Whether a checker finds any real server alive; null: of none is anything known. */
  areServersUp(): boolean | null;
}

/** What is there whoever is master. */
export interface StaticPort {
  /** Why an instance cannot work: something static that it follows is not there. Null: nothing is missing. */
  faultOf(instanceName: string): string | null;
}

export interface Transition {
  readonly kind: 'INSTANCE' | 'GROUP';
  readonly name: string;
  readonly state: VrrpWord;
  readonly priority: number;
}

export interface NotifyPort {
  changed(transition: Transition, scripts: NotifyScripts): void;
  /** By a reload, before anything is told of them by their new names. */
  renamed(renamings: readonly Renaming[]): void;
}

/** The leases of the instances that may be master only with one (lease/speaker.ts). */
export interface LeasePort {
  /** From now on, until `release`; the wiring calls `leaseGranted`, `leaseLost` and `leaseWanted`. */
  want(name: string, priority: number): void;
  /** The addresses that it stands for are gone. */
  release(name: string): void;
  /** Null: it is not held. */
  holdsUntil(name: string): Instant | null;
  snapshot(): LeasesSnapshot;
}

export interface VrrpPorts extends TrackPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly adverts: AdvertPort;
  readonly links: LinkPort;
  readonly addresses: AddressPort;
  readonly gate: GatePort;
  readonly announcer: AnnouncePort;
  readonly statics: StaticPort;
  readonly notify: NotifyPort;
  /** Resolves when what had come to the sockets before has been given to us. Absent: it always has. */
  readonly turn?: () => Promise<void>;
  /** Absent: nothing is agreed upon with other directors. */
  readonly peers?: PeerPort;
  /** Absent: no instance needs a lease. */
  readonly leases?: LeasePort;
  /** Absent: nothing is known of gateways and real servers. */
  readonly anchors?: AnchorPort;
}

export const STATE_WORD = { master: 'MASTER', backup: 'BACKUP', fault: 'FAULT' } as const;
