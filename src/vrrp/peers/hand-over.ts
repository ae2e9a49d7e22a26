/**
 * Planned hand-over: who leaves on purpose makes its successor ready first, lets go of everything that goes over
 * together, and says so. What is said between directors is in peers.ts; here is what of it concerns the instances.
 *
 *   prepare ──▶ all members of the unit release ──▶ the lease is given back ──▶ take ──▶ "I am master"
 *
 * Its advertisement is what all others hear then. Without a peer of ours that is ready, or when it does not say
 * that it has taken over, the priority 0 follows, as the standard has it. Both would be one too many: whoever
 * hears the 0 last takes over within its skew.
 */
import { createHash } from 'node:crypto';
import type { PeerSnapshot } from '../../model/snapshot-vrrp.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';
import type { PeerEntry, PeerReign } from '../../wire/peer-link.ts';
import type { Leases } from '../leases.ts';
import type { Event } from '../machine/state.ts';
import type { VrrpPorts } from '../ports.ts';
import type { RouterGroup } from '../router-group.ts';
import type { Seat } from '../seats.ts';
import type { VirtualRouter } from '../virtual-router.ts';
import type { Duty } from './peer-table.ts';
import { Peers, type Ready } from './peers.ts';
import type { PeerPlace } from './ports-peers.ts';

/** What goes over as a whole: an instance, or all members of a sync group. */
export interface Unit {
  readonly name: string;
  readonly group: RouterGroup | null;
  readonly routers: readonly VirtualRouter[];
}

/** What the speaker does for it. */
export interface HandOverHost {
  readonly leases: Leases | null;
  seats(): ReadonlyMap<VirtualRouter, Seat>;
  /** To all members in one turn. */
  giveUnit(unit: Unit, event: Event): void;
  /** The other members of its sync group are announced again. */
  announceBeside(router: VirtualRouter): void;
}

export class HandOver {
  private readonly ports: VrrpPorts;
  private readonly host: HandOverHost;
  private readonly peers: Peers | null;
  /** By place; a VRID that a place has twice is not in it. */
  private routersAt: ReadonlyMap<string, readonly VirtualRouter[]> = new Map();
  private placeOf: ReadonlyMap<VirtualRouter, string> = new Map();
  private places: readonly PeerPlace[] = [];
  /** UDP port of the link to peers; null: there shall be none. */
  port: number | null = null;
  /** Units that peers have asked for, while their successor is made ready. */
  private readonly giving = new Set<string>();
  private isOtherwise = false;
  /** By the name of the unit. */
  private readonly wanted = new Map<string, readonly Duty[]>();

  constructor(ports: VrrpPorts, host: HandOverHost) {
    this.ports = ports;
    this.host = host;
    if (ports.peers === undefined) {
      this.peers = null;
      return;
    }
    this.peers = new Peers(ports.clock, ports.log, ports.peers, {
      entriesOf: (place) => (this.routersAt.get(place) ?? []).map(entryOf),
      promise: (duties) => {
        for (const router of this.routersOf(duties)) router.promised();
      },
      take: (duties, from) => this.take(duties, from),
      give: (duties, life, from) => void this.giveTo(duties, { life, from }),
      yielded: (duty, reign, from) => {
        const [router] = this.routersOf([duty]);
        if (router === undefined) return 0;
        if (router.peerYielded(from, reign)) this.host.announceBeside(router);
        return router.reignBefore(reign.agoMs)?.forMs ?? 0;
      },
      reigned: (duty, reignMs, from) => {
        for (const router of this.routersOf([duty])) router.peerReigned(from, reignMs);
      },
    });
  }

  /** Instances or links have changed. */
  configure(): void {
    if (this.peers === null) return;
    const byPlace = new Map<string, VirtualRouter[]>();
    for (const router of this.host.seats().keys()) {
      const name = placeName(router.instance);
      const known = byPlace.get(name);
      if (known === undefined) byPlace.set(name, [router]);
      else known.push(router);
    }
    this.routersAt = new Map([...byPlace].map(([name, list]) => [name, withOwnVrid(list)]));
    this.placeOf = new Map(
      [...this.routersAt].flatMap(([name, list]) => list.map((router) => [router, name] as const)),
    );
    this.places = [...byPlace].flatMap(([name, list]) => this.describe(name, list) ?? []);
    this.peers.configure(this.places);
  }

