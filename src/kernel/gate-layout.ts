/**
 * What the gate is made of, as data: `nft list table inet lvsd` shows it. What is for an address in `guarded`
 * is dropped unless the address is in `open` too, and there it runs out by itself. What is for an address in
 * `refused` is dropped always but for the discovery of neighbours (`no_accept`).
 */
import type { Expression } from '../wire/nftables/expression.ts';
import type { NftChain, NftFamily, NftSet } from '../wire/nftables/message.ts';

export const TABLE = 'lvsd';

/** By this a later life knows a table of ours; another layout gets another number. */
export const COMMENT_START = 'kept by lvsd';
const LAYOUT = `${COMMENT_START}, layout 1, for `;
/** `nft` reads comments of 128 octets with their NUL. */
const OWNER_CHARACTERS_MAX = 127 - LAYOUT.length;

/** What a table says whose daemon has this run directory. */
export function commentFor(runDir: string): string {
  return `${LAYOUT}${runDir.replace(/[^\x21-\x7e]/g, '?').slice(0, OWNER_CHARACTERS_MAX)}`;
}

/** The run directory; null: that of another layout. */
export function ownerIn(comment: string): string | null {
  return comment.startsWith(LAYOUT) ? comment.slice(LAYOUT.length) : null;
}

export interface TableLayout<Family extends NftFamily> {
  readonly family: Family;
  readonly sets: Readonly<Record<string, NftSet>>;
  readonly chains: readonly (NftChain<Family> & {
    readonly rules: readonly (readonly Expression[])[];
  })[];
}

function set(id: number, name: string, key: NftSet['key'], expires = false): NftSet {
  return { id, name, key, expires };
}

export const ARP_SETS: Readonly<Record<'guarded' | 'open', NftSet>> = {
  guarded: set(1, 'guarded', 'ipv4'),
  open: set(2, 'open', 'ipv4', true),
};

export const IP_SETS: Readonly<Record<`${'guarded' | 'open' | 'refused'}${4 | 6}`, NftSet>> = {
  guarded4: set(3, 'guarded4', 'ipv4'),
  open4: set(4, 'open4', 'ipv4', true),
  guarded6: set(5, 'guarded6', 'ipv6'),
  open6: set(6, 'open6', 'ipv6', true),
  refused4: set(7, 'refused4', 'ipv4'),
  refused6: set(8, 'refused6', 'ipv6'),
};

type Load = Expression & { readonly load: string };

/** Where the addresses stand: in ARP (RFC 826), in IP, behind the type and flags of ICMPv6 (RFC 4861 §4.3). */
const ARP_SENDER: Load = { load: 'network', offset: 14, octets: 4 };
const ARP_TARGET: Load = { load: 'network', offset: 24, octets: 4 };
const IPV4_DESTINATION: Load = { load: 'network', offset: 16, octets: 4 };
const IPV6_DESTINATION: Load = { load: 'network', offset: 24, octets: 16 };
const ICMPV6_TYPE: Load = { load: 'transport', offset: 0, octets: 1 };
const ICMPV6_TARGET: Load = { load: 'transport', offset: 8, octets: 16 };

const IS_IPV4: readonly Expression[] = [{ meta: 'family' }, { equals: 2 }];
const IS_IPV6: readonly Expression[] = [{ meta: 'family' }, { equals: 10 }];
const DROP: Expression = { verdict: 'drop' };

const SOLICITATION = 135;
const ADVERTISEMENT = 136;

function isNeighbourDiscovery(type: number): readonly Expression[] {
  return [...IS_IPV6, { meta: 'protocol' }, { equals: 58 }, ICMPV6_TYPE, { equals: type }];
}

function unlessOpen(address: Load, guarded: NftSet, open: NftSet): readonly Expression[] {
  return [
    address,
    { lookup: guarded, absent: false },
    address,
    { lookup: open, absent: true },
    DROP,
  ];
}

/** NF_IP_PRI_CONNTRACK_DEFRAG is -400: nothing of a shut gate reaches connection tracking. */
const BEFORE_CONNTRACK = -450;
const ARP_PRIORITY = -150;
/** Before the filters of others; IPVS comes at 98 and later. */
const ACCEPT_PRIORITY = -10;

export const ARP_LAYOUT: TableLayout<'arp'> = {
  family: 'arp',
  sets: ARP_SETS,
  chains: [
    {
      name: 'input',
      hook: 'input',
      priority: ARP_PRIORITY,
      rules: [unlessOpen(ARP_TARGET, ARP_SETS.guarded, ARP_SETS.open)],
    },
    {
      name: 'output',
      hook: 'output',
      priority: ARP_PRIORITY,
      rules: [unlessOpen(ARP_SENDER, ARP_SETS.guarded, ARP_SETS.open)],
    },
  ],
};

export const IP_LAYOUT: TableLayout<'inet'> = {
  family: 'inet',
  sets: IP_SETS,
  chains: [
    {
      name: 'arriving',
      hook: 'prerouting',
      priority: BEFORE_CONNTRACK,
      rules: [
        [...IS_IPV4, ...unlessOpen(IPV4_DESTINATION, IP_SETS.guarded4, IP_SETS.open4)],
        [...IS_IPV6, ...unlessOpen(IPV6_DESTINATION, IP_SETS.guarded6, IP_SETS.open6)],
        [
          ...isNeighbourDiscovery(SOLICITATION),
          ...unlessOpen(ICMPV6_TARGET, IP_SETS.guarded6, IP_SETS.open6),
        ],
      ],
    },
    {
      name: 'leaving',
      hook: 'output',
      priority: BEFORE_CONNTRACK,
      rules: [
        [
          ...isNeighbourDiscovery(ADVERTISEMENT),
          ...unlessOpen(ICMPV6_TARGET, IP_SETS.guarded6, IP_SETS.open6),
        ],
      ],
    },
    {
      name: 'accepted',
      hook: 'input',
      priority: ACCEPT_PRIORITY,
      rules: [
        [...IS_IPV4, IPV4_DESTINATION, { lookup: IP_SETS.refused4, absent: false }, DROP],
        [...isNeighbourDiscovery(SOLICITATION), { verdict: 'accept' }],
        [...isNeighbourDiscovery(ADVERTISEMENT), { verdict: 'accept' }],
        [...IS_IPV6, IPV6_DESTINATION, { lookup: IP_SETS.refused6, absent: false }, DROP],
      ],
    },
  ],
};
