/** Real servers that operators have taken from service, and those that leave after a reload: facts, no behaviour. */
import type { Millis } from '../base/time.ts';
import type { Destination, Service } from './ipvs-table.ts';
import type { Connections } from './plan.ts';

interface Ordered {
  /** `10.1.0.3:80`. */
  readonly realServer: string;
  /** As `nameOfVirtualServer` has it; null: every one that has this real server, also those of a later reload. */
  readonly virtualServer: string | null;
  /** Milliseconds since 1970, like all times here. */
  readonly sinceMs: number;
  readonly version: OrderVersion;
  /** `router_id` of the director where it was given. */
  readonly givenOn: string;
  /** For the director where it was given only (`--local`). */
  readonly isLocal: boolean;
}

/** Of two orders for the same the later one counts, on every director alike. */
export interface OrderVersion {
  /** Later than all that its director knew of when it was given, whatever its clock says. */
  readonly atMs: number;
  /** 16 hexadecimal digits; between orders of one moment it decides. */
  readonly director: string;
}

/** No new connections; those that are there may end by themselves. */
export interface DrainOrder extends Ordered {
  readonly kind: 'drain';
  /** It ends at this time, whoever is left; null: only when nobody is. */
  readonly untilMs: number | null;
  /** After its end: weight 0 as before, or out of the table. */
  readonly atEnd: 'stay' | 'remove';
  /** Null: it drains. */
  readonly ended: DrainEnd | null;
}

/** Out of the table at once, with the connections that it has. */
export interface DisableOrder extends Ordered {
  readonly kind: 'disable';
}

/** What an operator wants of a real server until somebody enables it again. */
export type Order = DrainOrder | DisableOrder;

/** Enabled: what was ordered before is lifted, also where it becomes known later than this. */
export interface Lift extends Ordered {
  readonly kind: 'enable';
}

/** Whatever an operator has said of a real server. */
export type Steering = Order | Lift;

export interface DrainEnd {
  readonly how: 'none-left' | 'timeout';
  readonly atMs: number;
  /** Null: the kernel did not tell. */
  readonly left: Connections | null;
}

/** A destination whose real server, or whose whole virtual server, a reload has removed (`drain_on_remove`). */
export interface Leaving {
  /** As it was before the reload: it stays in the kernel as long as somebody leaves it. */
  readonly service: Service;
  /** With weight 0. */
  readonly destination: Destination;
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** What outlives the process. */
export interface DrainState {
  /** Names this director in versions. */
  readonly director: string;
  readonly orders: readonly Order[];
  readonly lifts: readonly Lift[];
  readonly leaving: readonly Leaving[];
}

/** A real server in a virtual server, by their names. */
export interface NamedServer {
  readonly virtualServer: string;
  readonly realServer: string;
}

export interface OrderSnapshot {
  readonly order: Order;
  /** Where it is in force now; empty while nothing of the name is configured. */
  readonly servers: readonly NamedServer[];
  /** Of all of them together, as last counted; null: not yet, or there is nothing to count. */
  readonly left: Connections | null;
  /** It was given on this director. */
  readonly isOwn: boolean;
  /** The other directors that are there, by name, and whether they have it; none for what is local. */
  readonly peers: readonly PeerHas[];
}

export interface PeerHas {
  readonly name: string;
  readonly has: boolean;
}

/** Another director of ours that is heard, and where it stands with what is ordered here. */
export interface DrainPeer {
  readonly address: string;
  /** Its `router_id`; null: it has not said. */
  readonly name: string | null;
  /**
   * `told`: it has all. `telling`: not yet. `silent`: it does not answer. `unsigned`: the link has no key, and nothing
   * is told or believed. `full`: it has not taken all of it.
   */
  readonly state: 'told' | 'telling' | 'silent' | 'unsigned' | 'full';
}

export interface LeavingSnapshot extends NamedServer {
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly left: Connections | null;
}

export interface DrainSnapshot {
  readonly atMs: number;
  readonly orders: readonly OrderSnapshot[];
  /** Single virtual servers that an order for all of them is lifted for. */
  readonly lifts: readonly Lift[];
  readonly leaving: readonly LeavingSnapshot[];
  readonly peers: readonly DrainPeer[];
}

/** What is asked of real servers, in the words of who asks. */
export interface SteerRequest {
  /** `ADDRESS:PORT`. */
  readonly realServer: string;
  /** `10.0.0.1:80`, `10.0.0.1:80/tcp`, `web`, `fwmark 7`; null: every one that has it. */
  readonly virtualServer: string | null;
  /** This director only. */
  readonly local: boolean;
  /** Also if a virtual server loses its quorum by it. */
  readonly force: boolean;
  readonly want:
    | {
        readonly kind: 'drain';
        readonly timeoutMs: Millis | null;
        readonly atEnd: 'stay' | 'remove';
      }
    | { readonly kind: 'disable' }
    | { readonly kind: 'enable' };
}

export interface SteerReport {
  /** As it is named from now on. */
  readonly realServer: string;
  readonly virtualServer: string | null;
  readonly servers: readonly NamedServer[];
  /** Null: it is enabled. */
  readonly order: Order | null;
  /** Those that it has replaced or lifted. */
  readonly before: readonly Order[];
  /** Other directors that are there, and whether they have it. */
  readonly peers: readonly PeerHas[];
  /** What the operator may not have meant: `10.0.0.1:80 tcp has lost its quorum …`. */
  readonly notes: readonly string[];
}