  /** An instance has another state: peers are told at the end of the turn. */
  noteChange(): void {
    this.isOtherwise = true;
  }

  close(): void {
    this.peers?.close();
  }

  /** Somebody else's word to the director of this life. */
  note(life: string, note: Uint8Array): void {
    this.peers?.note(life, note);
  }

  /** Each router with all that goes over with it. */
  unitsOf(routers: Iterable<VirtualRouter>): readonly Unit[] {
    const units = new Map<VirtualRouter | RouterGroup, Unit>();
    const seats = this.host.seats();
    for (const router of routers) {
      const group = seats.get(router)?.group ?? null;
      const unit =
        group === null
          ? { name: router.name, group, routers: [router] }
          : { name: group.group.name, group, routers: group.members };
      units.set(group ?? router, unit);
    }
    return [...units.values()];
  }

  /** Makes a peer ready for each unit that is held; at most for the time that peers.ts allows. */
  async prepare(units: readonly Unit[], only: string | null = null): Promise<Prepared> {
    const able = units.flatMap((unit) => {
      const duties = unit.routers.every((router) => router.isHolding) ? this.dutiesOf(unit) : null;
      return duties === null ? [] : [{ unit, duties }];
    });
    if (this.peers === null || able.length === 0) return new Map();
    const ready = await this.peers.prepare(
      able.map(({ duties }) => duties),
      only,
    );
    return new Map(
      able.flatMap(({ unit }, at) => {
        const one = ready[at];
        return one ? [[unit, one] as const] : [];
      }),
    );
  }

  /** In the turn in which all of a unit let go: what comes between their release and the priority 0. */
  arm({ name, routers }: Unit, ready: Ready | undefined): void {
    if (ready === undefined || !routers.every((router) => router.isHolding)) return;
    const { log } = this.ports;
    log.info({ unit: name, peer: ready.address }, 'handed over');
    const farewell = together(routers.length, () => {
      this.host.leases?.releaseNow(routers);
      return ready.take();
    });
    for (const router of routers) router.farewell.prepare(farewell);
  }

  /** Whether a peer of ours could take it, or somebody else who speaks VRRP perhaps. */
  hasSuccessor(unit: Unit): boolean {
    const { peers } = this;
    const duties = this.dutiesOf(unit);
    if (peers !== null && duties !== null && peers.hasSuccessor(duties)) return true;
    return unit.routers.some((router) => {
      const source = router.heardFrom;
      return source !== null && !(peers?.knows(this.placeOf.get(router) ?? '', source) ?? false);
    });
  }

  /** At the end of the turn the peer that is master of it is asked to hand it over. False: there is none of ours. */
  want(unit: Unit): boolean {
    const duties = this.dutiesOf(unit);
    if (duties === null || !this.peers?.hasMaster(duties)) return false;
    this.wanted.set(unit.name, duties);
    return true;
  }

  /** What has changed, and what is wanted in one turn, is told together. */
  tellPeers(): void {
    if (this.isOtherwise) this.peers?.greet();
    if (this.wanted.size > 0) this.peers?.want([...this.wanted.values()]);
    this.isOtherwise = false;
    this.wanted.clear();
  }

  /** A router has given way, and asks how long the other was MASTER beside it, if that is one of ours. */
  tellYielded(router: VirtualRouter, source: string, reign: PeerReign): void {
    const place = this.placeOf.get(router);
    if (place === undefined) return;
    this.peers?.tellYielded({ place, vrid: router.instance.vrid }, source, reign);
  }

  snapshot(): readonly PeerSnapshot[] {
    const { peers } = this;
    if (peers === null) return [];
    const now = this.ports.clock.now();
    return this.places.flatMap(({ name, interface: link, family }) =>
      peers.at(name).map(({ address, heardAt, entries }) => ({
        interface: link,
        family,
        address,
        heardMs: Math.round(now - heardAt),
        instances: entries,
      })),
    );
  }

  /** Null: a member of it cannot be named to a peer. */
  private dutiesOf({ routers }: Unit): readonly Duty[] | null {
    const duties = routers.flatMap((router) => {
      const place = this.placeOf.get(router);
      return place === undefined ? [] : [{ place, vrid: router.instance.vrid }];
    });
    return duties.length === routers.length && duties.length > 0 ? duties : null;
  }

