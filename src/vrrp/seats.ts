/** What belongs to a virtual router besides itself: its group, and what both track. */
import type { Track, VrrpInstance } from '../model/vrrp.ts';
import { allAddresses } from './holding.ts';
import type { RouterGroup } from './router-group.ts';
import { memberTracks } from './sync-group.ts';
import type { VirtualRouter } from './virtual-router.ts';

export interface Seat {
  readonly group: RouterGroup | null;
  /** Its own, and those of its group. */
  readonly tracks: readonly Track[];
}

/** Those of one identity are few: the name is not part of it. */
export function identityOf({ interface: link, vrid, family }: VrrpInstance): string {
  return `${family} ${vrid} ${link}`;
}

/**
 * Whether a router goes on under another configuration of its identity. Two of one VRID differ in their
 * peers; a change from multicast to peers is told by the name.
 */
export function goesOnAs(before: VrrpInstance, after: VrrpInstance): boolean {
  if (before.name === after.name) return true;
  if (before.unicast === null || after.unicast === null) return before.unicast === after.unicast;
  const peers = new Set(before.unicast.peers.map(({ address }) => address));
  return after.unicast.peers.some(({ address }) => peers.has(address));
}

export function seatsOf(
  routers: readonly VirtualRouter[],
  groups: readonly RouterGroup[],
): ReadonlyMap<VirtualRouter, Seat> {
  const groupOf = new Map(
    groups.flatMap((group) => group.members.map((member) => [member, group] as const)),
  );
  return new Map(
    routers.map((router) => {
      const group = groupOf.get(router) ?? null;
      return [router, { group, tracks: memberTracks(router.instance, group?.group ?? null) }];
    }),
  );
}

/** By address: the routers that hold it when they are master. */
export function holdersOf(
  routers: readonly VirtualRouter[],
): ReadonlyMap<string, readonly VirtualRouter[]> {
  const holders = new Map<string, VirtualRouter[]>();
  for (const router of routers) {
    for (const { address } of allAddresses(router.instance)) {
      const known = holders.get(address);
      if (known === undefined) holders.set(address, [router]);
      else known.push(router);
    }
  }
  return holders;
}
