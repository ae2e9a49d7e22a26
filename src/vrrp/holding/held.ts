/** What a master holds: addresses, routes and rules; the difference that a reload makes. Pure. */
import { nameOfRoutingTable } from '../../model/names.ts';
import type { VirtualRoute, VirtualRule } from '../../model/route.ts';
import type { VirtualLinkSnapshot } from '../../model/snapshot-vrrp.ts';
import type { InstanceLinks } from '../../model/virtual-link.ts';
import type { Paths, VirtualAddress, VrrpInstance } from '../../model/vrrp.ts';

/** All that is held together, in the order in which it is taken. */
export interface Held extends Paths {
  readonly addresses: readonly VirtualAddress[];
}

/** Something that the kernel says has gone: which of those that are held it is. */
export type Gone =
  | {
      readonly kind: 'address';
      readonly address: string;
      is(one: VirtualAddress): boolean;
      /** The kernel has removed one that it is: nobody prolonged it in time. Asked when it is ours. */
      hasRunOut(one: VirtualAddress): boolean;
    }
  | { readonly kind: 'route'; is(one: VirtualRoute): boolean }
  | { readonly kind: 'rule'; is(one: VirtualRule): boolean };

export const NOTHING: Held = { addresses: [], routes: [], rules: [] };

export function allHeld({ addresses, excludedAddresses, routes, rules }: VrrpInstance): Held {
  return { addresses: [...addresses, ...excludedAddresses], routes, rules };
}

/** Whether anything that is held is on a link, or leads out of it. */
export function holdsOn(link: string, instance: VrrpInstance): boolean {
  const { addresses, routes } = allHeld(instance);
  return (
    addresses.some((one) => one.interface === link) ||
    routes.some(({ hops }) => hops.some((hop) => hop.interface === link))
  );
}

/** Of its addresses, each once: an address may be held on two interfaces. */
export function addressesOf(instance: VrrpInstance): readonly string[] {
  return [...new Set(allHeld(instance).addresses.map(({ address }) => address))];
}

export function isNothing({ addresses, routes, rules }: Held): boolean {
  return addresses.length + routes.length + rules.length === 0;
}

/** What of it is in none of the others. */
export function without(held: Held, other: Held): Held {
  const others = new Set(keysOf(other));
  return only(held, (key) => !others.has(key));
}

/** Addresses of it that are in none of the others as they are: also those with another label or scope there. */
export function unlike(held: Held, other: Held): readonly VirtualAddress[] {
  const same = new Set(other.addresses.map((one) => JSON.stringify(one)));
  return held.addresses.filter((one) => !same.has(JSON.stringify(one)));
}

/** What of it has a key that does. */
export function only({ addresses, routes, rules }: Held, does: (key: string) => boolean): Held {
  return {
    addresses: addresses.filter((one) => does(keyOfAddress(one))),
    routes: routes.filter((one) => does(JSON.stringify(one))),
    rules: rules.filter((one) => does(JSON.stringify(one))),
  };
}

/** What it is to the kernel: of two with one key the second is the first. */
export function keysOf({ addresses, routes, rules }: Held): readonly string[] {
  return [
    ...addresses.map(keyOfAddress),
    ...routes.map((one) => JSON.stringify(one)),
    ...rules.map((one) => JSON.stringify(one)),
  ];
}

/** Its label or scope is no reason to be without it. */
function keyOfAddress({ address, prefixLength, peer, interface: link }: VirtualAddress): string {
  return `${address}/${prefixLength} ${peer ?? ''} ${link}`;
}

/** What has gone and is to be put back: not what nobody looks after (`no_track`). */
export function lostOf(held: Held, gone: Gone): Held {
  const tracked = <Entry extends { readonly untracked?: boolean }>(
    list: readonly Entry[],
    is: (one: Entry) => boolean,
  ): readonly Entry[] => list.filter((one) => one.untracked !== true && is(one));
  switch (gone.kind) {
    case 'address': {
      const addresses = tracked(held.addresses, gone.is);
      // Routes by way of an address, or from it, go with it, and the kernel is silent about some of them.
      return addresses.length === 0 ? NOTHING : { ...held, addresses };
    }
    case 'route':
      return { ...NOTHING, routes: tracked(held.routes, gone.is) };
    case 'rule':
      return { ...NOTHING, rules: tracked(held.rules, gone.is) };
  }
}

/** `192.0.2.10/24 dev eth0`, `192.0.2.10/32 peer 192.0.2.11 dev ppp0` */
export function nameOfAddress(one: VirtualAddress): string {
  const { address, prefixLength, peer, interface: link } = one;
  const farEnd = peer === undefined ? '' : ` peer ${peer}`;
  return `${address}/${prefixLength}${farEnd} dev ${link}`;
}

/** For the log: `address 192.0.2.10/24 dev eth0`. */
export function describeLost({ addresses, routes, rules }: Held): string {
  const [address] = addresses;
  if (address !== undefined) return `address ${nameOfAddress(address)}`;
  const [path] = [...routes, ...rules];
  return path === undefined ? 'nothing' : describePath(path);
}

/** The interface below a link: who is not MASTER does not show the virtual MAC. */
export function linkBelow({ links: { own, others } }: VrrpInstance, name: string): string {
  return (
    [...(own === null ? [] : [own]), ...others].find((link) => link.name === name)?.base ?? name
  );
}

export function describeLinks({
  own,
  others,
  sendsFromBase,
}: InstanceLinks): readonly VirtualLinkSnapshot[] {
  const all = own === null ? others : [own, ...others];
  return all.map((link) => {
    const { name, kind, base, mac } = link;
    return { name, kind, base, mac, advertises: link === own && !sendsFromBase };
  });
}

export function describePath(path: VirtualRoute | VirtualRule): string {
  const { family, source, destination } = path;
  if ('hops' in path && destination !== null) {
    const { address, length } = destination;
    return `route to ${address}/${length} in table ${path.vrf ?? nameOfRoutingTable(path.table)}`;
  }
  const from = source === null ? '' : ` from ${source.address}/${source.length}`;
  const to = destination === null ? '' : ` to ${destination.address}/${destination.length}`;
  const priority =
    'priority' in path && path.priority !== null ? ` of priority ${path.priority}` : '';
  return `${family} rule${priority}${from}${to}`;
}
