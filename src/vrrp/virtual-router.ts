/** One instance at work: its machine's state, its socket, its counters, and carrying its effects out. */
import { describeError } from '../base/error.ts';
import type { LogFields } from '../base/log.ts';
import type { Instant } from '../base/time.ts';
import type { InstanceSnapshot, VrrpCounters } from '../model/snapshot-vrrp.ts';
import type { VirtualAddress, VrrpInstance } from '../model/vrrp.ts';
import { encodeAdvert } from '../wire/vrrp.ts';
import { admit, type ReceivedPacket, vridOf } from './admit.ts';
import {
  type Effect,
  type Event,
  type Heard,
  nextDeadline,
  type Self,
  type State,
  step,
} from './instance.ts';
import { type AdvertSocket, STATE_WORD, type VrrpPorts } from './ports.ts';
import { effectivePriority, faultOf, isUndecided, type Tracked } from './priority.ts';

type Counters = { -readonly [Name in keyof VrrpCounters]: VrrpCounters[Name] };

function noCounts(): Counters {
  return {
    advertsSent: 0,
    advertsReceived: 0,
    becameMaster: 0,
    releasedMaster: 0,
    priorityZeroSent: 0,
    priorityZeroReceived: 0,
    announcementsSent: 0,
    addressesPutBack: 0,
    claimsByOthers: 0,
    foreign: 0,
    dropped: {},
  };
}

export class VirtualRouter {
  instance: VrrpInstance;
  state: State = { is: 'init' };
  private readonly ports: VrrpPorts;
  private readonly counters: Counters = noCounts();
  private readonly dropped = new Map<string, number>();
  private sinceMs: number;
  private reason = 'start';
  private priority: number;
  private address: string | null = null;
  private socket: { readonly source: string; readonly port: AdvertSocket } | null = null;
  /** Why it has no socket, though it should. */
  private deafness: string | null = null;
  private master: Heard | null = null;
  /** Effects on the link that must follow each other, such as a release and the priority 0 after it. */
  private turn: Promise<void> = Promise.resolve();

  constructor(instance: VrrpInstance, ports: VrrpPorts) {
    this.instance = instance;
    this.ports = ports;
    this.priority = instance.priority;
    this.sinceMs = ports.clock.wallTimeMs();
  }

  get name(): string {
    return this.instance.name;
  }

  /** Whether it goes on under this configuration: the name is not part of what it is. */
  isFor({ interface: link, vrid, family }: VrrpInstance): boolean {
    const { instance } = this;
    return instance.interface === link && instance.vrid === vrid && instance.family === family;
  }

  /** Goes on under a new configuration; a master lets go of addresses that left it. */
  adopt(instance: VrrpInstance): void {
    const { gone, added } = addressDifference(this.instance, instance);
    const groupMoved = this.instance.multicastGroup !== instance.multicastGroup;
    this.instance = instance;
    if (groupMoved) void this.hangUp();
    if (this.state.is !== 'master') return;
    this.inTurn(() => this.ports.addresses.release(gone));
    this.hold(added);
  }

  /** Takes in how its link and what it tracks are now. */
  look(tracked: readonly Tracked[]): void {
    const { sourceAddress, interface: link, family } = this.instance;
    this.address = sourceAddress ?? this.ports.links.find(link, family)?.primaryAddress ?? null;
    const priority = effectivePriority(this.instance.priority, tracked);
    if (priority === this.priority) return;
    const fields = { instance: this.name, from: this.priority, to: priority };
    this.ports.log.info({ ...fields, reason: 'tracking' }, 'effective priority changed');
    this.priority = priority;
  }

  faultOf(tracked: readonly Tracked[]): string | null {
    const { interface: link, family, trackPrimaryInterface } = this.instance;
    const facts = this.ports.links.find(link, family);
    if (facts === null) return `there is no interface ${link}`;
    if (trackPrimaryInterface && !facts.running) return `interface ${link} is down`;
    if (this.address === null) return `interface ${link} has no address`;
    // Who hears nobody must not become master.
    if (this.deafness !== null) return this.deafness;
    return faultOf(tracked);
  }

  /** Its base priority, moved by what it tracks. */
  get effectivePriority(): number {
    return this.priority;
  }

  isDeaf(): boolean {
    return this.deafness !== null;
  }

