/**
 * What instances are anchored to that has no address in their configuration (`isolation_anchor gateway` and
 * `real_servers`): the routers of the default routes, followed as the kernel tells of changes of routes and rules, and
 * whether checkers find real servers alive, as the health process tells.
 */
import { type Family, familyOf } from '../../base/address.ts';
import { reasonAndHint } from '../../base/error.ts';
import type { Log } from '../../base/log.ts';
import type { Cancel, Clock, Instant, Millis } from '../../base/time.ts';
import { Trouble } from '../../base/trouble.ts';
import type { Network, NetworkEvent } from '../../kernel/network.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';
import { allHeld } from '../../vrrp/holding/held.ts';
import type { AnchorPort, Gateway } from '../../vrrp/ports.ts';
import { MAIN_TABLE, type NextHop } from '../../wire/rtnl/default-routes.ts';
import type { Link } from '../../wire/rtnl/links.ts';
import type { KnownLinks } from './links.ts';
import { ownNextHops, type Routing } from './rule-tables.ts';

/** Routes change in bursts, and all of a family are read to find the default ones: at most so often. */
const READ_AFTER_MS: Millis = 100;
const READ_EVERY_MS: Millis = 1_000;

/** Of a kernel without rules the main table is all there is. */
interface Read extends Omit<Routing, 'rules'> {
  readonly rules: Routing['rules'] | null;
}

type Routings = Readonly<Record<Family, Read>>;

const UNREAD: Read = { rules: null, hops: [] };

type AnchorNetwork = Pick<Network, 'readNextHops' | 'readRules' | 'watch'>;
type AnchorLinks = Pick<KnownLinks, 'all' | 'find' | 'macOf'>;

export interface AnchorsContext {
  readonly clock: Clock;
  readonly log: Log;
}

export class Anchors implements AnchorPort {
  private readonly network: AnchorNetwork;
  private readonly links: AnchorLinks;
  private readonly clock: Clock;
  private readonly unread: Trouble;
  private routings: Routings = { ipv4: UNREAD, ipv6: UNREAD };
  /** Found once for all that ask: links may be thousands, and instances ask twice a second. By family and link. */
  private found: {
    readonly routings: Routings;
    readonly links: readonly Link[];
    readonly gateways: Map<string, readonly Gateway[]>;
  } = { routings: this.routings, links: [], gateways: new Map() };
  /** What this director itself sends by, as long as it is known: a route that goes with its link proves nothing. */
  private readonly own = new Map<Family, readonly NextHop[]>();
  private virtual: readonly string[] = [];
  private families: readonly Family[] = [];
  private unwatch: (() => void) | null = null;
  private readAt: Instant = -Infinity;
  private cancelRead: Cancel | null = null;
  private up: boolean | null = null;

  constructor(network: AnchorNetwork, links: AnchorLinks, { clock, log }: AnchorsContext) {
    this.network = network;
    this.links = links;
    this.clock = clock;
    this.unread = new Trouble(
      { clock, log },
      {
        level: 'error',
        message: 'the default routes could not be read',
        over: 'the default routes can be read again',
      },
    );
  }

  /** Reads and follows routes only while an instance needs them. */
  async configure(instances: readonly VrrpInstance[]): Promise<void> {
    const needing = instances.filter(({ isolationAnchors }) =>
      isolationAnchors.some(({ kind }) => kind === 'gateway'),
    );
    this.families = [...new Set(needing.map(({ family }) => family))];
    this.virtual = instances.flatMap((one) => allHeld(one).addresses.map(({ address }) => address));
    if (needing.length === 0) {
      this.close();
      return;
    }
    this.unwatch ??= this.network.watch((event) => this.onEvent(event), 'paths');
    await this.read();
  }

  /** What the health process tells. */
  serversUp(up: boolean | null): void {
    this.up = up;
  }

  areServersUp(): boolean | null {
    return this.up;
  }

  /** Those that this director's own packets leave by; of a link in a VRF, those of the table of that VRF. */
  gateways(family: Family, link: string): readonly Gateway[] {
    const { routings } = this;
    const links = this.links.all();
    if (this.found.routings !== routings || this.found.links !== links) {
      this.found = { routings, links, gateways: new Map() };
    }
    const key = `${family} ${link}`;
    const known = this.found.gateways.get(key) ?? this.named(this.hopsFor(family, link), links);
    this.found.gateways.set(key, known);
    return known;
  }

  private hopsFor(family: Family, link: string): readonly NextHop[] {
    const { hops, rules } = this.routings[family];
    const vrf = vrfTableOf(link, this.links.all());
    if (vrf !== null || rules === null) {
      return hops.filter(({ table }) => table === (vrf ?? MAIN_TABLE));
    }
    const now = ownNextHops({ rules, hops }, this.sources(family));
    if (now.length > 0) this.own.set(family, now);
    return this.own.get(family) ?? [];
  }

  /** All addresses of this director, also those that it holds as MASTER only. */
  private sources(family: Family): ReadonlySet<string> {
    const isOfFamily = (address: string): boolean => familyOf(address) === family;
    return new Set([
      ...this.virtual.filter(isOfFamily),
      ...this.links
        .all()
        .flatMap(({ name }) => [...(this.links.find(name, family)?.addresses ?? [])]),
    ]);
  }

  private named(hops: readonly NextHop[], links: readonly Link[]): readonly Gateway[] {
    const names = new Map(links.map(({ index, name }) => [index, name]));
    return hops.flatMap(({ gateway, interfaceIndex }) => {
      const name = names.get(interfaceIndex);
      // A tunnel has nobody who could be asked for an address.
      if (name === undefined || this.links.macOf(name) === null) return [];
      return [{ address: gateway, interface: name }];
    });
  }

  close(): void {
    this.unwatch?.();
    this.unwatch = null;
    this.cancelRead?.();
    this.cancelRead = null;
  }

  private onEvent(event: NetworkEvent): void {
    const isOfUse =
      event.event === 'overrun' ||
      event.event === 'rule' ||
      event.event === 'rule-gone' ||
      event.event === 'default-route' ||
      (event.event === 'route-gone' && event.route.destination.length === 0);
    if (!isOfUse || this.cancelRead !== null) return;
    const at = Math.max(this.clock.now() + READ_AFTER_MS, this.readAt + READ_EVERY_MS);
    this.cancelRead = this.clock.wakeAt(at, () => {
      this.cancelRead = null;
      void this.read();
    });
  }

  private async read(): Promise<void> {
    this.readAt = this.clock.now();
    for (const family of this.families) {
      try {
        const rules = await this.network.readRules(family);
        const hops = await this.network.readNextHops(family);
        // While a table has none its last ones are asked on.
        const tables = new Set(hops.map(({ table }) => table));
        const gone = this.routings[family].hops.filter(({ table }) => !tables.has(table));
        this.routings = { ...this.routings, [family]: { rules, hops: [...hops, ...gone] } };
        this.unread.wentWell({});
      } catch (error) {
        this.unread.happened({ family, ...reasonAndHint(error) });
      }
    }
  }
}

/** Of the VRF that a link is in; null: it is in none. */
function vrfTableOf(link: string, links: readonly Link[]): number | null {
  const master = links.find(({ name }) => name === link)?.masterIndex ?? null;
  return links.find(({ index }) => index === master)?.vrfTable ?? null;
}
