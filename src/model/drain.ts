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
  readonly orders: readonly Order[];
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
}

export interface LeavingSnapshot extends NamedServer {
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly left: Connections | null;
}

export interface DrainSnapshot {
  readonly atMs: number;
  readonly orders: readonly OrderSnapshot[];
  readonly leaving: readonly LeavingSnapshot[];
}

/** What is asked of real servers, in the words of who asks. */
export interface SteerRequest {
  /** `ADDRESS:PORT`. */
  readonly realServer: string;
  /** `10.0.0.1:80`, `10.0.0.1:80/tcp`, `web`, `fwmark 7`; null: every one that has it. */
  readonly virtualServer: string | null;
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
  /** What the operator may not have meant: `10.0.0.1:80 tcp has lost its quorum …`. */
  readonly notes: readonly string[];
}
