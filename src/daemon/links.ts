/** What the VRRP process knows of links and addresses, read anew whenever the kernel tells of a change. */
import { type Family, parseMac, prefixContains } from '../base/address.ts';
import type { Network } from '../kernel/network.ts';
import type { LinkFacts, LinkPort } from '../vrrp/ports.ts';
import type { Link, LinkAddressState } from '../wire/rtnl.ts';

export class KnownLinks implements LinkPort {
  private readonly network: Network;
  private links: readonly Link[] = [];
  private addresses: readonly LinkAddressState[] = [];
  /** Never taken for the address of a link: a virtual one may still be there from an earlier life. */
  private virtual: ReadonlySet<string> = new Set();

  constructor(network: Network) {
    this.network = network;
  }

  setVirtual(addresses: Iterable<string>): void {
    this.virtual = new Set(addresses);
  }

  async read(): Promise<void> {
    this.links = await this.network.readLinks();
    this.addresses = await this.network.readAddresses();
  }

  link(name: string): Link | null {
    return this.links.find((one) => one.name === name) ?? null;
  }

  /** Six octets, or null for a link on which nothing can be announced. */
  macOf(name: string): Uint8Array | null {
    const link = this.link(name);
    if (link === null || link.loopback || link.noArp || link.mac === null) return null;
    return parseMac(link.mac);
  }

  indexes(): ReadonlyMap<string, number> {
    return new Map(this.links.map(({ name, index }) => [name, index]));
  }

  held(): readonly LinkAddressState[] {
    return this.addresses;
  }

  find(name: string, family: Family): LinkFacts | null {
    const link = this.link(name);
    if (link === null) return null;
    return { running: link.up && link.running, primaryAddress: this.primary(link.index, family) };
  }

  /** IPv4: the first one that is not secondary. IPv6: the link-local one (RFC 9568 §7.2). */
  private primary(interfaceIndex: number, family: Family): string | null {
    const own = this.addresses.filter(
      (one) =>
        one.interfaceIndex === interfaceIndex &&
        one.family === family &&
        // Until its uniqueness is known nothing can be sent from it.
        !one.tentative &&
        !this.virtual.has(one.address) &&
        (family === 'ipv4' || prefixContains('fe80::', 10, one.address)),
    );
    return (own.find((one) => !one.secondary) ?? own[0])?.address ?? null;
  }
}
