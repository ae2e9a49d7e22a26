/**
 * The further paths of an instance (`advert_paths`): the same advertisements go out on each of them, and what is
 * heard on any counts. One that is down or silent is told, and changes nothing else.
 */

import type { AlarmSnapshot } from '../../model/snapshot-vrrp.ts';
import { NO_LINKS } from '../../model/virtual-link.ts';
import type { SidePath, VrrpInstance } from '../../model/vrrp.ts';
import type { Stamp } from '../../wire/vrrp-hmac.ts';
import type { LinkFacts } from '../ports.ts';
import type { ReceivedPacket } from './admit.ts';
import type { PathLink, Standing } from './path-link.ts';
import { PathRecord, type PathWatch } from './path-watch.ts';

/** One of them at work. */
export class SideLink {
  readonly record: PathRecord;
  readonly link: PathLink;
  path: SidePath;
  /** The instance as it is on this path, and of which it was made. */
  private made: { readonly of: VrrpInstance; readonly instance: VrrpInstance } | null = null;
  /** Of its interface; null: there is none. */
  private linkIndex: number | null = null;

  constructor(path: SidePath, link: PathLink) {
    this.path = path;
    this.link = link;
    this.record = new PathRecord(path.name, false);
  }

  /** Another interface of that name is another one: what we had on the one before is of no use. */
  leaveReplaced(facts: LinkFacts | null): void {
    const before = this.linkIndex;
    this.linkIndex = facts?.index ?? null;
    if (before !== null && before !== this.linkIndex) void this.link.hangUp();
  }

  /** Where it stands on its path, or why it cannot. */
  standing(
    instance: VrrpInstance,
    facts: LinkFacts | null,
    mainAddress: string | null,
  ): Standing | { readonly why: string } {
    const { interface: link, sourceAddress } = this.path;
    if (facts === null) return { why: `there is no interface ${link}` };
    if (!facts.running) return { why: `interface ${link} is down` };
    const source = sourceAddress ?? facts.primaryAddress;
    if (source === null) return { why: `interface ${link} has no address` };
    if (!facts.addresses.has(source)) {
      return { why: `interface ${link} does not have the source address ${source}` };
    }
    if (mainAddress === null) return { why: 'the instance has no address on its main path' };
    return { instance: this.onPath(instance), source, mainAddress };
  }

  /** The same one as long as the instance and the path are. */
  private onPath(instance: VrrpInstance): VrrpInstance {
    if (this.made?.of !== instance) {
      const { interface: link, sourceAddress, unicast } = this.path;
      const own = { interface: link, sourceAddress, unicast, links: NO_LINKS, sidePaths: [] };
      this.made = { of: instance, instance: { ...instance, ...own } };
    }
    return this.made.instance;
  }
}

/** An address that advertisements come from, on a link. */
export interface PathSource {
  readonly interface: string;
  readonly address: string;
}

/** How an interface is now. */
export type FindLink = (interfaceName: string) => LinkFacts | null;

export class SidePaths {
  private readonly watch: PathWatch;
  private readonly main: PathRecord;
  private readonly newLink: () => PathLink;
  private links: readonly SideLink[] = [];
  /** The last that was known: what is left to say is said under it, also when the main path has none any more. */
  private mainAddress: string | null = null;

  constructor(watch: PathWatch, main: PathRecord, newLink: () => PathLink) {
    this.watch = watch;
    this.main = main;
    this.newLink = newLink;
  }

  get areThere(): boolean {
    return this.links.length > 0;
  }

  /** One of them wants a socket, and has none. */
  get wantsSocket(): boolean {
    return this.links.some(({ link }) => link.deafness !== null);
  }

  sourcesOf(sender: string): readonly PathSource[] {
    return this.links.flatMap(({ path, record: { heardFrom, heardSender } }) =>
      heardFrom === null || heardSender !== sender
        ? []
        : [{ interface: path.interface, address: heardFrom }],
    );
  }

  /** Takes the paths of a configuration; those that stay go on as they are. */
  adopt({ sidePaths }: VrrpInstance): void {
    const left = new Map(this.links.map((side) => [JSON.stringify(side.path), side]));
    this.links = sidePaths.map((path) => {
      const key = JSON.stringify(path);
      const known = left.get(key);
      left.delete(key);
      return known ?? new SideLink(path, this.newLink());
    });
    for (const { link } of left.values()) void link.hangUp();
    this.watch.watch(this.areThere ? [this.main, ...this.links.map(({ record }) => record)] : []);
  }

  leaveReplaced(find: FindLink): void {
    for (const side of this.links) side.leaveReplaced(find(side.path.interface));
  }

  linkRenewed(name: string): void {
    for (const { path, link } of this.links) if (path.interface === name) void link.hangUp();
  }

  /** Takes its place on each path that is there. */
  listen(
    instance: VrrpInstance,
    mainAddress: string | null,
    find: FindLink,
    onPacket: (packet: ReceivedPacket, side: SideLink) => boolean,
  ): void {
    this.mainAddress = mainAddress ?? this.mainAddress;
    for (const side of this.links) {
      const at = side.standing(instance, find(side.path.interface), this.mainAddress);
      side.link.listen('why' in at ? null : at, (packet) => onPacket(packet, side));
      const why = 'why' in at ? at.why : side.link.deafness;
      this.watch.found(instance.name, side.record, why);
    }
  }

  /** False: none of them takes it. */
  send(priority: number, stamp: Stamp | null, sequence: number | null): boolean {
    let isSent = false;
    for (const { link, record } of this.links) {
      if (!link.send(priority, stamp, sequence)) continue;
      record.sent += 1;
      isSent = true;
    }
    return isSent;
  }

  lastingAlarms(): readonly AlarmSnapshot[] {
    return this.links.flatMap(({ link }) => link.lastingAlarms());
  }

  async hangUp(): Promise<void> {
    await Promise.all(this.links.map(({ link }) => link.hangUp()));
  }
}