  isUndecided(tracked: readonly Tracked[]): boolean {
    return isUndecided(tracked);
  }

  deadline(): Instant {
    return nextDeadline(this.state);
  }

  /** Opens its socket, or another one when its address has changed. */
  listen(onPacket: (packet: ReceivedPacket) => void): void {
    const { address } = this;
    if (this.socket !== null && this.socket.source === address) return;
    void this.hangUp();
    const { interface: link, family } = this.instance;
    if (address === null || this.ports.links.find(link, family) === null) return;
    try {
      const port = this.ports.adverts.open(this.instance, address, onPacket);
      this.socket = { source: address, port };
      this.deafness = null;
    } catch (error) {
      const reason = describeError(error);
      if (reason !== this.deafness) this.ports.log.error({ instance: this.name, reason }, 'deaf');
      this.deafness = reason;
    }
  }

  /**
   * The advertisement in a packet, or null when it is not for us or was dropped. `siblings`: the VRIDs of
   * all instances on this link, each of which hears everything.
   */
  hear(packet: ReceivedPacket, siblings: readonly number[]): Heard | null {
    const { instance, address } = this;
    if (address === null) return null;
    const vrid = vridOf(packet.payload);
    if (vrid !== null && vrid !== instance.vrid) {
      if (!siblings.includes(vrid)) this.counters.foreign += 1;
      return null;
    }
    const advert = admit(instance, address, packet);
    if ('drop' in advert) {
      this.drop(advert.drop, packet.source);
      return null;
    }
    this.counters.advertsReceived += 1;
    if (advert.priority === 0) this.counters.priorityZeroReceived += 1;
    const { priority, intervalMs } = advert;
    const heard = { source: packet.source, priority, intervalMs };
    if (priority > 0) this.master = heard;
    return heard;
  }

  take(event: Event): void {
    const { clock } = this.ports;
    const from = this.state;
    // A machine without address on its link is in init or fault, and these do not look at it.
    const self: Self = {
      instance: this.instance,
      priority: this.priority,
      address: this.address ?? '0.0.0.0',
    };
    const { state, effects, reason } = step(self, from, event, clock.now());
    this.state = state;
    for (const effect of effects) this.carryOut(effect);
    if (reason !== null && state.is !== from.is) this.tell(from.is, reason);
  }

  async stop(keep: boolean): Promise<void> {
    if (!keep) this.take({ type: 'stop' });
    await this.turn;
    this.ports.notify.changed(
      { kind: 'INSTANCE', name: this.name, state: 'STOP', priority: this.priority },
      this.instance.notify,
    );
    await this.hangUp();
  }

  putBack(address: string): void {
    const held = allAddresses(this.instance).find((one) => one.address === address);
    if (this.state.is !== 'master' || held === undefined) return;
    this.counters.addressesPutBack += 1;
    this.ports.log.warn({ instance: this.name, address }, 'address was removed and is put back');
    this.hold([held]);
  }

  /** Puts back what is missing, if anything is. */
  holdAgain(): void {
    if (this.state.is !== 'master') return;
    this.inTurn(() => this.ports.addresses.hold(allAddresses(this.instance)));
  }

  claimed(address: string, mac: string): void {
    const ours = allAddresses(this.instance).some((one) => one.address === address);
    if (this.state.is !== 'master' || !ours) return;
    this.counters.claimsByOthers += 1;
    this.ports.log.warn({ instance: this.name, address, mac }, 'another host claims our address');
  }

  snapshot(tracked: readonly Tracked[], group: string | null): InstanceSnapshot {
    const { instance } = this;
    const isMaster = this.state.is === 'master';
    return {
      name: instance.name,
      interface: instance.interface,
      vrid: instance.vrid,
      family: instance.family,
      version: instance.version,
      group,
      state: this.state.is,
      sinceMs: this.sinceMs,
      reason: this.reason,
      priority: instance.priority,
      effectivePriority: this.priority,
      advertIntervalMs: instance.advertIntervalMs,
      masterAddress: isMaster ? this.address : (this.master?.source ?? null),
      masterPriority: isMaster ? this.priority : (this.master?.priority ?? null),
      addresses: allAddresses(instance).map(
        (one) => `${one.address}/${one.prefixLength} dev ${one.interface}`,
      ),
      counters: { ...this.counters, dropped: Object.fromEntries(this.dropped) },
      trackers: tracked.map(({ kind, track, up }) => ({
        kind,
        name: track.name,
        up,
        weightDelta: track.weightDelta,
      })),
    };
  }

