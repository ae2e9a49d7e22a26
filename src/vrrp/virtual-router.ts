/** One instance at work: the state of its machine, and the carrying out of its effects. */
import type { Instant, Millis } from '../base/time.ts';
import type { InstanceSnapshot, TrackerSnapshot } from '../model/snapshot-vrrp.ts';
import type { VrrpInstance } from '../model/vrrp.ts';
import type { PeerReign } from '../wire/peer-link.ts';
import type { ReceivedPacket } from './adverts/admit.ts';
import { Advertiser, type OnPacket } from './adverts/advertiser.ts';
import type { Ears } from './adverts/ears.ts';
import type { Spent } from './adverts/replay.ts';
import type { FindLink, PathSource, SideLink } from './adverts/side-paths.ts';
import { Chronicle } from './chronicle.ts';
import { type Companion, Companions } from './companions.ts';
import { Counters } from './counters.ts';
import { Evidence } from './evidence/evidence.ts';
import type { Reign } from './evidence/overlaps.ts';
import type { Announcer } from './holding/announcer.ts';
import { type Estate, Share } from './holding/estate.ts';
import { openUntil } from './holding/gate.ts';
import { Gatekeeper } from './holding/gatekeeper.ts';
import { addressesOf, type Gone, holdsOn } from './holding/held.ts';
import { Holding } from './holding/holding.ts';
import { type Mastership, peersOf } from './holding/will.ts';
import { isToldOfLesser, nextDeadline, retimed } from './machine/instance.ts';
import { type LeasedEvent, type LeaseView, leasedStep } from './machine/leased.ts';
import { faultOf, type Tracked } from './machine/priority.ts';
import type { Effect, Heard, Self, State } from './machine/state.ts';
import { silenceMs } from './machine/timers.ts';
import { Farewell } from './peers/farewell.ts';
import { Preemption } from './peers/preemption.ts';
import { placeFaultOf, sourceOf } from './place-fault.ts';
import type { VrrpPorts } from './ports.ts';
import { RouterPriority } from './router-priority.ts';
import { routerSnapshot } from './router-snapshot.ts';

/** What all routers have in common. */
interface Shared {
  readonly ears: Ears;
  readonly announcer: Announcer;
  readonly estate: Estate;
  /** Asks the director that a router gave way to how long it had been MASTER, if it is one of ours. */
  askPeer(router: VirtualRouter, source: string, reign: PeerReign): void;
}

/** What the speaker does for a router. */
interface RouterHost {
  /** Something has happened to it beside what it is given. */
  onEvent(event: LeasedEvent): void;
  /** Asks the director that is master to hand over. False: it is none of ours. */
  askToHandOver(): boolean;
  /** The other members of its sync group. */
  companions(): readonly Companion[];
}

/** What is left of a reload for an instance that is MASTER and stays so. */
interface Changeover {
  letGo(): void;
  takeOn(): void;
}

export class VirtualRouter {
  instance: VrrpInstance;
  state: State = { is: 'init' };
  readonly farewell: Farewell;
  /** Milliseconds since 1970: when it was given up by order, and does not preempt since; null: it was not. */
  gaveUpAtMs: number | null = null;
  /** Null: it may be master without. */
  lease: LeaseView | null = null;
  /** Undefined: it advertises when it likes (turns.ts). */
  turn: number | undefined;
  private readonly ports: VrrpPorts;
  private readonly counters = new Counters();
  private readonly chronicle: Chronicle;
  private readonly advertiser: Advertiser;
  private readonly holding: Holding;
  private readonly gatekeeper: Gatekeeper;
  private readonly evidence: Evidence;
  private readonly preemption: Preemption;
  private readonly companions: Companions;
  private advertisedAt: Instant = -Infinity;
  private readonly priority: RouterPriority;
  private address: string | null = null;
  /** Of its interface; null: there is none. */
  private linkIndex: number | null = null;
  private master: Heard | null = null;
  /** Who advertised when a peer was promised to take over from; undefined: nobody was. */
  private promisedFrom: string | null | undefined;
  /** What the process before this one was master of, and left to us. */
  private inherited: Mastership | null = null;

