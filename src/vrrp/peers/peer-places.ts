/**
 * Where directors of ours hear each other: a place for each interface and family that instances speak on, by their
 * main path or a further one. An instance is named to peers by its VRID on one of its places.
 */
import { createHash } from 'node:crypto';
import type { Family } from '../../base/address.ts';
import type { SidePath, VrrpInstance } from '../../model/vrrp.ts';
import type { LinkFacts } from '../ports.ts';
import type { VirtualRouter } from '../virtual-router.ts';
import type { Duty, Ways } from './peer-table.ts';
import type { PeerPlace } from './ports-peers.ts';

interface Surroundings {
  readonly links: { find(name: string, family: Family): LinkFacts | null };
  /** UDP port of the link to peers; null: there shall be none. */
  readonly port: number | null;
}

/** An instance on a link: of its main path, or a further one. */
interface Stand {
  readonly router: VirtualRouter;
  readonly path: Pick<SidePath, 'interface' | 'sourceAddress' | 'unicast'>;
}

export class PeerPlaces {
  /** By place; a VRID that two instances of a place have is not in it. */
  private routers: ReadonlyMap<string, readonly VirtualRouter[]> = new Map();
  private ways: ReadonlyMap<VirtualRouter, Ways> = new Map();
  private described: readonly PeerPlace[] = [];

  /** Those with an address of ours. */
  get all(): readonly PeerPlace[] {
    return this.described;
  }

  configure(routers: Iterable<VirtualRouter>, around: Surroundings): readonly PeerPlace[] {
    const byPlace = new Map<string, Stand[]>();
    for (const stand of standsOf(routers)) {
      const name = placeName(stand.path.interface, stand.router.instance.family);
      const known = byPlace.get(name);
      if (known === undefined) byPlace.set(name, [stand]);
      else known.push(stand);
    }
    this.routers = new Map([...byPlace].map(([name, stands]) => [name, withOwnVrid(stands)]));
    const ways = new Map<VirtualRouter, Duty[]>();
    for (const [place, list] of this.routers) {
      for (const router of list) {
        const duty = { place, vrid: router.instance.vrid };
        const { interface: link, family } = router.instance;
        const known = ways.get(router) ?? [];
        ways.set(router, place === placeName(link, family) ? [duty, ...known] : [...known, duty]);
      }
    }
    this.ways = ways;
    this.described = [...byPlace].flatMap(([name, stands]) => describe(name, stands, around) ?? []);
    return this.described;
  }

  routersAt(place: string): readonly VirtualRouter[] {
    return this.routers.get(place) ?? [];
  }

  routersOf(duties: readonly Duty[]): readonly VirtualRouter[] {
    return duties.flatMap(({ place, vrid }) =>
      this.routersAt(place).filter(({ instance }) => instance.vrid === vrid),
    );
  }

  /** None: it cannot be named to a peer. */
  waysOf(router: VirtualRouter): Ways {
    return this.ways.get(router) ?? [];
  }
}

export function placeName(link: string, family: Family): string {
  return `${link} ${family}`;
}

/** The main paths first: a peer is shown on them. */
function standsOf(routers: Iterable<VirtualRouter>): readonly Stand[] {
  const all = [...routers];
  const mains = all.map((router) => ({ router, path: router.instance }));
  const sides = all.flatMap((router) =>
    router.instance.sidePaths.map((path) => ({ router, path })),
  );
  return [...mains, ...sides];
}

/** Those whose VRID no other one has. */
function withOwnVrid(stands: readonly Stand[]): readonly VirtualRouter[] {
  const routers = [...new Set(stands.map(({ router }) => router))];
  const counts = new Map<number, number>();
  for (const { instance } of routers) {
    counts.set(instance.vrid, (counts.get(instance.vrid) ?? 0) + 1);
  }
  return routers.filter(({ instance }) => counts.get(instance.vrid) === 1);
}

/** Null: we have no address there now, or tell peers nothing. */
function describe(
  name: string,
  stands: readonly Stand[],
  { links, port }: Surroundings,
): PeerPlace | null {
  const [first] = stands;
  if (first === undefined) return null;
  const { interface: link } = first.path;
  const { family } = first.router.instance;
  const facts = links.find(link, family);
  const configured = stands.find(({ path }) => path.sourceAddress !== null);
  const source = configured?.path.sourceAddress ?? facts?.primaryAddress ?? null;
  if (facts === null || source === null || port === null) return null;
  const peers = stands.flatMap(({ path }) => path.unicast?.peers ?? []);
  const ofGroup = stands.find(({ path }) => path.unicast === null);
  const instances = stands.map(({ router }) => router.instance);
  return {
    name,
    interface: link,
    interfaceIndex: facts.index,
    family,
    group: ofGroup?.router.instance.multicastGroup ?? null,
    unicastPeers: [...new Set(peers.map(({ address }) => address))].sort(),
    source,
    port,
    key: keyOf(instances),
    otherKeys: otherKeysOf(instances),
  };
}

/** Each receiver tries all of them: a key that is changed has one other. */
const OTHER_KEYS_MAX = 8;

/** As `key` would be if all instances signed with their key of another number, as far as they have one. */
function otherKeysOf(instances: readonly VrrpInstance[]): readonly Uint8Array[] {
  const keys = instances.flatMap(({ signing }) =>
    (signing?.keys ?? []).flatMap(({ id }) => (id === signing?.activeKey ? [] : [id])),
  );
  return [...new Set(keys)].slice(0, OTHER_KEYS_MAX).flatMap((id) => {
    const key = keyOf(instances.map((one) => signedWith(one, id)));
    return key === null ? [] : [key];
  });
}

function signedWith(instance: VrrpInstance, id: number): VrrpInstance {
  const { signing } = instance;
  if (signing === null || !signing.keys.some((key) => key.id === id)) return instance;
  return { ...instance, signing: { ...signing, activeKey: id } };
}

/** Made of all that the instances share with their peers; null: they share nothing. */
function keyOf(instances: readonly VrrpInstance[]): Uint8Array | null {
  const secrets = instances.flatMap(({ authentication, signing }) => [
    ...(authentication.type === 'none' ? [] : [`${authentication.type} ${authentication.key}`]),
    ...(signing?.keys ?? [])
      .filter(({ id }) => id === signing?.activeKey)
      .map(({ key }) => `hmac ${key}`),
  ]);
  if (secrets.length === 0) return null;
  const text = [...new Set(secrets)].sort().join('\n');
  return createHash('sha256').update(`lvs-director peer link\n${text}`).digest();
}