  private carryOut(effect: Effect): void {
    const addresses = allAddresses(this.instance);
    switch (effect.do) {
      case 'advertise':
        // The priority 0 waits until the addresses are gone: a peer takes them when it hears it.
        if (effect.priority > 0) this.advertise(effect.priority);
        else this.inTurn(() => this.advertise(0));
        break;
      case 'hold-addresses':
        this.inTurn(() => this.ports.addresses.hold(addresses));
        break;
      case 'release-addresses':
        this.inTurn(() => this.ports.addresses.release(addresses));
        break;
      case 'announce':
        this.inTurn(() => this.announce(addresses, effect.times));
        break;
    }
  }

  private inTurn(effect: () => Promise<void> | void): void {
    this.turn = this.turn.then(effect);
  }

  /** More addresses for a master. */
  private hold(addresses: readonly VirtualAddress[]): void {
    this.inTurn(() => this.ports.addresses.hold(addresses));
    this.inTurn(() => this.announce(addresses, this.instance.announce.repeat));
  }

  private advertise(priority: number): void {
    const { instance, socket } = this;
    if (socket === null) return;
    const { family, multicastGroup, authentication, addresses } = instance;
    const envelope = { family, source: socket.source, destination: multicastGroup };
    const key = authentication.type === 'pass' ? authentication.key : null;
    const advert = {
      version: instance.version,
      vrid: instance.vrid,
      priority,
      intervalMs: instance.advertIntervalMs,
      addresses: addresses.map(({ address }) => address),
    };
    socket.port.send(encodeAdvert(advert, envelope, key));
    this.counters.advertsSent += 1;
    if (priority === 0) this.counters.priorityZeroSent += 1;
  }

  private announce(addresses: readonly VirtualAddress[], times: number): void {
    for (let time = 0; time < times; time += 1) {
      for (const { interface: link, address } of addresses) {
        this.ports.announcer.announce(link, address);
      }
    }
    this.counters.announcementsSent += times * addresses.length;
  }

  private drop(reason: string, source: string): void {
    const count = (this.dropped.get(reason) ?? 0) + 1;
    this.dropped.set(reason, count);
    const fields = { instance: this.name, reason, source };
    // Once by name; a flood must not fill the log.
    this.ports.log[count === 1 ? 'warn' : 'debug'](fields, 'packet dropped');
  }

  private tell(from: State['is'], reason: string): void {
    const { clock, log, notify } = this.ports;
    const to = this.state.is;
    this.sinceMs = clock.wallTimeMs();
    this.reason = reason;
    if (to === 'master') this.counters.becameMaster += 1;
    if (from === 'master') this.counters.releasedMaster += 1;
    const fields: LogFields = { instance: this.name, from, to, reason, priority: this.priority };
    log.info(fields, 'state changed');
    if (to === 'init') return;
    const transition = { kind: 'INSTANCE', name: this.name, state: STATE_WORD[to] } as const;
    notify.changed({ ...transition, priority: this.priority }, this.instance.notify);
  }

  private async hangUp(): Promise<void> {
    const { socket } = this;
    this.socket = null;
    await socket?.port.close();
  }
}

export function allAddresses({
  addresses,
  excludedAddresses,
}: VrrpInstance): readonly VirtualAddress[] {
  return [...addresses, ...excludedAddresses];
}

/** The addresses that a reload takes from an instance, and those that it gives to it. */
export function addressDifference(
  before: VrrpInstance,
  after: VrrpInstance,
): { readonly gone: readonly VirtualAddress[]; readonly added: readonly VirtualAddress[] } {
  const [old, now] = [allAddresses(before), allAddresses(after)];
  return {
    gone: old.filter((one) => !has(now, one)),
    added: now.filter((one) => !has(old, one)),
  };
}

function has(list: readonly VirtualAddress[], one: VirtualAddress): boolean {
  return list.some(
    (other) =>
      other.address === one.address &&
      other.prefixLength === one.prefixLength &&
      other.interface === one.interface,
  );
}
