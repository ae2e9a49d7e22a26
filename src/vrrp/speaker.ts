/**
 * Runs the instances: packets and news in, each to the routers that it concerns, and what follows for their sync groups.
 * What to do is decided in machine/; virtual-router.ts carries it out, waking.ts tells when it is time.
 */
import type { Instant, Millis } from '../base/time.ts';
import type { FailoverReport, FailoverRequest } from '../model/failover.ts';
import type { Renaming } from '../model/notice.ts';
import type { VrrpPlan } from '../model/plan.ts';
import type { VrrpSnapshot, VrrpStates } from '../model/snapshot-vrrp.ts';
import type { SyncGroup, VrrpConfig, VrrpInstance } from '../model/vrrp.ts';
import { Trackers } from '../track/trackers.ts';
import type { PeerReign } from '../wire/peer-link.ts';
import type { ReceivedPacket } from './adverts/admit.ts';
import { Ears } from './adverts/ears.ts';
import type { SpentStamps } from './adverts/replay.ts';
import type { SideLink } from './adverts/side-paths.ts';
import { planVrrp } from './forecast/forecast.ts';
import { foresee } from './forecast/foresee.ts';
import { Announcer } from './holding/announcer.ts';
import { Estate } from './holding/estate.ts';
import type { Gone } from './holding/held.ts';
import type { Mastership } from './holding/will.ts';
import { Leases } from './leases.ts';
import type { LeasedEvent } from './machine/leased.ts';
import type { Event } from './machine/state.ts';
import { joined, pulled } from './machine/sync-group.ts';
import { outlooksOf, trackerSnapshot } from './outlook.ts';
import { failOver } from './peers/failover.ts';
import { HandOver, type HandOverHost, type Prepared, type Unit } from './peers/hand-over.ts';
import type { VrrpPorts } from './ports.ts';
import { RouterGroup, renamed } from './router-group.ts';
import { type Concerned, concernedBy, type Seat, seatsOf, successionOf } from './seats.ts';
import { turnOf } from './turns.ts';
import { VirtualRouter } from './virtual-router.ts';
import { Waking } from './waking.ts';

/** An instance that could not open its socket tries again after this time. */
const DEAF_RETRY_MS: Millis = 1_000;

export class VrrpSpeaker {
  private readonly ports: VrrpPorts;
  private readonly ears: Ears;
  private readonly announcer: Announcer;
  private readonly estate = new Estate();
  private readonly trackers: Trackers;
  private seats: ReadonlyMap<VirtualRouter, Seat> = new Map();
  private concerned: Concerned = concernedBy([]);
  private groups: readonly RouterGroup[] = [];
  private readonly waking: Waking;
  /** Groups of which a member has changed, to be told of when all have followed. */
  private readonly changed = new Set<RouterGroup>();
  private readonly leases: Leases | null;
  private readonly host: HandOverHost;
  private readonly handOver: HandOver;
  /** Peers that wait for what the next reload removes. */
  private prepared: Prepared = new Map();
  private startAt: Instant | null = null;
  /** When everything is to be compared again; Infinity: when something happens. */
  private settleAt: Instant = Infinity;
  private stopped = false;
  private leaving: Promise<unknown> = Promise.resolve();

  constructor(ports: VrrpPorts) {
    this.ports = ports;
    this.waking = new Waking(ports, () => this.onAlarm());
    this.ears = new Ears(ports);
    this.announcer = new Announcer(ports.announcer, ports.clock, () => this.isAdvertising);
    this.trackers = new Trackers(ports, () => this.settle());
    this.leases = ports.leases === undefined ? null : new Leases(ports.leases);
    this.host = {
      leases: this.leases,
      seats: () => this.seats,
      giveUnit: (unit, event) => this.giveUnit(unit, event),
      announceBeside: (router) => this.announceBeside(router),
    };
    this.handOver = new HandOver(ports, this.host);
  }

  /** Whether instances wait for their turn to become MASTER. */
  get isAdvertising(): boolean {
    return this.waking.isAdvertising;
  }

  /** Makes peers ready for what a reload is about to remove. */
  async beforeReload(config: VrrpConfig): Promise<void> {
    const { gone } = successionOf(config.instances, [...this.seats.keys()]);
    const units = this.handOver.unitsOf(gone);
    const leaving = units.filter(({ routers }) => routers.every((one) => gone.includes(one)));
    this.prepared = await this.handOver.prepare(leaving);
  }

  /** @throws DirectorError UNKNOWN_INSTANCE or NO_SUCCESSOR */
  failOver(request: FailoverRequest): Promise<FailoverReport> {
    const { handOver, host } = this;
    return failOver(request, { clock: this.ports.clock, handOver, host });
  }

