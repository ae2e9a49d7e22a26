/** What an instance counts while it lives. */
import type { VrrpCounters } from '../model/snapshot-vrrp.ts';

export class Counters {
  private readonly counts: { -readonly [Name in CounterName]: number } = {
    advertsSent: 0,
    advertsUnsent: 0,
    advertsReceived: 0,
    becameMaster: 0,
    releasedMaster: 0,
    priorityZeroSent: 0,
    priorityZeroReceived: 0,
    announcementsSent: 0,
    addressesPutBack: 0,
    pathsPutBack: 0,
    lifetimesOver: 0,
    claimsByOthers: 0,
    answeredProbes: 0,
    overlaps: 0,
    gateLost: 0,
    foreign: 0,
    addressMismatches: 0,
    lesserMasters: 0,
  };
  private readonly dropped = new Map<string, number>();
  private readonly oddities = new Map<string, number>();
  private readonly forms = new Map<string, number>();

  add(name: CounterName, count = 1): void {
    this.counts[name] += count;
  }

  /** One more packet dropped for this reason: how many there are now. */
  drop(reason: string): number {
    const count = (this.dropped.get(reason) ?? 0) + 1;
    this.dropped.set(reason, count);
    return count;
  }

  /** One more advertisement taken though this is odd about it: how many there are now. */
  odd(what: string): number {
    const count = (this.oddities.get(what) ?? 0) + 1;
    this.oddities.set(what, count);
    return count;
  }

  /** One more advertisement with this form of the checksum. */
  form(form: string): void {
    this.forms.set(form, (this.forms.get(form) ?? 0) + 1);
  }

  read(): VrrpCounters {
    return {
      ...this.counts,
      checksumForms: Object.fromEntries(this.forms),
      odd: Object.fromEntries(this.oddities),
      dropped: Object.fromEntries(this.dropped),
    };
  }
}

type CounterName = Exclude<keyof VrrpCounters, 'dropped' | 'odd' | 'checksumForms'>;
