/**
 * The links of our own making that instances need, kept as they are wanted: made before the instances begin, made
 * again when they or their interface went away, removed when no instance needs them any more.
 */
import { existsSync } from 'node:fs';
import { DirectorError, reasonAndHint } from '../../base/error.ts';
import type { Log } from '../../base/log.ts';
import type { Network } from '../../kernel/network.ts';
import { readSysctl, writeSysctl } from '../../kernel/sysctl.ts';
import type { VirtualLink } from '../../model/virtual-link.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';
import {
  diffVirtualLinks,
  linksOf,
  type VirtualLinkChange,
} from '../../reconcile/virtual-links.ts';
import { BaseSettings } from './base-settings.ts';
import type { KnownLinks } from './links.ts';

/** No address comes from a router's prefix, which would tell of the virtual MAC (RFC 9568 §7.4). */
const SILENT_IPV6: Readonly<Record<string, number>> = { accept_ra: 0, autoconf: 0 };

export class VirtualLinks {
  private readonly network: Network;
  private readonly links: KnownLinks;
  private readonly log: Log;
  private readonly base: BaseSettings;
  private wanted: readonly VirtualLink[] = [];
  /** Of instances that are leaving: they still have a last advertisement to send. */
  private leaving: readonly VirtualLink[] = [];
  private turn: Promise<void> = Promise.resolve();
  /** Why a link is not there, by its name. */
  private faults: ReadonlyMap<string, string> = new Map();

  constructor(network: Network, links: KnownLinks, log: Log) {
    this.network = network;
    this.links = links;
    this.log = log;
    this.base = new BaseSettings(network, links, log);
  }

  /** What these need is there when it resolves, or known to be missing; what others needed stays. */
  async prepare(instances: readonly VrrpInstance[]): Promise<void> {
    const before = this.wanted;
    this.wanted = instances.flatMap(({ links }) => linksOf(links));
    const names = new Set(this.wanted.map(({ name }) => name));
    this.leaving = before.filter(({ name }) => !names.has(name));
    this.base.want(instances);
    await this.settle();
  }

  /** The instances that have left have said what they had to. */
  async forget(): Promise<void> {
    if (this.leaving.length === 0) return;
    this.leaving = [];
    await this.settle();
  }

  /** Makes it so again, after links have changed. One after the other. */
  settle(): Promise<void> {
    const done = this.turn.then(() => this.make());
    this.turn = done.catch(() => {});
    return done;
  }

  private async make(): Promise<void> {
    const { changes, raise, inTheWay } = diffVirtualLinks({
      wanted: [...this.wanted, ...this.leaving],
      present: this.links.all(),
      owner: process.ppid,
      isAlive: (pid) => existsSync(`/proc/${pid}`),
    });
    const faults = new Map(inTheWay);
    if (changes.length > 0 || raise.length > 0) {
      await this.apply(changes, faults);
      await this.raise(
        raise.filter((name) => !faults.has(name)),
        faults,
      );
      await this.links.read();
    }
    this.tell(faults);
    await this.base.settle();
  }

  /** Why an instance has not what it needs; null: it has. */
  faultOf({ interface: base, links }: VrrpInstance): string | null {
    for (const { name } of linksOf(links)) {
      const fault = this.faults.get(name);
      if (fault !== undefined) return fault;
      if (this.links.link(name) === null) return `there is no interface ${name}`;
    }
    if (links.vrf === null) return null;
    const master = this.links.link(base)?.masterIndex ?? null;
    const isIn = master !== null && this.links.link(links.vrf)?.index === master;
    return isIn ? null : `interface ${base} is not in the VRF ${links.vrf}`;
  }

  /** Removes all of them, and gives back what was set for them. */
  async release(): Promise<void> {
    this.wanted = [];
    this.leaving = [];
    this.base.want([]);
    await this.links.read();
    await this.settle();
  }

  /** A link that is refused is named in `faults`; the others go on. */
  private async apply(
    changes: readonly VirtualLinkChange[],
    faults: Map<string, string>,
  ): Promise<void> {
    if (changes.length === 0) return;
    const outcomes = await this.network.change(changes);
    for (const [at, change] of changes.entries()) {
      const outcome = outcomes[at];
      const name = change.do === 'add-link' ? change.link.name : change.name;
      if (outcome instanceof DirectorError) {
        if (!faults.has(name)) faults.set(name, outcome.message);
      } else if (change.do === 'add-link') {
        const { kind, mac } = change.link;
        this.log.info({ interface: name, kind, mac }, 'virtual link made');
      } else if (change.do === 'remove-link') {
        this.log.info({ interface: name }, 'virtual link removed');
      }
    }
  }

  private async raise(names: readonly string[], faults: Map<string, string>): Promise<void> {
    for (const name of names) this.silence(name);
    await this.apply(
      names.map((name) => ({ do: 'set-link', name, settings: { up: true } })),
      faults,
    );
  }

  private silence(name: string): void {
    try {
      for (const [setting, value] of Object.entries(SILENT_IPV6)) {
        // A dot in the name of an interface is none of the path.
        const path = `net.ipv6.conf.${name.replaceAll('.', '/')}.${setting}`;
        const now = readSysctl(path);
        if (now !== null && now !== value) writeSysctl(path, value);
      }
    } catch (error) {
      this.log.warn({ interface: name, ...reasonAndHint(error) }, 'IPv6 of a virtual link');
    }
  }

  /** What is wrong is said once. */
  private tell(faults: ReadonlyMap<string, string>): void {
    for (const [name, reason] of faults) {
      if (this.faults.get(name) === reason) continue;
      this.log.error({ interface: name, reason }, 'virtual link cannot be there');
    }
    this.faults = faults;
  }
}
