/**
 * Wanted virtual links × the links there are → the changes that make them so, and what is in the way. A link that
 * is as wanted stays, with the addresses on it, whoever made it; one of ours that is not as wanted is made again;
 * one of somebody else keeps its name. Ours are known by what is written on them, also after we were killed.
 */
import type { InstanceLinks, VirtualLink } from '../model/virtual-link.ts';
import type { Link } from '../wire/rtnl/links.ts';
import type { Ipv4Settings, LinkSettings, NewLink } from '../wire/rtnl/virtual-links.ts';

export type VirtualLinkChange =
  | { readonly do: 'add-link'; readonly link: NewLink }
  | { readonly do: 'set-link'; readonly name: string; readonly settings: LinkSettings }
  | { readonly do: 'remove-link'; readonly name: string; readonly index: number };

export interface VirtualLinkDiff {
  /** In their order. */
  readonly changes: readonly VirtualLinkChange[];
  /** To be up, when all that keeps them silent is set. */
  readonly raise: readonly string[];
  /** Why a wanted link cannot be there, by its name. */
  readonly inTheWay: ReadonlyMap<string, string>;
}

export interface VirtualLinkInput {
  readonly wanted: readonly VirtualLink[];
  readonly present: readonly Link[];
  /** Process that our links are written to belong to. */
  readonly owner: number;
  /** Whether a process that owns links is still there. */
  readonly isAlive: (owner: number) => boolean;
}

/**
 * An address answers on its own link only, and for no other; what comes in on it may be of anybody, as its routes
 * go through the base (RFC 9568 §8.1.2, and §8.1.1 for the redirects).
 */
export const QUIET: Ipv4Settings = {
  arpIgnore: 1,
  arpFilter: 0,
  acceptLocal: 1,
  rpFilter: 0,
  promoteSecondaries: 1,
  sendRedirects: 0,
};

const MARK = 'lvs-director';

export function linksOf({ own, others }: InstanceLinks): readonly VirtualLink[] {
  return own === null ? others : [own, ...others];
}

export function diffVirtualLinks(input: VirtualLinkInput): VirtualLinkDiff {
  const { wanted, present } = input;
  const changes: VirtualLinkChange[] = stale(input).map(removal);
  const raise: string[] = [];
  const inTheWay = new Map<string, string>();
  const byName = new Map(present.map((link) => [link.name, link]));
  for (const link of wanted) {
    const base = byName.get(link.base);
    const found = byName.get(link.name);
    // Without its base there can be none: the instance is told so by its interface.
    if (base === undefined) continue;
    const master = masterOf(link, base, present);
    const obstacle = typeof master === 'string' ? master : obstacleOf(link, found, input);
    if (typeof master === 'string' || obstacle !== null) {
      inTheWay.set(link.name, obstacle as string);
      continue;
    }
    const settings = settingsOf(link, master, input.owner);
    if (found === undefined || !isSame(link, found, base)) {
      if (found !== undefined) changes.push(removal(found));
      changes.push({ do: 'add-link', link: newLink(link, base) });
      changes.push({ do: 'set-link', name: link.name, settings });
      raise.push(link.name);
    } else {
      const isOurs = found.alias === settings.alias && found.group === link.group;
      if (!isOurs || found.masterIndex !== master || !found.up) {
        changes.push({ do: 'set-link', name: link.name, settings });
      }
      if (!found.up) raise.push(link.name);
    }
  }
  return { changes, raise, inTheWay };
}

/** All of ours. */
export function removeVirtualLinks(input: Omit<VirtualLinkInput, 'wanted'>): VirtualLinkDiff {
  return diffVirtualLinks({ ...input, wanted: [] });
}

function removal({ name, index }: Link): VirtualLinkChange {
  return { do: 'remove-link', name, index };
}

/** Ours, or of a director that was killed, and of no use any more. */
function stale({ wanted, present, ...owners }: VirtualLinkInput): readonly Link[] {
  const names = new Set(wanted.map(({ name }) => name));
  return present.filter((link) => !names.has(link.name) && isFree(link, owners));
}

/** Whether a link bears our mark, and belongs to nobody else who is there. */
function isFree(
  { alias, isolation }: Link,
  { owner, isAlive }: Pick<VirtualLinkInput, 'owner' | 'isAlive'>,
): boolean {
  const [, pid] = new RegExp(`^${MARK} (\\d+)$`).exec(alias ?? '') ?? [];
  if (pid === undefined || isolation === null) return false;
  return Number(pid) === owner || !isAlive(Number(pid));
}

function isSame(link: VirtualLink, found: Link, base: Link): boolean {
  return (
    found.kind === link.kind &&
    found.isolation === link.isolation &&
    found.lowerIndex === base.index &&
    (link.mac === null || found.mac === link.mac)
  );
}

/** Who has the name already and is not to be removed; null: nobody. */
function obstacleOf(
  link: VirtualLink,
  found: Link | undefined,
  input: VirtualLinkInput,
): string | null {
  if (found === undefined || isFree(found, input)) return null;
  const base = input.present.find(({ name }) => name === link.base) as Link;
  const hasOwner = found.alias?.startsWith(`${MARK} `) ?? false;
  if (hasOwner) return `interface ${link.name} is that of another director of ours, which runs`;
  if (isSame(link, found, base)) return null;
  return `there is another interface ${link.name}, and it is no ${link.kind} of ours on ${link.base}`;
}

/** Index of the VRF that the link belongs to, null: none; or what is wrong. */
function masterOf(link: VirtualLink, base: Link, present: readonly Link[]): number | null | string {
  const vrf =
    link.vrf === null
      ? present.find(({ index, kind }) => index === base.masterIndex && kind === 'vrf')
      : present.find(({ name, kind }) => name === link.vrf && kind === 'vrf');
  if (link.vrf !== null && vrf === undefined) return `there is no VRF ${link.vrf}`;
  return vrf?.index ?? null;
}

function settingsOf(link: VirtualLink, master: number | null, owner: number): LinkSettings {
  return {
    alias: `${MARK} ${owner}`,
    group: link.group,
    masterIndex: master ?? 0,
    noGeneratedAddress: true,
    ipv4: QUIET,
  };
}

function newLink({ name, kind, mac, isolation }: VirtualLink, base: Link): NewLink {
  return { name, kind, mac, isolation, baseIndex: base.index };
}
