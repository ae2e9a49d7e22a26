/**
 * What an instance knows of others beside their advertisements: who answers for its addresses before it takes
 * them and while it holds them, who was MASTER beside it, and whether anybody is there at all.
 */
import type { Instant } from '../../base/time.ts';
import type { AlarmSnapshot } from '../../model/snapshot-vrrp.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';
import type { Counters } from '../counters.ts';
import type { Heard, State } from '../machine/state.ts';
import type { VrrpPorts } from '../ports.ts';
import { Alarms } from './alarms.ts';
import { Claims } from './claims.ts';
import { Isolation } from './isolation.ts';
import { type AskPeer, Overlaps, type Reign } from './overlaps.ts';
import { ClaimProbe } from './probe.ts';

/** The machine before and after it heard an advertisement. */
export interface Hearing {
  readonly before: State;
  readonly after: State;
  readonly advert: Heard;
  /** How long it had held the addresses in the state before, and why. */
  readonly reign: Reign;
}

export class Evidence {
  private readonly alarms: Alarms;
  private readonly probe: ClaimProbe;
  private readonly claims: Claims;
  private readonly isolation: Isolation;
  readonly overlaps: Overlaps;
  /** The master before us said that it leaves: whoever comes back was none meanwhile. */
  private hasResigned = false;

  constructor(
    ports: Pick<VrrpPorts, 'anchors' | 'announcer' | 'clock' | 'log'>,
    counters: Counters,
    askPeer: AskPeer,
  ) {
    this.alarms = new Alarms(ports);
    this.probe = new ClaimProbe(ports, counters);
    this.claims = new Claims(ports, counters, this.alarms);
    this.isolation = new Isolation(ports, this.alarms);
    this.overlaps = new Overlaps(ports, counters, askPeer);
  }

  /** Why it may not serve. */
  get fault(): string | null {
    return this.isolation.fault;
  }

  lastingAlarms({ advertIntervalMs }: VrrpInstance): readonly AlarmSnapshot[] {
    return this.alarms.lasting(advertIntervalMs);
  }

  nextAt(instance: VrrpInstance, state: State): Instant {
    const { probe, isolation, overlaps } = this;
    return Math.min(probe.nextAt(instance, state), isolation.nextAt(instance), overlaps.nextAt);
  }

  /** Asks its anchors when it is time to. True: its fault has begun or ended. */
  watch(instance: VrrpInstance, ownAddress: string | null): boolean {
    return this.isolation.onTime(instance, ownAddress);
  }

  /** Before the machine is given the time: what it is to be given instead of its state. */
  beforeTime(instance: VrrpInstance, state: State): State {
    const until = this.probe.onTime(instance, state);
    return until === null || state.is !== 'backup' ? state : { ...state, masterDownAt: until };
  }

  /** Somebody else says on the link that an address is his. */
  claimed(instance: VrrpInstance, state: State, address: string, mac: string): void {
    if (state.is === 'master') this.claims.heard(instance, address, mac);
    if (state.is === 'backup') this.probe.heard(instance, address, mac);
  }

  anchorHeard(): void {
    this.isolation.heard();
  }

  /** Somebody says on a link that he has an address: a gateway, perhaps. */
  heardOn(link: string, address: string): void {
    this.isolation.heardOn(link, address);
  }

  /** An advertisement was heard, and the machine has made of it what it did. */
  heard(instance: VrrpInstance, { before, after, advert, reign }: Hearing): void {
    this.isolation.heard();
    this.probe.reset();
    if (before.is !== 'master') this.hasResigned = advert.priority === 0;
    if (before.is !== 'master' || advert.priority === 0) return;
    const { source } = advert;
    if (after.is === 'master') {
      // What crossed our first one on its way: its sender has not heard of us yet.
      if (reign.forMs < instance.advertIntervalMs) return;
      this.overlaps.heardRival(source);
      this.alarms.raise(instance.name, 'two-masters', source, 'it advertises beside us');
      return;
    }
    this.overlaps.gaveWay(instance, source, reign, this.hasResigned);
  }
}
