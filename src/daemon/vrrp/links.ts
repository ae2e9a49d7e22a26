/** What the VRRP process knows of links and addresses, read anew whenever the kernel tells of a change. */
import { type Family, parseMac, prefixContains } from '../../base/address.ts';
import type { Network } from '../../kernel/network.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';
import type { KnownInterfaces } from '../../reconcile/paths.ts';
import type { LinkFacts, LinkPort } from '../../vrrp/ports.ts';
import type { LinkAddressState } from '../../wire/rtnl/addresses.ts';
import type { Link } from '../../wire/rtnl/links.ts';

interface Known {
  readonly link: Link;
  /** By family. */
  readonly facts: Readonly<Record<Family, LinkFacts>>;
}

export class KnownLinks implements LinkPort, KnownInterfaces {
  private readonly network: Network;
  private links: readonly Link[] = [];
  private addresses: readonly LinkAddressState[] = [];
  private byName: ReadonlyMap<string, Known> = new Map();
  private readonly lastByName = new Map<string, number>();
  /** Never taken for the address of a link: a virtual one may still be there from an earlier life. */
  private virtual: ReadonlySet<string> = new Set();

  indexes: ReadonlyMap<string, number> = new Map();
  vrfTables: ReadonlyMap<string, number> = new Map();

  constructor(network: Network) {
    this.network = network;
  }

  setVirtual(addresses: Iterable<string>): void {
    this.virtual = new Set(addresses);
    this.index();
  }

  /** Whether it is one of those that `setVirtual` named. */
  isVirtual(address: string): boolean {
    return this.virtual.has(address);
  }

  async read(): Promise<void> {
    this.links = await this.network.readLinks();
    this.addresses = await this.network.readAddresses();
    this.index();
  }

  link(name: string): Link | null {
    return this.byName.get(name)?.link ?? null;
  }

  /** Six octets, or null for a link on which nothing can be announced. */
  macOf(name: string): Uint8Array | null {
    const link = this.link(name);
    if (link === null || link.loopback || link.noArp || link.mac === null) return null;
    return parseMac(link.mac);
  }

  /** Also of names that are gone: an interface that was renamed still has what we put on it. */
  lastIndexes(): ReadonlyMap<string, number> {
    return this.lastByName;
  }

  /** All that there are, as they were read last. */
  all(): readonly Link[] {
    return this.links;
  }

  /** Whoever makes virtual links says so when there is a fault with one. */
  faultOf: (instance: VrrpInstance) => string | null = () => null;

  find(name: string, family: Family): LinkFacts | null {
    return this.byName.get(name)?.facts[family] ?? null;
  }

  /** Instances ask for their links often, and links have thousands of addresses: all is sorted once. */
  private index(): void {
    for (const { name, index } of this.links) this.lastByName.set(name, index);
    const byIndex = new Map<number, LinkAddressState[]>();
    for (const one of this.addresses) {
      const known = byIndex.get(one.interfaceIndex);
      if (known === undefined) byIndex.set(one.interfaceIndex, [one]);
      else known.push(one);
    }
    this.indexes = new Map(this.links.map(({ name, index }) => [name, index]));
    this.vrfTables = new Map(
      this.links.flatMap(({ name, vrfTable }) => (vrfTable === null ? [] : [[name, vrfTable]])),
    );
    this.byName = new Map(
      this.links.map((link) => {
        const own = byIndex.get(link.index) ?? [];
        const facts = { ipv4: this.facts(link, own, 'ipv4'), ipv6: this.facts(link, own, 'ipv6') };
        return [link.name, { link, facts }];
      }),
    );
  }

  private facts(link: Link, all: readonly LinkAddressState[], family: Family): LinkFacts {
    const own = all.filter((one) => one.family === family);
    return {
      index: link.index,
      running: link.up && link.running,
      addresses: new Set(own.map(({ address }) => address)),
      primaryAddress: this.primary(own, family),
    };
  }

  /** IPv4: the first one that is not secondary. IPv6: the link-local one (RFC 9568 §7.2). */
  private primary(all: readonly LinkAddressState[], family: Family): string | null {
    const own = all.filter(
      (one) =>
        // Until its uniqueness is known nothing can be sent from it.
        !one.tentative &&
        !this.virtual.has(one.address) &&
        (family === 'ipv4' || prefixContains('fe80::', 10, one.address)),
    );
    return (own.find((one) => !one.secondary) ?? own[0])?.address ?? null;
  }
}