  /** To the director of ours of this life, from what is none of VRRP's business. */
  note(life: string, note: Uint8Array): void {
    this.handOver.note(life, note);
  }

  /**
   * The first time begins the protocol; later it is a reload, and routers that stay keep their state.
   * `inherited`: what the process before this one was master of.
   */
  configure(
    config: VrrpConfig,
    inherited: (instance: VrrpInstance) => Mastership | null = () => null,
  ): void {
    const { clock } = this.ports;
    this.startAt ??= clock.now() + config.startupDelayMs;
    this.trackers.configure(config);
    this.announcer.configure(config.announceGaps);
    this.handOver.port = config.peerPort;
    const { next, gone } = successionOf(config.instances, [...this.seats.keys()]);
    this.tellRenamed(
      next.flatMap(({ instance, known }) =>
        known === undefined ? [] : { kind: 'INSTANCE', from: known.name, to: instance.name },
      ),
    );
    const changeovers = next.flatMap(({ instance, known }) => known?.adopt(instance) ?? []);
    const routers = next.map(
      ({ instance, known }) => known ?? this.routerFor(instance, inherited(instance)),
    );
    for (const one of changeovers) one.letGo();
    for (const [unit, ready] of this.prepared) {
      if (unit.routers.every((one) => gone.includes(one))) this.handOver.arm(unit, ready);
    }
    this.prepared = new Map();
    for (const router of gone) this.waking.forget(router);
    this.leaving = Promise.all(gone.map((router) => router.stop(false, 'removed')));
    for (const one of changeovers) one.takeOn();
    this.groups = config.syncGroups.map((group) => this.adoptGroup(group, config, routers));
    for (const group of this.groups) this.changed.add(group);
    this.seats = seatsOf(routers, this.groups);
    this.takeTurns();
    this.concerned = concernedBy(routers);
    this.leases?.configure(config.lease?.subjects ?? [], routers);
    this.giveEach(this.leases?.lacking() ?? [], { type: 'lease-lost', again: true });
    this.giveEach(this.leases?.freed(routers) ?? [], { type: 'lease-unneeded' });
    this.settle();
  }

  /** Resolves when those that the last configuration has no more have let go of everything. */
  async left(): Promise<void> {
    await this.leaving;
  }

  /** The instances that wait for it may be master. */
  leaseGranted(name: string): void {
    this.giveMembers(name, { type: 'lease-granted' });
    this.leases?.dropUnused(name);
  }

  /** Whoever is master with it may answer for longer. */
  leaseRenewed(name: string): void {
    for (const router of this.leases?.membersOf(name) ?? []) router.leaseRenewed();
  }

  /** Whoever is master with it is not any more. */
  leaseLost(name: string): void {
    this.leases?.forget(name);
    this.giveMembers(name, { type: 'lease-lost', again: false });
  }

  /** A director of a higher priority asks for it: it is handed over. */
  leaseWanted(name: string, priority: number): void {
    this.giveMembers(name, { type: 'lease-wanted', priority });
  }

  private giveMembers(name: string, event: LeasedEvent): void {
    if (this.stopped) return;
    this.giveEach(this.leases?.membersOf(name) ?? [], event);
    this.goOn();
  }

  private giveEach(routers: readonly VirtualRouter[], event: LeasedEvent): void {
    for (const router of routers) {
      const seat = this.seats.get(router);
      if (seat !== undefined) this.give(router, seat, event);
    }
  }

  private routerFor(instance: VrrpInstance, mastership: Mastership | null): VirtualRouter {
    const { ears, announcer, estate } = this;
    const askPeer = (from: VirtualRouter, source: string, reign: PeerReign): void =>
      this.handOver.tellYielded(from, source, reign);
    const shared = { ears, announcer, estate, askPeer };
    const router: VirtualRouter = new VirtualRouter(instance, this.ports, shared, {
      onEvent: (event) => {
        const seat = this.seats.get(router);
        if (seat !== undefined) this.give(router, seat, event);
        this.onTime();
      },
      askToHandOver: () => this.handOver.unitsOf([router]).some((unit) => this.handOver.want(unit)),
      companions: () => {
        const members = this.seats.get(router)?.group?.members ?? [];
        return members.filter((member) => member !== router);
      },
    });
    if (mastership !== null) router.inherit(mastership);
    return router;
  }

  /** What `configure` would do at once, as a reload; nothing is changed. */
  plan(config: VrrpConfig): VrrpPlan {
    const { seats, trackers, ports } = this;
    return planVrrp(foresee(config, { seats, trackers, ports }));
  }

