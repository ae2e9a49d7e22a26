/** What a reload would change, as the daemon tells it before anything is changed: facts, no behaviour. */
import type { Millis } from '../base/time.ts';

/** Connections that the kernel counts for a real server. */
export interface Connections {
  readonly active: number;
  readonly inactive: number;
  /** Persistence templates: clients that are to come back to it. */
  readonly persistent: number;
}

/** One message to the kernel. */
export interface PlannedChange {
  /** `~ real server 10.1.0.3:80 of 10.0.0.1:80 tcp: weight 1 → 3`: as the log tells it when it is done. */
  readonly text: string;
  readonly change:
    | 'add-service'
    | 'edit-service'
    | 'remove-service'
    | 'add-destination'
    | 'edit-destination'
    | 'remove-destination';
  /** `10.0.0.1:80 tcp` */
  readonly virtualServer: string;
  /** `10.1.0.3:80`, or null: the virtual server itself. */
  readonly realServer: string | null;
  /** Connections that end with it; null: it cuts none by its nature. */
  readonly cuts: Connections | null;
  /** It has left the configuration, and is removed when these have ended; null: it is not drained. */
  readonly drains: PlannedDrain | null;
}

export interface PlannedDrain extends Connections {
  /** When it is removed at the latest. */
  readonly withinMs: Millis;
}

/** The IPVS table. */
export interface IpvsPlan {
  readonly count: number;
  /** In the order in which they would be made; the first 10 000. */
  readonly changes: readonly PlannedChange[];
  readonly driftCount: number;
  /** Differs already from the configuration in force, and is put right with or without a reload. */
  readonly drift: readonly PlannedChange[];
  /** Of both, what the kernel refused the last time, and is asked for again; these count in neither. */
  readonly refusedBefore: readonly PlannedChange[];
  readonly refusedBeforeCount: number;
  /** Virtual servers of others whose address, protocol and port are configured: they become ours. */
  readonly takenOver: readonly string[];
  readonly unchanged: { readonly virtualServers: number; readonly realServers: number };
}

/** A property of something that stays, and is changed; values in words. */
export interface PlannedDifference {
  /** `label`, `interval`, `next hop` */
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

export interface PlannedVrrpChange {
  /** `- address 192.0.2.11/24 dev eth0 of instance VI_1: released at once` */
  readonly text: string;
  readonly change: 'add' | 'edit' | 'remove';
  /** `role`: it will be in FAULT, or will not any more; `path`: a route or a rule; `link`: an interface of our making. */
  readonly about: 'instance' | 'role' | 'priority' | 'protocol' | 'address' | 'path' | 'link';
  /** `192.0.2.11/24 dev eth0`; of all but addresses, paths and links the name of the instance. */
  readonly name: string;
  /** Null: of none, whoever is MASTER (`static_ipaddress` and its kin). */
  readonly instance: string | null;
  /** None but of what is edited. */
  readonly differences: readonly PlannedDifference[];
}

/** The instances: what happens to them at once, by the roles that they have now. */
export interface VrrpPlan {
  readonly changes: readonly PlannedVrrpChange[];
  readonly unchanged: { readonly instances: number };
}