  constructor(instance: VrrpInstance, ports: VrrpPorts, shared: Shared, host: RouterHost) {
    this.instance = instance;
    this.ports = ports;
    this.chronicle = new Chronicle(ports, this.counters);
    this.advertiser = new Advertiser(ports, shared.ears, this.counters);
    const share = new Share(shared.estate);
    this.holding = new Holding(ports, shared.announcer, share, this.counters);
    this.farewell = new Farewell(this.holding);
    this.evidence = new Evidence(ports, this.counters, (source, reign) =>
      shared.askPeer(this, source, reign),
    );
    this.gatekeeper = new Gatekeeper(ports, share, this.counters, (reason) =>
      host.onEvent({ type: 'shut', reason }),
    );
    this.preemption = new Preemption(ports.clock, () => host.askToHandOver());
    this.companions = new Companions(ports.clock, ports.log, () => host.companions());
    this.priority = new RouterPriority(instance.priority);
  }

  get name(): string {
    return this.instance.name;
  }

  get effectivePriority(): number {
    return this.priority.effective;
  }

  /** The process before this one was master, and its addresses are still there. */
  inherit(mastership: Mastership): void {
    this.inherited = mastership;
  }

  /** Whether it can go on where another process ended. */
  get isHeir(): boolean {
    return this.inherited !== null;
  }

  mastership(): Mastership | null {
    const { interface: link, vrid, family } = this.instance;
    if (this.state.is !== 'master') return null;
    const peers = peersOf(this.instance);
    return { interface: link, vrid, family, peers, sinceMs: this.chronicle.sinceMs };
  }

  /**
   * Goes on under a new configuration; a master opens what is new there. Null: that is all; else the rest is to be
   * done when every instance has opened what it wants: first of all those that let go, then of those that take on.
   */
  adopt(instance: VrrpInstance): Changeover | null {
    const before = this.instance;
    if (JSON.stringify(before) !== JSON.stringify(instance)) this.gaveUpAtMs = null;
    this.instance = instance;
    this.priority.restore();
    if (!this.isHolding) return null;
    const { gatekeeper, holding } = this;
    this.state = retimed(this.state, instance.announce, this.ports.clock.now());
    holding.want(instance);
    gatekeeper.takeOn(instance);
    if (gatekeeper.lacks(instance)) {
      // How long it may answer counts from what the peers have heard.
      this.advertise(this.effectivePriority);
      gatekeeper.open(instance, this.mayAnswerUntil());
    }
    return {
      letGo: () => {
        gatekeeper.letGo(instance);
        holding.letGo(before, instance);
        holding.afterwards(() => gatekeeper.unguard());
      },
      takeOn: () => holding.takeOn(before, instance),
    };
  }

  /**
   * Takes in how its link and what it tracks are now. Tells why it cannot go on as it is: what it had on
   * its interface went away with it. Null: it can.
   */
  look(tracked: readonly Tracked[]): string | null {
    const { interface: link, family } = this.instance;
    const facts = this.ports.links.find(link, family);
    this.address = sourceOf(this.instance, facts);
    const before = this.linkIndex;
    this.linkIndex = facts?.index ?? null;
    this.weigh(tracked);
    this.advertiser.leaveReplaced(this.findLink);
    if (before === null || this.linkIndex === null || before === this.linkIndex) return null;
    this.advertiser.leaveMain();
    return `interface ${link} is another one of that name`;
  }

  /** Of its family. */
  private readonly findLink: FindLink = (name) => this.ports.links.find(name, this.instance.family);

  private weigh(tracked: readonly Tracked[]): void {
    const change = this.priority.weigh(this.instance.priority, tracked);
    if (change === null) return;
    this.ports.log.info({ instance: this.name, ...change }, 'effective priority changed');
    this.chronicle.priorityChanged(this, this.state);
  }

