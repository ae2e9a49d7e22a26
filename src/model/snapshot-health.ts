/** What the checkers have found and what was decided from it, for people and machines to look at. */
import type { Millis } from '../base/time.ts';
import type { Order } from './drain.ts';
import type { ForwardingMethod, ServiceKey, Tunnel } from './virtual-server.ts';

/**
 * `awaiting`: a server that begins down (`alpha`) and has no result yet. It serves as little as one
 * that is down, but nobody has been told that it is.
 */
export type Standing = 'up' | 'down' | 'awaiting';

export interface VerdictSnapshot {
  readonly up: boolean;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly latencyMs: Millis | null;
  /** Path that was asked for, or null when the checker has no urls. */
  readonly url: string | null;
  /** Why it failed: `ECONNREFUSED`, `timeout`, `status` …; null for a success. */
  readonly reason: string | null;
  readonly detail: string | null;
}

export interface CheckerSnapshot {
  /** The keyword of the configuration. */
  readonly kind: 'TCP_CHECK' | 'HTTP_GET' | 'SSL_GET' | 'BFD_CHECK';
  /** `10.0.0.1:80`, or the name of a BFD session. */
  readonly target: string;
  readonly urls: readonly string[];
  readonly standing: Standing;
  readonly lastVerdict: VerdictSnapshot | null;
  readonly lastFailure: VerdictSnapshot | null;
  /** Failures in a row that are still forgiven, and how many may be. */
  readonly forgivenFailures: number;
  readonly retry: number;
  /** Since the checker was created. */
  readonly successes: number;
  readonly failures: number;
}

export interface RealServerHealth {
  readonly address: string;
  readonly port: number;
  readonly forwarding: ForwardingMethod;
  /** Only with `tun`. */
  readonly tunnel: Tunnel | null;
  readonly standing: Standing;
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
  /** What made it so. */
  readonly reason: string;
  readonly configuredWeight: number;
  /** The weight that the kernel should hold, or null when the server should be absent. */
  readonly effectiveWeight: number | null;
  /** An operator has taken it from service; its checks go on. */
  readonly order: Order | null;
  readonly checkers: readonly CheckerSnapshot[];
}

export interface SorryServerHealth {
  readonly address: string;
  readonly port: number;
  readonly forwarding: ForwardingMethod;
  readonly tunnel: Tunnel | null;
  readonly inUse: boolean;
}

export interface VirtualServerHealth {
  /** As in the configuration: one, or those of its group. */
  readonly keys: readonly ServiceKey[];
  readonly group: string | null;
  readonly scheduler: string;
  readonly quorumMet: boolean;
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
  readonly quorum: number;
  readonly hysteresis: number;
  /** Sum of the configured weights of the real servers that are up and not taken from service. */
  readonly upWeight: number;
  readonly sorryServer: SorryServerHealth | null;
  readonly realServers: readonly RealServerHealth[];
}

/**
 * A real server of DR or TUN mode that answers ARP for a virtual address, though the director holds it: clients
 * may reach it directly.
 */
export interface ArpFault {
  readonly realServer: string;
  readonly virtualAddress: string;
  readonly mac: string;
  /** Of the director, on which the answer came. */
  readonly interface: string;
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
}

export interface HealthSnapshot {
  readonly virtualServers: readonly VirtualServerHealth[];
  readonly arpFaults: readonly ArpFault[];
  /** Checks under way, and checks that are due but wait for a free place. */
  readonly checksRunning: number;
  readonly checksWaiting: number;
}
