/** Links of our own making that virtual addresses are put on: a macvlan with the virtual MAC, or an ipvlan. Facts. */

import type { VirtualAddress } from './vrrp.ts';

export interface VirtualLink {
  /** At most 15 characters. */
  readonly name: string;
  readonly kind: 'macvlan' | 'ipvlan';
  /** Name of the interface below. */
  readonly base: string;
  /** `00:00:5e:00:01:33`; null: that of the base, which an ipvlan has. */
  readonly mac: string | null;
  /** Whether others on the same base reach it. */
  readonly isolation: 'private' | 'vepa' | 'bridge';
  /** Interface group. */
  readonly group: number;
  /** VRF that it is put into; null: the one that its base is in. */
  readonly vrf: string | null;
}

/** The links of an instance beside its interface. */
export interface InstanceLinks {
  /** Holds the addresses of the instance (`use_vmac`, `use_ipvlan`); null: its interface does. */
  readonly own: VirtualLink | null;
  /** Of an ipvlan itself, which it has as long as it is there; advertisements come from it. Else null. */
  readonly ownAddress: VirtualAddress | null;
  /** Hold addresses of other interfaces (`use_vmac_addr`). */
  readonly others: readonly VirtualLink[];
  /** Advertisements have the MAC of the interface though there is a virtual one (`vmac_xmit_base`, `use_ipvlan`). */
  readonly sendsFromBase: boolean;
  /** The VRF that the interface must be in, or null. */
  readonly vrf: string | null;
  /** The kernel keeps the other addresses of a network when the first one is removed. */
  readonly promoteSecondaries: boolean;
}

export const NO_LINKS: InstanceLinks = {
  own: null,
  ownAddress: null,
  others: [],
  sendsFromBase: true,
  vrf: null,
  promoteSecondaries: false,
};