  /** The machine was suspended, and its clock with it: a peer may be master by now. Whoever has a lease has lost it. */
  slept(forMs: Millis): void {
    const reason = `the machine was suspended for ${Math.round(forMs)} ms`;
    for (const [router, seat] of this.seats) {
      if (router.isOutslept(forMs)) this.give(router, seat, { type: 'shut', reason });
    }
    this.goOn();
  }

  /** Links or their addresses have changed. */
  linksChanged(): void {
    this.settle();
  }

  /** A BFD session has changed. */
  sessionsChanged(): void {
    this.settle();
  }

  /** Something was removed: if we hold it, it is put back, and nobody's role changes. */
  gone(gone: Gone): void {
    let isLost = false;
    // Thousands may go at once.
    const holders =
      gone.kind === 'address'
        ? (this.concerned.holders.get(gone.address) ?? [])
        : this.seats.keys();
    for (const router of holders) {
      router.putBack(gone);
      isLost ||= router.state.is === 'master' && router.lostUntil() !== null;
    }
    if (isLost) this.settle();
  }

  /** An interface came back, or is reached in another way; `isAnother`: sockets on it are of no use any more. */
  linkRenewed(name: string, isAnother: boolean): void {
    for (const router of this.seats.keys()) router.linkRenewed(name, isAnother);
  }

  /** Addresses may have been removed, nobody knows which. */
  holdAgain(): void {
    for (const router of this.seats.keys()) router.holdAgain();
  }

  /** Somebody else says on a link that an address is his. */
  addressClaimed(address: string, mac: string, link: string): void {
    const { holders, anchored, anchoredToGateways } = this.concerned;
    for (const router of holders.get(address) ?? []) router.claimed(address, mac);
    for (const router of anchored.get(address) ?? []) router.anchorHeard();
    for (const router of anchoredToGateways) router.heardOn(link, address);
  }

  /** Of what it is master now. */
  masters(): readonly { readonly instance: VrrpInstance; readonly mastership: Mastership }[] {
    return [...this.seats.keys()].flatMap((router) => {
      const mastership = router.mastership();
      return mastership === null ? [] : [{ instance: router.instance, mastership }];
    });
  }

  states(): VrrpStates {
    return Object.fromEntries([...this.seats.keys()].map(({ name, state }) => [name, state.is]));
  }

  /** What an earlier life has signed and believed; before the first configuration. */
  remember(spent: SpentStamps): void {
    this.ears.spentBefore = spent;
  }

  /** What of signed advertisements must not be forgotten. */
  spent(): SpentStamps {
    const entries = [...this.seats.keys()].flatMap((router) =>
      router.spent === null ? [] : [[router.name, router.spent] as const],
    );
    return new Map(entries);
  }

  snapshot(): VrrpSnapshot {
    return {
      instances: [...this.seats].map(([router, { group, tracks }]) =>
        router.snapshot(
          tracks.map((track) => trackerSnapshot(this.trackers, track)),
          group?.group.name ?? null,
        ),
      ),
      groups: this.groups.map((group) => group.snapshot()),
      scripts: this.trackers.allScripts().map(({ name, state, sinceMs, lastResult }) => ({
        name,
        up: state.up,
        sinceMs,
        lastResult,
      })),
      foreign: this.ears.foreign(),
      peers: this.handOver.snapshot(),
      leases: this.ports.leases?.snapshot() ?? null,
    };
  }

  /** Leaves in good order. `keep`: the addresses stay and nothing is sent. */
  async stop({ keep }: { readonly keep: boolean }): Promise<void> {
    const units = this.handOver.unitsOf(this.seats.keys());
    const prepared: Prepared = keep ? new Map() : await this.handOver.prepare(units);
    this.stopped = true;
    this.waking.close();
    this.trackers.close();
    this.announcer.close();
    for (const [unit, ready] of prepared) this.handOver.arm(unit, ready);
    await Promise.all([...this.seats.keys()].map((router) => router.stop(keep)));
    if (!keep) await this.leases?.handBack();
    this.handOver.close();
    for (const group of this.groups) group.tellStop();
  }

  private takeTurns(): void {
    const units = this.handOver.unitsOf(this.seats.keys());
    this.waking.areMany = false;
    for (const [at, { routers }] of units.entries()) {
      for (const router of routers) {
        router.turn = turnOf(at, units.length, router.instance.advertIntervalMs);
        if (router.turn !== undefined) this.waking.areMany = true;
      }
    }
  }

  private adoptGroup(
    group: SyncGroup,
    { syncGroups }: VrrpConfig,
    routers: readonly VirtualRouter[],
  ): RouterGroup {
    const members = routers.filter(({ name }) => group.members.includes(name));
    const known =
      this.groups.find((one) => one.group.name === group.name) ??
      renamed(this.groups, members, syncGroups);
    const next = known ?? new RouterGroup(group, this.ports);
    this.tellRenamed([{ kind: 'GROUP', from: next.group.name, to: group.name }]);
    next.group = group;
    next.members = members;
    return next;
  }

