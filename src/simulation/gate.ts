/**
 * The kernel's gate of a simulated host, as kernel/gate.ts works it: what is open runs out by the kernel's
 * clock whatever becomes of the process, and a renewal of what has run out opens nothing.
 */
import type { Cancel, Millis } from '../base/time.ts';
import type { GatePort } from '../vrrp/ports.ts';
import type { VirtualTime } from './time.ts';

type Renewal = Parameters<GatePort['renew']>[0];

export class SimulatedGate {
  private readonly time: VirtualTime;
  /** Milliseconds of this host that pass in one of the world. */
  private readonly rate: number;
  /** Whether it is answered for an address may have changed. */
  private readonly onChange: (address: string) => void;
  private readonly guarded = new Set<string>();
  /** What is open, by what keeps it from running out. */
  private readonly opened = new Map<string, Cancel>();
  /** Open since an earlier life, as far as nobody has taken them on. */
  private inherited = new Set<string>();

  constructor(time: VirtualTime, rate: number, onChange: (address: string) => void) {
    this.time = time;
    this.rate = rate;
    this.onChange = onChange;
  }

  isShut(address: string): boolean {
    return this.guarded.has(address) && !this.opened.has(address);
  }

  /** Another life of the process finds the tables of the one before it. */
  adopt(): void {
    this.inherited = new Set(this.opened.keys());
  }

  /** All as new: nothing is guarded. */
  replace(): void {
    const known = [...this.guarded];
    for (const cancel of this.opened.values()) cancel();
    this.opened.clear();
    this.guarded.clear();
    this.inherited.clear();
    for (const address of known) this.onChange(address);
  }

  /** What one life of the process has of it. */
  port(): GatePort {
    let waiting: Renewal[] = [];
    const flush = (): void => {
      const due = waiting;
      waiting = [];
      for (const renewal of due) this.renew(renewal);
    };
    return {
      missing: null,
      open: (addresses, forMs) => this.open(addresses, forMs),
      renew: (renewal) => {
        if (waiting.length === 0) queueMicrotask(flush);
        waiting.push(renewal);
      },
      shut: (addresses) => this.shut(addresses),
      unguard: (addresses) => {
        for (const address of addresses) this.guarded.delete(address);
        for (const address of addresses) this.onChange(address);
      },
      // Who answers is looked at, and not what becomes of packets.
      refuse: () => {},
      permit: () => {},
    };
  }

  private open(addresses: readonly string[], forMs: Millis): 'open' | 'run-out' {
    const inherited = addresses.filter((address) => this.inherited.delete(address));
    if (inherited.some((address) => !this.opened.has(address))) return 'run-out';
    for (const address of inherited) this.remove(address);
    for (const address of addresses) {
      this.guarded.add(address);
      this.add(address, forMs);
      this.onChange(address);
    }
    return 'open';
  }

  private renew({ addresses, leftMs, onLost }: Renewal): void {
    const forMs = leftMs();
    if (forMs <= 0 || addresses.some((address) => !this.opened.has(address))) {
      onLost('it had run out');
      return;
    }
    for (const address of addresses) {
      this.remove(address);
      this.add(address, forMs);
    }
  }

  /** One transaction: if one of them has run out, none is shut. */
  private shut(addresses: readonly string[]): void {
    if (addresses.some((address) => !this.opened.has(address))) return;
    for (const address of addresses) {
      this.remove(address);
      this.onChange(address);
    }
  }

  /** What is open already keeps the time that it has. */
  private add(address: string, forMs: Millis): void {
    if (this.opened.has(address)) return;
    const wholeMs = Math.max(1, Math.floor(forMs));
    const cancel = this.time.wakeAt(this.time.now() + wholeMs / this.rate, () => {
      this.opened.delete(address);
      this.onChange(address);
    });
    this.opened.set(address, cancel);
  }

  private remove(address: string): void {
    this.opened.get(address)?.();
    this.opened.delete(address);
  }
}
