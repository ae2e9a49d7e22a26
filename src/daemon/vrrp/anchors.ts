/**
 * What instances are anchored to that has no address in their configuration (`isolation_anchor gateway` and
 * `real_servers`): the routers of the default routes, followed as the kernel tells of changes, and whether
 * checkers find real servers alive, as the health process tells.
 */
import type { Family } from '../../base/address.ts';
import { reasonAndHint } from '../../base/error.ts';
import type { Log } from '../../base/log.ts';
import type { Cancel, Clock, Instant, Millis } from '../../base/time.ts';
import type { Network, NetworkEvent } from '../../kernel/network.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';
import type { AnchorPort, Gateway } from '../../vrrp/ports.ts';
import { MAIN_TABLE, type NextHop } from '../../wire/rtnl/default-routes.ts';
import type { Link } from '../../wire/rtnl/links.ts';
import type { KnownLinks } from './links.ts';

/** Routes change in bursts, and all of a family are read to find the default ones: at most so often. */
const READ_AFTER_MS: Millis = 100;
const READ_EVERY_MS: Millis = 1_000;

type Hops = Readonly<Record<Family, readonly NextHop[]>>;

export interface AnchorsContext {
  readonly clock: Clock;
  readonly log: Log;
}

export class Anchors implements AnchorPort {
  private readonly network: Pick<Network, 'readNextHops' | 'watch'>;
  private readonly links: Pick<KnownLinks, 'all' | 'macOf'>;
  private readonly clock: Clock;
  private readonly log: Log;
  private hops: Hops = { ipv4: [], ipv6: [] };
  /** Found once for all that ask: links may be thousands, and instances ask twice a second. By family and link. */
  private found: {
    readonly hops: Hops;
    readonly links: readonly Link[];
    readonly gateways: Map<string, readonly Gateway[]>;
  } = { hops: this.hops, links: [], gateways: new Map() };
  private families: readonly Family[] = [];
  private unwatch: (() => void) | null = null;
  private readAt: Instant = -Infinity;
  private cancelRead: Cancel | null = null;
  private up: boolean | null = null;

  constructor(
    network: Pick<Network, 'readNextHops' | 'watch'>,
    links: Pick<KnownLinks, 'all' | 'macOf'>,
    { clock, log }: AnchorsContext,
  ) {
    this.network = network;
    this.links = links;
    this.clock = clock;
    this.log = log;
  }

  /** Reads and follows routes only while an instance needs them. */
  async configure(instances: readonly VrrpInstance[]): Promise<void> {
    const needing = instances.filter(({ isolationAnchors }) =>
      isolationAnchors.some(({ kind }) => kind === 'gateway'),
    );
    this.families = [...new Set(needing.map(({ family }) => family))];
    if (needing.length === 0) {
      this.close();
      return;
    }
    this.unwatch ??= this.network.watch((event) => this.onEvent(event), 'routes');
    await this.read();
  }

  /** What the health process tells. */
  serversUp(up: boolean | null): void {
    this.up = up;
  }

  areServersUp(): boolean | null {
    return this.up;
  }

  /** Of the main table, or of that of the VRF which the link is in. */
  gateways(family: Family, link: string): readonly Gateway[] {
    const { hops } = this;
    const links = this.links.all();
    if (this.found.hops !== hops || this.found.links !== links) {
      this.found = { hops, links, gateways: new Map() };
    }
    const key = `${family} ${link}`;
    const known = this.found.gateways.get(key) ?? this.named(hops[family], links, link);
    this.found.gateways.set(key, known);
    return known;
  }

  private named(
    hops: readonly NextHop[],
    links: readonly Link[],
    link: string,
  ): readonly Gateway[] {
    const table = tableOf(link, links);
    const names = new Map(links.map(({ index, name }) => [index, name]));
    return hops.flatMap(({ gateway, interfaceIndex, table: other }) => {
      const name = names.get(interfaceIndex);
      // A tunnel has nobody who could be asked for an address.
      if (other !== table || name === undefined || this.links.macOf(name) === null) return [];
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
    const isOfDefault =
      event.event === 'overrun' ||
      event.event === 'default-route' ||
      (event.event === 'route-gone' && event.route.destination.length === 0);
    if (!isOfDefault || this.cancelRead !== null) return;
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
        const hops = await this.network.readNextHops(family);
        // While a table has none its last ones are asked on: a route that goes with its link proves nothing.
        const tables = new Set(hops.map(({ table }) => table));
        const gone = this.hops[family].filter(({ table }) => !tables.has(table));
        this.hops = { ...this.hops, [family]: [...hops, ...gone] };
      } catch (error) {
        const fields = { family, ...reasonAndHint(error) };
        this.log.error(fields, 'the default routes could not be read');
      }
    }
  }
}

/** The routing table that packets by this link are sent by, unless a rule says otherwise. */
function tableOf(link: string, links: readonly Link[]): number {
  const master = links.find(({ name }) => name === link)?.masterIndex ?? null;
  const vrf = links.find(({ index }) => index === master);
  return vrf?.vrfTable ?? MAIN_TABLE;
}
