/**
 * What an instance knows of others beside their advertisements: who answers for its addresses before it takes
 * them and while it holds them, who was MASTER beside it, and whether anybody is there at all.
 */
import type { Instant } from '../../base/time.ts';
import type { AlarmSnapshot } from '../../model/snapshot-vrrp.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';
import type { Counters } from '../counters.ts';
import { type Heard, SILENCE, type State } from '../machine/state.ts';
import type { VrrpPorts } from '../ports.ts';
import { Alarms } from './alarms.ts';
import { Claims } from './claims.ts';
import { Isolation } from './isolation.ts';
import { ClaimProbe } from './probe.ts';

/** Of another master nothing is heard for so many intervals: it has stood down. */
const RIVAL_INTERVALS = 3;

interface Rival {
  readonly source: string;
  readonly firstAt: Instant;
  readonly lastAt: Instant;
}

/** The machine before and after it heard an advertisement. */
export interface Hearing {
  readonly before: State;
  readonly after: State;
  readonly advert: Heard;
  /** Since when it was in the state before, and why. */
  readonly since: Instant;
  readonly reason: string;
}

export class Evidence {
  private readonly ports: Pick<VrrpPorts, 'announcer' | 'clock' | 'log'>;
  private readonly counters: Counters;
  private readonly alarms: Alarms;
  private readonly probe: ClaimProbe;
  private readonly claims: Claims;
  private readonly isolation: Isolation;
  private rival: Rival | null = null;
  /** The master before us said that it leaves: whoever comes back was none meanwhile. */
  private hasResigned = false;

  constructor(ports: Pick<VrrpPorts, 'announcer' | 'clock' | 'log'>, counters: Counters) {
    this.ports = ports;
    this.counters = counters;
    this.alarms = new Alarms(ports.log);
    this.probe = new ClaimProbe(ports, counters);
    this.claims = new Claims(ports, counters, this.alarms);
    this.isolation = new Isolation(ports);
  }

  /** Why it may not serve. */
  get fault(): string | null {
    return this.isolation.fault;
  }

  lastingAlarms({ advertIntervalMs }: VrrpInstance): readonly AlarmSnapshot[] {
    return this.alarms.lasting(advertIntervalMs, this.ports.clock.now());
  }

  nextAt(instance: VrrpInstance, state: State): Instant {
    return Math.min(this.probe.nextAt(instance, state), this.isolation.nextAt(instance));
  }

  /** Asks its anchors when it is time to. True: its fault has begun or ended. */
  watch(instance: VrrpInstance, ownAddress: string | null): boolean {
    return this.isolation.onTime(instance, ownAddress);
  }

  /** Before the machine is given the time: what it is to be given instead of its state. */
  beforeTime(instance: VrrpInstance, state: State): State {
    if (state.is === 'master') this.endRival(instance);
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

  /** An advertisement was heard, and the machine has made of it what it did. */
  heard(instance: VrrpInstance, { before, after, advert, since, reason }: Hearing): void {
    this.isolation.heard();
    this.probe.reset();
    if (before.is !== 'master') this.hasResigned = advert.priority === 0;
    if (before.is !== 'master' || advert.priority === 0) return;
    const { source } = advert;
    const now = this.ports.clock.now();
    if (after.is === 'master') {
      // What crossed our first one on its way: its sender has not heard of us yet.
      if (now - since < instance.advertIntervalMs) return;
      const firstAt = this.rival?.source === source ? this.rival.firstAt : now;
      this.rival = { source, firstAt, lastAt: now };
      this.alarms.raise(instance.name, 'two-masters', source, 'it advertises beside us', now);
      return;
    }
    this.rival = null;
    // Only who has silenced itself, or was out of reach, may have been MASTER beside us.
    if (this.hasResigned || reason !== SILENCE) return;
    const forMs = Math.round(now - since);
    // Nobody here knows whether it was dead, or only out of reach.
    const overlap = { source, forMs, reason, goesOn: source };
    this.tellOverlap(instance, overlap, 'two may have been MASTER');
  }

  private endRival(instance: VrrpInstance): void {
    const { rival } = this;
    if (rival === null) return;
    const quietMs = this.ports.clock.now() - rival.lastAt;
    if (quietMs <= RIVAL_INTERVALS * instance.advertIntervalMs) return;
    this.rival = null;
    const { source, firstAt, lastAt } = rival;
    const forMs = Math.round(lastAt - firstAt);
    const reason = 'its advertisements are heard again';
    this.tellOverlap(instance, { source, forMs, reason, goesOn: 'this one' }, 'two were MASTER');
  }

  /** `forMs`: since this one became MASTER; of the one that goes on, while it heard the other. */
  private tellOverlap(
    { name: instance }: VrrpInstance,
    fields: {
      readonly source: string;
      readonly forMs: number;
      readonly reason: string;
      readonly goesOn: string;
    },
    message: string,
  ): void {
    this.counters.add('overlaps');
    this.ports.log.warn({ instance, ...fields }, message);
  }
}