  private tellRenamed(names: readonly Renaming[]): void {
    const renamings = names.filter(({ from, to }) => from !== to);
    if (renamings.length > 0) this.ports.notify.renamed(renamings);
  }

  private giveUnit({ group, routers }: Unit, event: Event): void {
    if (this.stopped) return;
    if (group === null) {
      for (const router of routers) {
        const seat = this.seats.get(router);
        if (seat !== undefined) this.give(router, seat, event);
      }
    } else {
      this.changed.add(group);
      this.giveAll(group, event);
    }
    this.goOn();
  }

  /** Gives an event to one router and lets its group follow, in one turn. */
  private give(router: VirtualRouter, { group }: Seat, event: LeasedEvent): void {
    const from = router.state.is;
    const metAnother = router.take(event);
    this.waking.note(router);
    if (router.state.is !== from) this.handOver.noteChange();
    if (group === null) return;
    if (metAnother) this.announceBeside(router);
    if (router.state.is === from) return;
    this.changed.add(group);
    const follow = pulled(from, router.state.is);
    if (follow !== null) this.giveAll(group, follow);
  }

  private announceBeside(router: VirtualRouter): void {
    for (const member of this.seats.get(router)?.group?.members ?? []) {
      if (member !== router) member.announceAgain();
    }
  }

  /** Those whom it does not concern stay as they are. */
  private giveAll({ members }: RouterGroup, event: Event): void {
    this.handOver.noteChange();
    for (const member of members) {
      member.take(event);
      this.waking.note(member);
    }
  }

  /** Compares what each router needs with what there is; then time goes on. */
  private settle(): void {
    if (this.stopped) return;
    const { clock } = this.ports;
    this.trackers.look();
    this.handOver.configure();
    const outlooks = outlooksOf(this.seats, this.trackers, (router) =>
      router.listen((packet, side) => this.onPacket(router, packet, side)),
    );
    const begun = this.startAt !== null && clock.now() >= this.startAt;
    const fresh = new Set<VirtualRouter>();
    this.settleAt = begun ? Infinity : (this.startAt ?? Infinity);
    for (const [router, { fault, isReplaced, isUndecided }] of outlooks) {
      const seat = this.seats.get(router) as Seat;
      if (router.wantsSocket) this.settleAt = Math.min(this.settleAt, clock.now() + DEAF_RETRY_MS);
      this.settleAt = Math.min(this.settleAt, router.lostUntil() ?? Infinity);
      if (isReplaced) this.settleAt = clock.now();
      if (fault !== null) this.give(router, seat, { type: 'fault', reason: fault });
      else if (router.isHeir) this.give(router, seat, { type: 'resume' });
      else if (begun && !isUndecided) {
        if (router.state.is !== 'backup' && router.state.is !== 'master') fresh.add(router);
        this.give(router, seat, { type: 'start' });
      }
    }
    for (const group of this.groups) {
      const event = joined(
        group.members.map((one) => ({ is: one.state.is, isNew: fresh.has(one) })),
      );
      if (event !== null) this.giveAll(group, event);
    }
    this.onTime();
  }

  /** Whether the packet was taken. */
  private onPacket(router: VirtualRouter, packet: ReceivedPacket, side: SideLink | null): boolean {
    const seat = this.seats.get(router);
    if (this.stopped || seat === undefined) return false;
    const heard = router.hear(packet, side);
    if (heard === null || heard === 'twin') return heard !== null;
    this.give(router, seat, { type: 'heard', advert: heard });
    this.goOn();
    return true;
  }

  private onAlarm(): void {
    if (this.ports.clock.now() >= this.settleAt) this.settle();
    else this.onTime();
  }

  /** Wakes what is due. */
  private onTime(): void {
    if (this.stopped) return;
    const { clock } = this.ports;
    let isOtherwise = false;
    this.waking.wakeDue((router) => {
      const seat = this.seats.get(router);
      if (seat === undefined) return;
      if (router.watch()) isOtherwise = true;
      if (router.deadline() <= clock.now()) this.give(router, seat, { type: 'time' });
      this.waking.note(router);
    });
    if (isOtherwise) this.settle();
    else this.goOn();
  }

  /** Tells of groups, and waits for what is next. */
  private goOn(): void {
    this.leases?.follow();
    // Of a takeover of hundreds once, in the end.
    if (!this.isAdvertising) this.handOver.tellPeers();
    if (this.changed.size > 0) {
      for (const group of this.changed) group.tell();
      this.changed.clear();
    }
    this.waking.arm(this.settleAt);
  }
}
