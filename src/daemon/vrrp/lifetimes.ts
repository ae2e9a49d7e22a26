/**
 * The lifetimes of the addresses that are held for a time (IFA_CACHEINFO): the kernel removes each by itself unless
 * it is prolonged, and a process that is stopped or dead prolongs none. Pure: what is due, and when.
 */
import type { Instant, Millis } from '../../base/time.ts';
import type { VirtualAddress } from '../../model/vrrp.ts';

/** Two renewals may be late or lost. */
const RENEWALS_A_LIFETIME = 3;
/** The kernel rounds to its own ticks, of 10 ms at most. */
const TICK_MS: Millis = 10;
/** What is due soon is prolonged with what is due now: all of them have one wake-up in the end. */
const TOGETHER = 0.5;

export interface Lifetime {
  readonly virtual: VirtualAddress;
  readonly validSeconds: number;
  readonly renewedAt: Instant;
}

export class Lifetimes {
  private readonly known = new Map<string, Lifetime>();
  /** Those that were not prolonged in time. */
  private readonly over = new Set<string>();

  has(virtual: VirtualAddress): boolean {
    return this.known.has(nameOf(virtual));
  }

  /** Added or prolonged now. Tells when it wants to be prolonged. */
  begin(virtual: VirtualAddress, validSeconds: number, now: Instant): Instant {
    const one = { virtual, validSeconds, renewedAt: now };
    this.end(virtual);
    this.known.set(nameOf(virtual), one);
    return now + periodMs(one);
  }

  /** Removed, or there for ever. */
  end(virtual: VirtualAddress): void {
    const name = nameOf(virtual);
    this.known.delete(name);
    this.over.delete(name);
  }

  /** Whether its time is over, or will be within a tick of the kernel's: then nobody removed it. */
  hasRunOut(virtual: VirtualAddress, now: Instant): boolean {
    const name = nameOf(virtual);
    const known = this.known.get(name);
    return this.over.has(name) || (known !== undefined && now >= endOf(known) - TICK_MS);
  }

  /** When the first of them wants to be prolonged; Infinity: there are none. */
  nextAt(): Instant {
    let next = Infinity;
    for (const one of this.known.values()) next = Math.min(next, one.renewedAt + periodMs(one));
    return next;
  }

  /** What is to be prolonged now. */
  due(now: Instant): readonly Lifetime[] {
    return [...this.known.values()].filter(
      (one) => now >= one.renewedAt + TOGETHER * periodMs(one),
    );
  }

  /**
   * Notes that it is prolonged now. False: it has been released meanwhile, or its time is over. The kernel cannot be
   * asked to prolong only what is there: a late renewal would bring an address back that a peer may hold by now.
   */
  prolong({ virtual }: Lifetime, now: Instant): boolean {
    const known = this.known.get(nameOf(virtual));
    if (known === undefined) return false;
    if (now >= endOf(known)) {
      this.end(virtual);
      this.over.add(nameOf(virtual));
      return false;
    }
    this.begin(virtual, known.validSeconds, now);
    return true;
  }
}

function endOf({ renewedAt, validSeconds }: Lifetime): Instant {
  return renewedAt + validSeconds * 1000;
}

function periodMs({ validSeconds }: Lifetime): Millis {
  return (validSeconds * 1000) / RENEWALS_A_LIFETIME;
}

function nameOf({ address, prefixLength, interface: link }: VirtualAddress): string {
  return `${address}/${prefixLength} ${link}`;
}
