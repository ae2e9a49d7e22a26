/** What an instance counts while it lives. */
import type { VrrpCounters } from '../model/snapshot-vrrp.ts';

export class Counters {
  private readonly counts: { -readonly [Name in CounterName]: number } = {
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
  };
  private readonly dropped = new Map<string, number>();

  add(name: CounterName, count = 1): void {
    this.counts[name] += count;
  }

  /** One more packet dropped for this reason: how many there are now. */
  drop(reason: string): number {
    const count = (this.dropped.get(reason) ?? 0) + 1;
    this.dropped.set(reason, count);
    return count;
  }

  read(): VrrpCounters {
    return { ...this.counts, dropped: Object.fromEntries(this.dropped) };
  }
}

type CounterName = Exclude<keyof VrrpCounters, 'dropped'>;
