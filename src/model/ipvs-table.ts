/**
 * The IPVS table, as it should be and as it is, entry by entry. A service is a virtual server that the
 * kernel holds; a destination is a real server, or a sorry server, within it.
 */
import type { ForwardingMethod, SchedulerFlags, ServiceKey } from './virtual-server.ts';

export interface Service {
  readonly key: ServiceKey;
  readonly scheduler: string;
  readonly persistent: boolean;
  readonly onePacket: boolean;
  readonly schedulerFlags: SchedulerFlags;
  /** Of persistence; 0 without. */
  readonly timeoutSeconds: number;
  /** All bits of the family without persistence; null: somebody set a mask with gaps. */
  readonly granularityBits: number | null;
  /** Persistence engine (`sip`), or null. */
  readonly engine: string | null;
}

/** Destinations of a service with `mh`: CONFIG_IP_VS_MH_TAB_INDEX 12, which is its default (net/netfilter/ipvs/ip_vs_mh.c). */
export const MH_DESTINATIONS_MAX = 4_093;

export interface Tunnel {
  readonly type: 'ipip' | 'gue' | 'gre' | 'other';
  /** Of GUE; otherwise 0. */
  readonly port: number;
  /** 1: checksum, 2: remote checksum. */
  readonly flags: number;
}

/** What the kernel may hold besides: methods that we never ask for, and numbers without a name. */
export type HeldForwarding = ForwardingMethod | 'local' | 'bypass' | 'other';

export interface Destination {
  readonly address: string;
  readonly port: number;
  readonly forwarding: HeldForwarding;
  /** Only with `tun`. */
  readonly tunnel: Tunnel | null;
  readonly weight: number;
  readonly upperThreshold: number;
  readonly lowerThreshold: number;
}

export interface ServiceEntry {
  readonly service: Service;
  /** No address and port twice; the order means nothing. */
  readonly destinations: readonly Destination[];
}

export interface IpvsTable {
  /** No key twice; the order means nothing. */
  readonly services: readonly ServiceEntry[];
}
