/** Virtual servers and their real servers as configured. Facts, no behaviour. */
import type { Family } from '../base/address.ts';
import type { Millis } from '../base/time.ts';
import type { Check } from './checker.ts';
import type { KernelSettings } from './kernel-settings.ts';
import type { Script } from './script.ts';
import type { ProcessSettings } from './vrrp.ts';

export type Protocol = 'tcp' | 'udp' | 'sctp';

/** What identifies a service to the kernel. */
export type ServiceKey =
  | {
      readonly kind: 'address';
      readonly family: Family;
      readonly protocol: Protocol;
      readonly address: string;
      /** 1 to 65535, or 0 for every port. */
      readonly port: number;
    }
  | { readonly kind: 'fwmark'; readonly family: Family; readonly mark: number };

/** How packets reach the real server: NAT rewrites, DR changes the MAC, TUN wraps in IP. */
export type ForwardingMethod = 'nat' | 'dr' | 'tun';

/** How a packet is wrapped on its way to a TUN real server. */
export interface Tunnel {
  readonly type: 'ipip' | 'gue' | 'gre';
  /** Of the other end, 1 to 65535; 0 without GUE. */
  readonly port: number;
  /** Of GUE and GRE; `remote` only of GUE. */
  readonly checksum: 'none' | 'full' | 'remote';
}

/** To other schedulers these are flags without a name: `flag-1`, `flag-2`, `flag-3`. */
export interface SchedulerFlags {
  /** `sh`, `mh`: take the next server when the chosen one is down. */
  readonly fallback: boolean;
  /** `sh`, `mh`: hash the source port too. */
  readonly port: boolean;
  /** Has no meaning to any scheduler yet. */
  readonly third: boolean;
}

export interface Persistence {
  readonly timeoutSeconds: number;
  /** Clients in one network of this prefix length stay together: 1..32 and 1..128. */
  readonly granularityBits: Readonly<Record<Family, number>>;
  /** Finds the client in the packet instead of by its address: `sip`; null: by its address. */
  readonly engine: string | null;
}

export interface RealServer {
  readonly address: string;
  /** 0: the one that the client asked for. Only of NAT is it used in each service: `destinationPort`. */
  readonly port: number;
  readonly forwarding: ForwardingMethod;
  /** Only with `tun`. */
  readonly tunnel: Tunnel | null;
  /** 0 to 2147483647; 0 takes no new connections. */
  readonly weight: number;
  /** Connections at which the kernel stops and resumes sending new ones; 0: none. */
  readonly upperThreshold: number;
  readonly lowerThreshold: number;
  /** A failed server stays in the kernel with weight 0 instead of leaving it. */
  readonly inhibitOnFailure: boolean;
  readonly checks: readonly Check[];
  readonly notifyUp: Script | null;
  readonly notifyDown: Script | null;
  /** Mail is sent when it comes up or goes down. */
  readonly mails: boolean;
  /** That it serves from the start is told, too; absent: it is not. */
  readonly tellsInitial?: true;
}

/** Serves when too few real servers are up. */
export interface SorryServer {
  readonly address: string;
  /** 0: the one that the client asked for. Only of NAT is it used in each service: `destinationPort`. */
  readonly port: number;
  readonly forwarding: ForwardingMethod;
  /** Only with `tun`. */
  readonly tunnel: Tunnel | null;
  /** Stays in the kernel with weight 0 while it is not needed. */
  readonly inhibit: boolean;
}

export interface VirtualServer {
  /** Its services in the kernel, which share all else: one, or those of its group. No key twice. */
  readonly keys: readonly ServiceKey[];
  /** The virtual_server_group that they come from, or null. */
  readonly group: string | null;
  /** Name of the kernel's scheduler: `rr`, `wrr`, … */
  readonly scheduler: string;
  readonly schedulerFlags: SchedulerFlags;
  /** UDP: each packet is scheduled on its own. */
  readonly onePacket: boolean;
  readonly persistence: Persistence | null;
  readonly realServers: readonly RealServer[];
  readonly sorryServer: SorryServer | null;
  /** Weight that must be up; up at quorum + hysteresis, down below quorum - hysteresis. */
  readonly quorum: number;
  readonly hysteresis: number;
  readonly quorumUp: Script | null;
  readonly quorumDown: Script | null;
  /** Mail is sent when the quorum is won or lost. */
  readonly mails: boolean;
  /** At stop, `notify_down` runs for each real server in the kernel, and `quorum_down`. */
  readonly omega: boolean;
  /** How long what a reload removes may keep its connections, with weight 0; 0: it leaves at once. */
  readonly drainOnRemoveMs: Millis;
}

/** Everything the `health` process is told. */
export interface HealthConfig {
  readonly virtualServers: readonly VirtualServer[];
  /** Remove everything from the kernel's table before the start. */
  readonly flushAtStart: boolean;
  /** Who listens to changes, besides scripts. */
  readonly listeners: { readonly fifo: boolean; readonly mail: boolean };
  /** What is asked of IPVS besides virtual servers. */
  readonly settings: KernelSettings;
  readonly process: ProcessSettings;
  /** `router_id` */
  readonly directorName: string;
}
