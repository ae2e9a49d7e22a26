/** One instance at work: the state of its machine, and the carrying out of its effects. */
import type { LogFields } from '../base/log.ts';
import type { Instant } from '../base/time.ts';
import type { VrrpWord } from '../model/notice.ts';
import type { InstanceSnapshot } from '../model/snapshot-vrrp.ts';
import type { VrrpInstance } from '../model/vrrp.ts';
import type { ReceivedPacket } from './admit.ts';
import { Advertiser } from './advertiser.ts';
import { Counters } from './counters.ts';
import type { Ears } from './ears.ts';
import { allAddresses, Holding } from './holding.ts';
import {
  type Effect,
  type Event,
  type Heard,
  nextDeadline,
  type Self,
  type State,
  step,
} from './instance.ts';
import { STATE_WORD, type VrrpPorts } from './ports.ts';
import { effectivePriority, faultOf, isUndecided, type Tracked } from './priority.ts';
import type { Spent } from './replay.ts';

export class VirtualRouter {
  instance: VrrpInstance;
  state: State = { is: 'init' };
  private readonly ports: VrrpPorts;
  private readonly counters = new Counters();
  private readonly advertiser: Advertiser;
  private readonly holding: Holding;
  private sinceMs: number;
  private reason = 'start';
  private priority: number;
  private address: string | null = null;
  private master: Heard | null = null;
  /** When a master of lower priority was told of last. */
  private lowerToldAt: Instant = -Infinity;

  constructor(instance: VrrpInstance, ports: VrrpPorts, ears: Ears) {
    this.instance = instance;
    this.ports = ports;
    this.advertiser = new Advertiser(ports, ears, this.counters);
    this.holding = new Holding(ports, this.counters);
    this.priority = instance.priority;
    this.sinceMs = ports.clock.wallTimeMs();
  }

  get name(): string {
    return this.instance.name;
  }

  /** Whether it goes on under this configuration: the name is not part of what it is. */
  isFor({ name, interface: link, vrid, family, unicast }: VrrpInstance): boolean {
    const { instance } = this;
    const isSame =
      instance.interface === link && instance.vrid === vrid && instance.family === family;
    // Two of one VRID differ in their peers; a change from multicast to peers is told by the name.
    const isSameWay = (instance.unicast === null) === (unicast === null);
    return isSame && (instance.name === name || (isSameWay && sharesPeer(instance, unicast)));
  }

  /** Goes on under a new configuration; a master lets go of addresses that left it. */
  adopt(instance: VrrpInstance): void {
    const before = this.instance;
    this.instance = instance;
    if (this.state.is === 'master') this.holding.change(before, instance);
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
    const { is } = this.state;
    if (!this.instance.notify.tellsPriority || (is !== 'master' && is !== 'backup')) return;
    this.notify(`${STATE_WORD[is]}_PRIORITY`);
  }

  faultOf(tracked: readonly Tracked[]): string | null {
    const { interface: link, family, trackPrimaryInterface } = this.instance;
    const facts = this.ports.links.find(link, family);
    if (facts === null) return `there is no interface ${link}`;
    if (trackPrimaryInterface && !facts.running) return `interface ${link} is down`;
    if (this.address === null) return `interface ${link} has no address`;
    if (this.instance.unicast?.peers.length === 0) return 'there is no unicast peer';
    // Who hears nobody must not become master.
    return this.advertiser.deafness ?? faultOf(tracked);
  }

  /** Its base priority, moved by what it tracks. */
  get effectivePriority(): number {
    return this.priority;
  }

  /** What of signed advertisements must not be forgotten at a restart; null: none are signed. */
  get spent(): Spent | null {
    return this.advertiser.spent;
  }

  isDeaf(): boolean {
    return this.advertiser.deafness !== null;
  }

  isUndecided(tracked: readonly Tracked[]): boolean {
    return isUndecided(tracked);
  }