  /** `isRunning`: whether its interface is, when that has lasted. */
  faultOf(tracked: readonly Tracked[], isRunning: boolean): string | null {
    const { interface: link, family } = this.instance;
    const place = {
      facts: this.ports.links.find(link, family),
      isRunning,
      linkFault: this.ports.links.faultOf?.(this.instance) ?? null,
    };
    const fault = placeFaultOf(this.instance, place);
    if (fault !== null) return fault;
    if (this.lostUntil() !== null) return 'what it holds is removed again and again';
    const missing = this.ports.statics.faultOf(this.name);
    if (missing !== null) return missing;
    // Who hears nobody must not become master.
    return (
      this.advertiser.deafness ??
      this.gatekeeper.faultOf(this.instance) ??
      this.evidence.fault ??
      faultOf(tracked)
    );
  }

  /** What of signed advertisements must not be forgotten at a restart; null: none are signed. */
  get spent(): Spent | null {
    return this.advertiser.spent;
  }

  /** Whether somebody else may be master after so long: what a peer waits at least, and with a lease at once. */
  isOutslept(forMs: Millis): boolean {
    if (this.state.is !== 'master') return false;
    return this.lease !== null || forMs > silenceMs(this.instance);
  }

  /** Until when somebody else who removes what it holds has his way; null: nobody does. */
  lostUntil(): Instant | null {
    return this.holding.lostUntil(this.ports.clock.now());
  }

  /** A socket that it wants cannot be opened now. */
  get wantsSocket(): boolean {
    return this.advertiser.wantsSocket;
  }

  deadline(): Instant {
    return Math.min(nextDeadline(this.state), this.evidence.nextAt(this.instance, this.state));
  }

  listen(onPacket: OnPacket): void {
    const { instance, findLink } = this;
    const source = findLink(instance.interface) === null ? null : this.address;
    this.advertiser.listen(instance, source, onPacket, findLink);
  }

  /**
   * The advertisement in a packet for its VRID, `twin` when another path has brought it already, or null when it
   * was dropped. `side`: the further path that it came by.
   */
  hear(packet: ReceivedPacket, side: SideLink | null): Heard | 'twin' | null {
    if (this.address === null) return null;
    const heard = this.advertiser.hear(this.instance, this.effectivePriority, packet, side);
    if (heard === null || heard === 'twin') return heard;
    this.companions.heard(heard.priority);
    if (heard.priority > 0) this.master = heard;
    return heard;
  }

  /** Tells whether another one was master beside it: the whole sync group is announced again. */
  take(given: LeasedEvent): boolean {
    const { clock } = this.ports;
    const { chronicle, instance, evidence, inherited } = this;
    // The first of a sync group that goes on takes the others along: they go on, too.
    const event: LeasedEvent =
      inherited !== null && given.type === 'group-master' ? { type: 'resume' } : given;
    const isOver =
      event.type === 'time' &&
      evidence.overlaps.isOpen &&
      evidence.overlaps.onTime(instance, this.reignBefore(0));
    if (isOver) this.announceAgain();
    this.inherited = null;
    const self = this.self();
    const from = event.type === 'time' ? this.beforeTime(self) : this.state;
    const { state, effects, reason } = leasedStep(self, from, event, {
      now: clock.now(),
      lease: this.lease,
    });
    const goesOn = inherited !== null && event.type === 'resume' && state.is === 'master';
    // It does not come to that: a peer may hold what is still there.
    if (inherited !== null && !goesOn) this.disclaim();
    const forMs = this.isHolding ? clock.now() - chronicle.since : 0;
    this.state = state;
    if (event.type === 'heard') {
      const reign = { forMs, reason: chronicle.reason };
      evidence.heard(instance, { before: from, after: state, advert: event.advert, reign });
    }
    for (const effect of effects) this.carryOut(effect);
    if (reason !== null && state.is !== from.is) {
      if (state.is === 'master') this.gaveUpAtMs = null;
      if (goesOn) chronicle.resumed(this, inherited, reason);
      else chronicle.changed(this, from.is, state.is, reason);
    } else if (event.type === 'fault') chronicle.otherFault(this.name, event.reason);
    const metLesser = effects.some((one) => one.do === 'note' && one.note === 'lesser-master');
    if (metLesser && event.type === 'heard') chronicle.heardLower(this, event.advert);
    return isOver || isToldOfLesser(from, state);
  }