  private routersOf(duties: readonly Duty[]): readonly VirtualRouter[] {
    return duties.flatMap(({ place, vrid }) =>
      (this.routersAt.get(place) ?? []).filter(({ instance }) => instance.vrid === vrid),
    );
  }

  private take(duties: readonly Duty[], from: string): void {
    for (const unit of this.unitsOf(this.routersOf(duties))) {
      if (unit.routers.every((router) => router.isAsPromised)) {
        this.host.giveUnit(unit, { type: 'hand-over', from });
      } else {
        const reason = 'somebody else advertises it';
        this.ports.log.warn({ unit: unit.name, peer: from, reason }, 'hand-over came too late');
      }
    }
  }

  /** A peer asks for it. Not given to one of lower priority, and kept when it is not ready. */
  private async giveTo(
    duties: readonly Duty[],
    { life, from }: { readonly life: string; readonly from: string },
  ): Promise<void> {
    const meant = this.unitsOf(this.routersOf(duties)).filter(
      (unit) => !this.giving.has(unit.name) && this.isLess(unit, life),
    );
    for (const { name } of meant) this.giving.add(name);
    const prepared = await this.prepare(meant, life);
    for (const unit of meant) {
      this.giving.delete(unit.name);
      const ready = prepared.get(unit);
      if (ready === undefined || !unit.routers.every((router) => router.isHolding)) continue;
      this.arm(unit, ready);
      this.host.giveUnit(unit, { type: 'resign', reason: `handed back to ${from}` });
    }
  }

  /** Whether the director of this life has at least our priority, for all of the unit. */
  private isLess({ routers }: Unit, life: string): boolean {
    return routers.every((router) => {
      const peer = this.peers?.at(this.placeOf.get(router) ?? '').find((one) => one.life === life);
      const entry = peer?.entries.find(({ vrid }) => vrid === router.instance.vrid);
      return entry !== undefined && entry.priority >= router.effectivePriority;
    });
  }

  /** Null: we have no address there now, or tell peers nothing. */
  private describe(name: string, routers: readonly VirtualRouter[]): PeerPlace | null {
    const instances = routers.map(({ instance }) => instance);
    const [first] = instances;
    if (first === undefined) return null;
    const { interface: link, family } = first;
    const { port } = this;
    const facts = this.ports.links.find(link, family);
    const configured = instances.find(({ sourceAddress }) => sourceAddress !== null);
    const source = configured?.sourceAddress ?? facts?.primaryAddress ?? null;
    if (facts === null || source === null || port === null) return null;
    const peers = instances.flatMap(({ unicast }) => unicast?.peers ?? []);
    return {
      name,
      interface: link,
      interfaceIndex: facts.index,
      family,
      group: instances.find(({ unicast }) => unicast === null)?.multicastGroup ?? null,
      unicastPeers: [...new Set(peers.map(({ address }) => address))].sort(),
      source,
      port,
      key: keyOf(instances),
    };
  }
}

/** By unit: the peer that waits for it. */
export type Prepared = ReadonlyMap<Unit, Ready>;

function placeName({ interface: link, family }: VrrpInstance): string {
  return `${link} ${family}`;
}

/** Those whose VRID no other one has. */
function withOwnVrid(routers: readonly VirtualRouter[]): readonly VirtualRouter[] {
  const counts = new Map<number, number>();
  for (const { instance } of routers) {
    counts.set(instance.vrid, (counts.get(instance.vrid) ?? 0) + 1);
  }
  return routers.filter(({ instance }) => counts.get(instance.vrid) === 1);
}

function entryOf({ instance: { vrid }, effectivePriority, state }: VirtualRouter): PeerEntry {
  return { vrid, priority: effectivePriority, state: state.is, canTake: state.is === 'backup' };
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

/** Resolves for all when so many have come and `then` is done, with what that gives. */
function together(count: number, then: () => Promise<boolean>): () => Promise<boolean> {
  let left = count;
  let open: (isTaken: boolean) => void = () => {};
  const opened = new Promise<boolean>((resolve) => {
    open = resolve;
  });
  return () => {
    left -= 1;
    if (left === 0) void then().then(open);
    return opened;
  };
}