  deadline(): Instant {
    return nextDeadline(this.state);
  }

  listen(onPacket: (packet: ReceivedPacket) => boolean): void {
    const { interface: link, family } = this.instance;
    const isThere = this.ports.links.find(link, family) !== null;
    this.advertiser.listen(this.instance, isThere ? this.address : null, onPacket);
  }

  /** The advertisement in a packet for its VRID, or null when it was dropped. */
  hear(packet: ReceivedPacket): Heard | null {
    if (this.address === null) return null;
    const heard = this.advertiser.hear(this.instance, this.priority, packet);
    if (heard !== null && heard.priority > 0) this.master = heard;
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
    else if (event.type === 'heard' && state.is === 'master') this.tellLower(event.advert);
  }

  /** Why: the daemon stops, or a reload has removed this instance, of which keepalived tells as of a fault. */
  async stop(keep: boolean, why: 'stop' | 'removed' = 'stop'): Promise<void> {
    if (!keep) this.take({ type: 'stop' });
    await this.holding.done();
    const removed = this.instance.notify.tellsDeleted ? 'DELETED' : 'FAULT';
    this.notify(why === 'stop' ? 'STOP' : removed);
    await this.advertiser.hangUp();
  }

  putBack(address: string): void {
    if (this.state.is === 'master') this.holding.putBack(this.instance, address);
  }

  /** Puts back what is missing, if anything is. */
  holdAgain(): void {
    if (this.state.is === 'master') this.holding.hold(this.instance);
  }

  claimed(address: string, mac: string): void {
    if (this.state.is === 'master') this.holding.claimed(this.instance, address, mac);
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
      counters: { ...this.counters.read(), foreign: this.advertiser.foreignCount },
      trackers: tracked.map(({ kind, track, up }) => ({
        kind,
        name: track.name,
        up,
        weightDelta: track.weightDelta,
      })),
      alarms: this.advertiser.lastingAlarms(instance),
    };
  }

  private carryOut(effect: Effect): void {
    const { instance, advertiser, holding } = this;
    switch (effect.do) {
      case 'advertise':
        // The priority 0 waits until the addresses are gone: a peer takes them when it hears it.
        if (effect.priority > 0) advertiser.send(effect.priority);
        else holding.afterwards(() => advertiser.send(0));
        break;
      case 'hold-addresses':
        holding.hold(instance);
        break;
      case 'release-addresses':
        holding.release(instance);
        break;
      case 'announce':
        holding.announce(instance, effect.times);
        break;
    }
  }

  private tell(from: State['is'], reason: string): void {
    const { clock, log } = this.ports;
    const to = this.state.is;
    this.sinceMs = clock.wallTimeMs();
    this.reason = reason;
    if (to === 'master') this.counters.add('becameMaster');
    if (from === 'master') this.counters.add('releasedMaster');
    const fields: LogFields = { instance: this.name, from, to, reason, priority: this.priority };
    log.info(fields, 'state changed');
    if (to !== 'init') this.notify(STATE_WORD[to]);
  }

  /** Somebody of lower priority says that he is master, too. Once an interval: a flood is no news. */
  private tellLower({ priority, intervalMs }: Heard): void {
    const now = this.ports.clock.now();
    if (priority === 0 || now < this.lowerToldAt + intervalMs) return;
    this.lowerToldAt = now;
    this.notify('MASTER_RX_LOWER_PRI');
  }

  private notify(state: VrrpWord): void {
    const { name, priority } = this;
    const transition = { kind: 'INSTANCE', name, state, priority } as const;
    this.ports.notify.changed(transition, this.instance.notify);
  }
}

function sharesPeer(instance: VrrpInstance, unicast: VrrpInstance['unicast']): boolean {
  if (unicast === null || instance.unicast === null) return true;
  const peers = new Set(instance.unicast.peers.map(({ address }) => address));
  return unicast.peers.some(({ address }) => peers.has(address));
}
