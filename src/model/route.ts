/** Routes and policy rules as configured, numbers in the place of the names of iproute2's tables. */
import type { Family } from '../base/address.ts';

/** An address and how many of its bits count. */
export interface Prefix {
  readonly address: string;
  readonly length: number;
}

export type RouteType =
  | 'unicast'
  | 'local'
  | 'broadcast'
  | 'anycast'
  | 'multicast'
  | 'blackhole'
  | 'unreachable'
  | 'prohibit'
  | 'throw'
  | 'nat'
  | 'xresolve';

/** Lightweight tunnel that a way leads into. */
export type Encapsulation =
  | {
      readonly type: 'ip' | 'ip6';
      readonly id: number | null;
      readonly destination: string | null;
      readonly source: string | null;
      /** Type of service or traffic class. */
      readonly tos: number | null;
      /** Hops. */
      readonly ttl: number | null;
      /** 16 bits: 1 asks for a checksum, 4 for the id as a key, 8 for sequence numbers. */
      readonly flags: number | null;
    }
  /** The outermost label first. */
  | { readonly type: 'mpls'; readonly labels: readonly number[] }
  /** 16 hexadecimal digits. */
  | { readonly type: 'ila'; readonly locator: string };

/** One way to a destination. */
export interface RouteHop {
  /** May be of the other family. */
  readonly gateway: string | null;
  readonly interface: string | null;
  /** The gateway is on the link, whatever the addresses say. */
  readonly onLink: boolean;
  /** 1 to 256: its share where there are several. */
  readonly weight: number;
  /** IPv4 only: source realm in the upper, destination realm in the lower 16 bits. */
  readonly realms: number | null;
  readonly encapsulation: Encapsulation | null;
}

/** `congestionControl` is a name, all others are numbers in the kernel's units. */
export interface RouteMetric {
  readonly name:
    | 'mtu'
    | 'window'
    | 'rtt'
    | 'rttVariation'
    | 'slowStartThreshold'
    | 'congestionWindow'
    | 'advertisedMss'
    | 'reordering'
    | 'hopLimit'
    | 'initialCongestionWindow'
    | 'features'
    | 'rtoMin'
    | 'initialReceiveWindow'
    | 'quickAck'
    | 'congestionControl'
    | 'fastOpenNoCookie';
  readonly value: number | string;
  /** The kernel does not change it by what it learns. */
  readonly locked: boolean;
}

export interface VirtualRoute {
  readonly family: Family;
  readonly type: RouteType;
  readonly destination: Prefix;
  /** IPv6 only. */
  readonly source: Prefix | null;
  readonly tos: number;
  readonly table: number;
  /** Interface whose VRF has the table, in the place of a number; or null. */
  readonly vrf: string | null;
  /** Null: the kernel's own. */
  readonly metric: number | null;
  /** RTPROT_*. */
  readonly protocol: number;
  /** RT_SCOPE_*. */
  readonly scope: number;
  readonly preferredSource: string | null;
  /** None for a route that leads nowhere. */
  readonly hops: readonly RouteHop[];
  readonly metrics: readonly RouteMetric[];
  /** IPv6 only. */
  readonly lifetimeSeconds: number | null;
  /** IPv6 only. */
  readonly preference: 'low' | 'medium' | 'high' | null;
  /** `add`: only where there is none like it; the others: before or after those that are like it. */
  readonly place: 'add' | 'prepend' | 'append';
  /** Nobody looks whether it is still there (`no_track`). */
  readonly untracked: boolean;
}

export interface NumberRange {
  readonly first: number;
  readonly last: number;
}

export type RuleAction =
  | { readonly do: 'table'; readonly table: number }
  /** The table of the VRF that a packet belongs to. */
  | { readonly do: 'l3mdev' }
  | { readonly do: 'goto'; readonly priority: number }
  | { readonly do: 'nop' | 'blackhole' | 'unreachable' | 'prohibit' };

export interface VirtualRule {
  readonly family: Family;
  /** Null: the kernel chooses, one lower than the first that is there. */
  readonly priority: number | null;
  /** Packets that do not fit. */
  readonly not: boolean;
  readonly source: Prefix | null;
  readonly destination: Prefix | null;
  readonly tos: number;
  readonly mark: { readonly value: number; readonly mask: number | null } | null;
  readonly inputInterface: string | null;
  readonly outputInterface: string | null;
  readonly tunnelId: number | null;
  readonly users: NumberRange | null;
  readonly ipProtocol: number | null;
  readonly sourcePorts: NumberRange | null;
  readonly destinationPorts: NumberRange | null;
  /** Routes whose prefix has at most this length do not count. */
  readonly suppressPrefixLength: number | null;
  readonly suppressInterfaceGroup: number | null;
  /** IPv4 only. */
  readonly realms: number | null;
  /** RTPROT_*. */
  readonly protocol: number;
  readonly action: RuleAction;
  /** Nobody looks whether it is still there (`no_track`). */
  readonly untracked: boolean;
}