  /** A director of ours was MASTER and gave way to this one. True: it is announced again. */
  peerYielded(source: string, { forMs, agoMs }: PeerReign): boolean {
    const { evidence, instance } = this;
    const own = this.reignBefore(agoMs);
    if (own === null || !evidence.overlaps.yielded(instance, source, own, forMs)) return false;
    this.announceAgain();
    return true;
  }

  /** The director of ours that this one gave way to had been MASTER for so long. */
  peerReigned(source: string, reignMs: Millis): void {
    this.evidence.overlaps.reigned(this.instance, source, reignMs);
  }

  /**
   * What it had been MASTER for so long ago; null: it is not. Up to its last advertisement, which is what another
   * one gives way to: who takes over from a lesser master that is alive has not held anything by then.
   */
  reignBefore(agoMs: Millis): Reign | null {
    if (this.state.is !== 'master') return null;
    const forMs = this.isHolding ? this.advertisedAt - this.chronicle.since - agoMs : 0;
    return { forMs: Math.max(0, forMs), reason: this.chronicle.reason };
  }

  private self(): Self {
    // A machine without address on its link is in init or fault, and these do not look at it.
    const { acting: instance, effectivePriority: priority, address, turn } = this;
    const self = { instance, priority, address: address ?? '0.0.0.0' };
    return turn === undefined ? self : { ...self, turn };
  }

  /** A takeover may be put off. */
  private beforeTime(self: Self): State {
    const { instance } = this;
    const state = this.companions.beforeTime(instance.name, this.state);
    return this.preemption.beforeTime(self, this.evidence.beforeTime(instance, state));
  }

  /** Master, and has the addresses. */
  get isHolding(): boolean {
    return this.state.is === 'master' && this.state.holdAt === null;
  }

  /** Who advertised last, or null. */
  get heardFrom(): string | null {
    return this.master?.source ?? null;
  }

  /** From where advertisements of who has this address on the main path came, that one first. */
  sourcesOf(address: string): readonly PathSource[] {
    const main = { interface: this.instance.interface, address };
    return [main, ...this.advertiser.sideSourcesOf(address)];
  }

  /** A peer makes it ready to take over from the master of now. */
  promised(): void {
    this.promisedFrom = this.heardFrom;
  }

  /** Nobody else has become master since. */
  get isAsPromised(): boolean {
    return this.promisedFrom === undefined || this.promisedFrom === this.heardFrom;
  }

  /** By order: the lesser master that takes over is not preempted. */
  giveUp(): void {
    this.gaveUpAtMs = this.ports.clock.wallTimeMs();
  }

  endGivingUp(): void {
    this.gaveUpAtMs = null;
  }

  /** The configuration that it acts by now. */
  private get acting(): VrrpInstance {
    return this.gaveUpAtMs === null ? this.instance : { ...this.instance, preempt: false };
  }

  /** What was left to it is let go of, and its gate belongs to nobody any more. */
  private disclaim(): void {
    const { instance } = this;
    this.holding.release(instance);
    this.holding.afterwards(() => this.gatekeeper.disclaim(addressesOf(instance)));
  }

  /** Another master told the link of this one, or of another member of its sync group: the link is told again. */
  announceAgain(): void {
    if (!this.isHolding) return;
    this.holding.announce(this.instance, this.instance.announce.lowerPriorityRepeat);
  }

  /** Resolves when the addresses that it let go of are gone. */
  released(): Promise<void> {
    return this.holding.done();
  }

  /** `why`: the daemon stops, or a reload has removed this instance, of which keepalived tells as of a fault. */
  async stop(keep: boolean, why: 'stop' | 'removed' = 'stop'): Promise<void> {
    if (!keep) this.take({ type: 'stop' });
    await this.holding.done();
    const removed = this.instance.notify.tellsDeleted ? 'DELETED' : 'FAULT';
    this.chronicle.notify(this, why === 'stop' ? 'STOP' : removed);
    await this.advertiser.hangUp();
  }

  putBack(gone: Gone): void {
    if (this.isHolding) this.holding.putBack(this.instance, gone);
  }

