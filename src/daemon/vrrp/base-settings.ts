/**
 * What interfaces below virtual links are set to, and given back when no instance needs it any more. Their own
 * addresses are answered for with their own MAC, and the virtual ones not at all (RFC 9568 §8.1.2).
 */
import { DirectorError, reasonAndHint } from '../../base/error.ts';
import type { Log } from '../../base/log.ts';
import type { Network } from '../../kernel/network.ts';
import { readSysctl, writeSysctl } from '../../kernel/sysctl.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';
import { linksOf } from '../../reconcile/virtual-links.ts';
import type { Ipv4Setting, Ipv4Settings } from '../../wire/rtnl/virtual-links.ts';
import type { KnownLinks } from './links.ts';

/**
 * arp_ignore 1: who asks for an address of a virtual link is answered there. arp_announce 2: when the director asks
 * for somebody, to answer him from a virtual address, the question has no virtual address beside the MAC of the base.
 */
const BELOW_MACVLAN: Ipv4Settings = { arpIgnore: 1, arpAnnounce: 2 };

const CONF = 'net.ipv4.conf';

interface Set {
  /** Another interface of the same name has its own. */
  readonly index: number;
  readonly before: Ipv4Settings;
}

export class BaseSettings {
  private readonly network: Network;
  private readonly links: KnownLinks;
  private readonly log: Log;
  private wanted: ReadonlyMap<string, Ipv4Settings> = new Map();
  private needsLooseReversePath = false;
  private readonly known = new Map<string, Set>();
  /** Settings of the reverse path filter as they were, by their names. */
  private reversePath: ReadonlyMap<string, number> | null = null;

  constructor(network: Network, links: KnownLinks, log: Log) {
    this.network = network;
    this.links = links;
    this.log = log;
  }

  want(instances: readonly VrrpInstance[]): void {
    const wanted = new Map<string, Ipv4Settings>();
    for (const { interface: link, links } of instances) {
      const virtual = linksOf(links);
      for (const { kind, base } of virtual) {
        if (kind === 'macvlan') wanted.set(base, { ...wanted.get(base), ...BELOW_MACVLAN });
      }
      if (links.promoteSecondaries) {
        wanted.set(link, { ...wanted.get(link), promoteSecondaries: 1 });
      }
    }
    this.wanted = wanted;
    this.needsLooseReversePath = instances.some(({ links }) => linksOf(links).length > 0);
  }

  async settle(): Promise<void> {
    this.settleReversePath();
    for (const [name, { index, before }] of this.known) {
      const now = this.links.link(name)?.index;
      if (now === index && this.wanted.has(name)) continue;
      this.known.delete(name);
      if (now === index) await this.set(name, before);
    }
    for (const [name, settings] of this.wanted) {
      const link = this.links.link(name);
      if (link === null || this.known.has(name)) continue;
      const present = await this.network.readIpv4Settings(name);
      if (present === null) continue;
      const lower = Object.entries(settings).filter(
        ([setting, value]) => present[setting as Ipv4Setting] < value,
      );
      const before = lower.map(([setting]) => [setting, present[setting as Ipv4Setting]]);
      this.known.set(name, { index: link.index, before: Object.fromEntries(before) });
      await this.set(name, Object.fromEntries(lower));
    }
  }

  private async set(name: string, ipv4: Ipv4Settings): Promise<void> {
    if (Object.keys(ipv4).length === 0) return;
    const [outcome] = await this.network.change([{ do: 'set-link', name, settings: { ipv4 } }]);
    if (outcome instanceof DirectorError) {
      this.log.warn(
        { interface: name, ...reasonAndHint(outcome) },
        'interface below a virtual link',
      );
    }
  }

  /**
   * What comes in on a virtual link goes back by its base: the strict filter would drop it. The kernel takes the
   * larger one of `all` and the interface, so what `all` asks for is asked of each interface instead, as keepalived does.
   */
  private settleReversePath(): void {
    try {
      if (this.needsLooseReversePath && this.reversePath === null) this.loosenReversePath();
      if (!this.needsLooseReversePath && this.reversePath !== null) {
        for (const [name, value] of this.reversePath) {
          if (readSysctl(name) !== null) writeSysctl(name, value);
        }
        this.reversePath = null;
      }
    } catch (error) {
      this.log.warn(reasonAndHint(error), 'the reverse path filter could not be set');
    }
  }

  private loosenReversePath(): void {
    const all = `${CONF}.all.rp_filter`;
    const common = readSysctl(all) ?? 0;
    this.reversePath = new Map();
    if (common === 0) return;
    const before = new Map<string, number>();
    const virtual = new Set(
      this.links.all().flatMap(({ name, isolation }) => (isolation ? [name] : [])),
    );
    const names = ['default', ...this.links.all().map(({ name }) => name)];
    for (const one of names.filter((name) => !virtual.has(name))) {
      const name = `${CONF}.${one.replaceAll('.', '/')}.rp_filter`;
      const value = readSysctl(name);
      if (value === null || value >= common) continue;
      before.set(name, value);
      writeSysctl(name, common);
    }
    before.set(all, common);
    writeSysctl(all, 0);
    this.reversePath = before;
    this.log.info({ value: common }, 'rp_filter of all is asked of each interface instead');
  }
}
