/**
 * What belongs to a virtual router besides itself: its group, and what both track; which routers go on under another
 * configuration; whom an address concerns. Pure.
 */
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

export interface Succession {
  /** Each instance of the new configuration, and the router that goes on as it. */
  readonly next: readonly {
    readonly instance: VrrpInstance;
    readonly known: VirtualRouter | undefined;
  }[];
  readonly gone: readonly VirtualRouter[];
}

/** Which routers go on under a configuration, and which do not. */
export function successionOf(
  instances: readonly VrrpInstance[],
  routers: readonly VirtualRouter[],
): Succession {
  const known = knownFor(instances, routers);
  const next = instances.map((instance) => ({ instance, known: known.get(instance) }));
  const kept = new Set(known.values());
  return { next, gone: routers.filter((router) => !kept.has(router)) };
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

/** Whom it concerns when somebody says that he has an address, or removes it. */
export interface Concerned {
  /** By address: the routers that hold it when they are master. */
  readonly holders: ReadonlyMap<string, readonly VirtualRouter[]>;
  /** By address: those that it tells that they are not cut off. */
  readonly anchored: ReadonlyMap<string, readonly VirtualRouter[]>;
  /** Those that a gateway tells the same. */
  readonly anchoredToGateways: readonly VirtualRouter[];
}

export function concernedBy(routers: readonly VirtualRouter[]): Concerned {
  return {
    holders: byAddress(routers, ({ instance }) =>
      allHeld(instance).addresses.map(({ address }) => address),
    ),
    anchored: byAddress(routers, ({ instance }) =>
      instance.isolationAnchors.flatMap((one) => (one.kind === 'address' ? [one.address] : [])),
    ),
    anchoredToGateways: routers.filter(({ instance }) =>
      instance.isolationAnchors.some(({ kind }) => kind === 'gateway'),
    ),
  };
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