  /** An interface came back, or is reached in another way; `isAnother`: sockets on it are of no use any more. */
  linkRenewed(name: string, isAnother: boolean): void {
    const { instance } = this;
    const isOwn = instance.interface === name || instance.links.own?.name === name;
    if (isAnother && isOwn) this.advertiser.leaveMain();
    if (isAnother) this.advertiser.linkRenewed(name);
    if (!this.isHolding || !holdsOn(name, instance)) return;
    this.holding.hold(instance);
    this.holding.announce(instance, instance.announce.repeat);
  }

  /** Puts back what is missing, if anything is. */
  holdAgain(): void {
    if (this.isHolding) this.holding.hold(this.instance);
  }

  claimed(address: string, mac: string): void {
    this.evidence.claimed(this.instance, this.state, address, mac);
  }

  /** One of its anchors is there. */
  anchorHeard(): void {
    this.evidence.anchorHeard();
  }

  /** Somebody says on a link that he has an address: one of its gateways, perhaps. */
  heardOn(link: string, address: string): void {
    this.evidence.heardOn(link, address);
  }

  /** Looks whether it is cut off. True: that has changed. */
  watch(): boolean {
    return this.evidence.watch(this.instance, this.address);
  }

  snapshot(trackers: readonly TrackerSnapshot[], group: string | null): InstanceSnapshot {
    const { advertiser, evidence, instance, ports } = this;
    return routerSnapshot({
      router: this,
      address: this.address,
      master: this.master,
      chronicle: this.chronicle,
      gate: this.gateSnapshot(),
      hasGate: ports.gate.missing === null,
      counters: { ...this.counters.read(), foreign: advertiser.foreignCount },
      advertPaths: advertiser.paths(),
      alarms: [...advertiser.lastingAlarms(instance), ...evidence.lastingAlarms(instance)],
      trackers,
      group,
    });
  }

  private gateSnapshot(): InstanceSnapshot['gate'] {
    const { missing } = this.ports.gate;
    if (this.instance.gate.mode === 'off') return { none: 'gate off' };
    if (missing !== null) return { none: missing };
    const { openUntil: until } = this.gatekeeper;
    return { openForMs: until === null ? null : Math.round(until - this.ports.clock.now()) };
  }

  private carryOut(effect: Effect): void {
    const { instance, holding, gatekeeper } = this;
    switch (effect.do) {
      case 'advertise':
        // The priority 0 waits until the addresses are gone: a peer takes them when it hears it.
        if (effect.priority > 0) this.advertise(effect.priority);
        else this.farewell.end(() => this.advertiser.send(0));
        break;
      case 'hold-addresses':
        gatekeeper.open(instance, this.mayAnswerUntil());
        holding.hold(instance);
        break;
      case 'release-addresses':
        gatekeeper.shut();
        holding.release(instance);
        this.farewell.begin();
        holding.afterwards(() => gatekeeper.unguard());
        break;
      case 'announce':
        holding.announce(instance, effect.times);
        break;
      case 'lower-priority':
        this.lower(effect.to);
        break;
      case 'note':
        this.chronicle.note(this.name, effect.note, effect.source);
        break;
    }
  }

  private lower(to: number): void {
    const change = this.priority.lower(to);
    this.ports.log.error({ instance: this.name, ...change }, 'effective priority changed');
  }

  private advertise(priority: number): void {
    const { instance } = this;
    // Taken before it is sent: no peer has heard it earlier.
    this.advertisedAt = this.ports.clock.now();
    this.advertiser.send(priority);
    this.gatekeeper.renew(instance, this.mayAnswerUntil());
  }

  /** Its lease is prolonged. */
  leaseRenewed(): void {
    if (this.state.is !== 'master') return;
    this.gatekeeper.prolong(this.instance, this.mayAnswerUntil());
  }

  /** A lease decides it alone: whoever has one after it waits for its end, and not for our silence. */
  private mayAnswerUntil(): Instant {
    if (this.lease === null) return openUntil(this.instance, this.advertisedAt);
    return this.lease.holdsUntil() ?? this.ports.clock.now();
  }
}
