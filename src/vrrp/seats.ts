/** What belongs to a virtual router besides itself: its group, and what both track. */
import type { Track, VrrpInstance } from '../model/vrrp.ts';
import { allHeld } from './holding/held.ts';
import { memberTracks } from './machine/sync-group.ts';
import type { RouterGroup } from './router-group.ts';
import type { VirtualRouter } from './virtual-router.ts';

export interface Seat {
  readonly group: RouterGroup | null;
  /** Its own, and those of its group. */
  readonly tracks: readonly Track[];
}

/** What a router stays the same by: the name is not part of it. */
function identityOf({ interface: link, vrid, family }: VrrpInstance): string {
  return `${family} ${vrid} ${link}`;
}

/** Which router goes on as which instance: by the name first, because two of one VRID may have different peers. */
export function knownFor(
  instances: readonly VrrpInstance[],
  routers: readonly VirtualRouter[],
): ReadonlyMap<VrrpInstance, VirtualRouter> {
  const known = new Map<VrrpInstance, VirtualRouter>();
  const left = new Set(routers);
  const named = (instance: VrrpInstance): string => `${identityOf(instance)} ${instance.name}`;
  for (const keyOf of [named, identityOf]) {
    const byKey = new Map([...left].map((router) => [keyOf(router.instance), router]));
    for (const instance of instances) {
      const router = known.has(instance) ? undefined : byKey.get(keyOf(instance));
      if (router === undefined || !left.delete(router)) continue;
      known.set(instance, router);
    }
  }
  return known;
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
  return byAddress(routers, ({ instance }) =>
    allHeld(instance).addresses.map(({ address }) => address),
  );
}

/** By the addresses that tell them that they are not cut off. */
export function anchoredTo(
  routers: readonly VirtualRouter[],
): ReadonlyMap<string, readonly VirtualRouter[]> {
  return byAddress(routers, ({ instance }) =>
    instance.isolationAnchors.flatMap((one) => (one.kind === 'address' ? [one.address] : [])),
  );
}

/** Those that a gateway tells the same. */
export function anchoredToGateways(routers: readonly VirtualRouter[]): readonly VirtualRouter[] {
  return routers.filter(({ instance }) =>
    instance.isolationAnchors.some(({ kind }) => kind === 'gateway'),
  );
}

function byAddress(
  routers: readonly VirtualRouter[],
  addressesOf: (router: VirtualRouter) => readonly string[],
): ReadonlyMap<string, readonly VirtualRouter[]> {
  const found = new Map<string, VirtualRouter[]>();
  for (const router of routers) {
    for (const address of addressesOf(router)) {
      const known = found.get(address);
      if (known === undefined) found.set(address, [router]);
      else known.push(router);
    }
  }
  return found;
}
