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
import type { PeerSnapshot } from '../../model/snapshot-vrrp.ts';
import type { PeerEntry, PeerReign } from '../../wire/peer-link.ts';
import type { Leases } from '../leases.ts';
import type { Event } from '../machine/state.ts';
import type { VrrpPorts } from '../ports.ts';
import type { RouterGroup } from '../router-group.ts';
import type { Seat } from '../seats.ts';
import type { VirtualRouter } from '../virtual-router.ts';
import { PeerPlaces, placeName } from './peer-places.ts';
import type { Duty, Ways } from './peer-table.ts';
import { Peers, type Source } from './peers.ts';
import type { Ready } from './successors.ts';

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
  private readonly places = new PeerPlaces();
  /** UDP port of the link to peers; null: there shall be none. */
  port: number | null = null;
  /** Units that peers have asked for, while their successor is made ready. */
  private readonly giving = new Set<string>();
  private isOtherwise = false;
  /** By the name of the unit. */
  private readonly wanted = new Map<string, readonly Ways[]>();

  constructor(ports: VrrpPorts, host: HandOverHost) {
    this.ports = ports;
    this.host = host;
    if (ports.peers === undefined) {
      this.peers = null;
      return;
    }
    this.peers = new Peers(ports.clock, ports.log, ports.peers, {
      entriesOf: (place) => this.places.routersAt(place).map(entryOf),
      mainOf: (duty) => {
        const [router] = this.places.routersOf([duty]);
        return router === undefined ? null : (this.places.waysOf(router)[0] ?? null);
      },
      promise: (duties) => {
        for (const router of this.places.routersOf(duties)) router.promised();
      },
      take: (duties, from) => this.take(duties, from),
      give: (duties, life, from) => void this.giveTo(duties, { life, from }),
      yielded: (duty, reign, from) => {
        const [router] = this.places.routersOf([duty]);
        if (router === undefined) return 0;
        if (router.peerYielded(from, reign)) this.host.announceBeside(router);
        return router.reignBefore(reign.agoMs)?.forMs ?? 0;
      },
      reigned: (duty, reignMs, from) => {
        for (const router of this.places.routersOf([duty])) router.peerReigned(from, reignMs);
      },
    });
  }

  /** Instances or links have changed. */
  configure(): void {
    if (this.peers === null) return;
    const { links } = this.ports;
    this.peers.configure(
      this.places.configure(this.host.seats().keys(), { links, port: this.port }),
    );
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
      const ways = unit.routers.every((router) => router.isHolding) ? this.waysOf(unit) : null;
      return ways === null ? [] : [{ unit, ways }];
    });
    if (this.peers === null || able.length === 0) return new Map();
    const ready = await this.peers.prepare(
      able.map(({ ways }) => ways),
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
    const ways = this.waysOf(unit);
    if (peers !== null && ways !== null && peers.hasSuccessor(ways)) return true;
    return unit.routers.some((router) => {
      const source = router.heardFrom;
      return source !== null && !(peers?.knows(sourcesOf(router, source)) ?? false);
    });
  }

  /** At the end of the turn the peer that is master of it is asked to hand it over. False: there is none of ours. */
  want(unit: Unit): boolean {
    const ways = this.waysOf(unit);
    if (ways === null || !this.peers?.hasMaster(ways)) return false;
    this.wanted.set(unit.name, ways);
    return true;
  }

  /** What has changed, and what is wanted in one turn, is told together. */
  tellPeers(): void {
    if (this.isOtherwise) this.peers?.greet();
    this.isOtherwise = false;
    if (this.wanted.size === 0) return;
    this.peers?.want([...this.wanted.values()]);
    this.wanted.clear();
  }

  /** A router has given way, and asks how long the other was MASTER beside it, if that is one of ours. */
  tellYielded(router: VirtualRouter, source: string, reign: PeerReign): void {
    this.peers?.tellYielded(this.places.waysOf(router), sourcesOf(router, source), reign);
  }

  snapshot(): readonly PeerSnapshot[] {
    const { peers } = this;
    if (peers === null) return [];
    const now = this.ports.clock.now();
    return this.places.all.flatMap(({ name, interface: link, family }) =>
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
  private waysOf({ routers }: Unit): readonly Ways[] | null {
    const unit = routers.map((router) => this.places.waysOf(router));
    return unit.length > 0 && unit.every((ways) => ways.length > 0) ? unit : null;
  }

  private take(duties: readonly Duty[], from: string): void {
    for (const unit of this.unitsOf(this.places.routersOf(duties))) {
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
    const meant = this.unitsOf(this.places.routersOf(duties)).filter(
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
      const said = this.peers?.saidOf(life, this.places.waysOf(router)) ?? null;
      return said !== null && said.priority >= router.effectivePriority;
    });
  }
}

/** By unit: the peer that waits for it. */
export type Prepared = ReadonlyMap<Unit, Ready>;

function entryOf({ instance: { vrid }, effectivePriority, state }: VirtualRouter): PeerEntry {
  return { vrid, priority: effectivePriority, state: state.is, canTake: state.is === 'backup' };
}

/** Where advertisements come from that were heard from this address of the main path. */
function sourcesOf(router: VirtualRouter, address: string): readonly Source[] {
  const { family } = router.instance;
  return router.sourcesOf(address).map((one) => ({
    place: placeName(one.interface, family),
    address: one.address,
  }));
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
