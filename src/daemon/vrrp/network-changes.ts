/** What the kernel tells of its network → what has gone that somebody may hold, and which links are others now. */
import type { NetworkEvent } from '../../kernel/network.ts';
import type { VirtualAddress } from '../../model/vrrp.ts';
import { isSameRoute, isSameRule, type KnownInterfaces } from '../../reconcile/paths.ts';
import type { Gone } from '../../vrrp/holding/held.ts';
import type { Link } from '../../wire/rtnl/links.ts';

/** Null: nothing has gone. `hasRunOut`: whether nobody has prolonged an address in time. */
export function goneIn(
  event: NetworkEvent,
  known: KnownInterfaces,
  hasRunOut: (one: VirtualAddress) => boolean,
): Gone | null {
  switch (event.event) {
    case 'address-gone': {
      const { address, prefixLength, interfaceIndex } = event.address;
      const is = (one: VirtualAddress): boolean =>
        one.address === address &&
        one.prefixLength === prefixLength &&
        known.indexes.get(one.interface) === interfaceIndex;
      return { kind: 'address', address, is, hasRunOut };
    }
    case 'route-gone':
      return { kind: 'route', is: (one) => isSameRoute(one, event.route, known) };
    case 'rule-gone':
      return { kind: 'rule', is: (one) => isSameRule(one, event.rule) };
    default:
      return null;
  }
}

export interface RenewedLink {
  readonly name: string;
  /** Sockets that were opened on it are of no use any more. */
  readonly isAnother: boolean;
}

/** Links that came back, are others of the same name, or are reached by another MAC or port of a bond. */
export function renewedLinks(
  before: readonly Link[],
  after: readonly Link[],
): readonly RenewedLink[] {
  const old = new Map(before.map((link) => [link.name, link]));
  return after.flatMap((link) => {
    const known = old.get(link.name);
    if (known === undefined) return link.running ? [{ name: link.name, isAnother: true }] : [];
    const isAnother = known.index !== link.index || known.mac !== link.mac;
    const isBack = link.running && !known.running;
    const isElsewhere = known.activePortIndex !== link.activePortIndex;
    return isAnother || isBack || isElsewhere ? [{ name: link.name, isAnother }] : [];
  });
}
