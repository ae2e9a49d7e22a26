/**
 * The kernel's gate of a simulated host, as kernel/gate.ts works it: what is open runs out by the kernel's
 * clock whatever becomes of the process, and a renewal of what has run out opens nothing.
 */
import type { Cancel, Instant, Millis } from '../base/time.ts';
import type { GatePort } from '../vrrp/ports.ts';
import type { VirtualTime } from './time.ts';

interface Opened {
  /** By the clock of the world. */
  readonly until: Instant;
  readonly cancel: Cancel;
}

type Renewal = Parameters<GatePort['renew']>[0];

export class SimulatedGate {
  private readonly time: VirtualTime;
  /** Milliseconds of this host that pass in one of the world. */
  private readonly rate: number;
  /** Whether it is answered for an address may have changed. */
  private readonly onChange: (address: string) => void;
  private readonly guarded = new Set<string>();
  /** Packets to them are dropped. */
  private readonly refused = new Set<string>();
  /** What is open, by what keeps it from running out. */
  private readonly opened = new Map<string, Opened>();
  /** Guarded and refused since an earlier life, as far as nobody has asked for them. */
  private left = { guarded: new Set<string>(), refused: new Set<string>() };
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

  isGuarded(address: string): boolean {
    return this.guarded.has(address);
  }

  isRefused(address: string): boolean {
    return this.refused.has(address);
  }

  /** Another life of the process finds the tables of the one before it: what is open, and for how long. */
  adopt(): ReadonlyMap<string, Millis> {
    this.inherited = new Set(this.opened.keys());
    this.left = { guarded: new Set(this.guarded), refused: new Set(this.refused) };
    const now = this.time.now();
    return new Map([...this.opened].map(([one, { until }]) => [one, (until - now) * this.rate]));
  }

  /** The instances have taken on what they go on with; the rest of these is let be. */
  forgetLeft(released: readonly string[]): void {
    const { guarded, refused } = this.left;
    const known = [...new Set(released)];
    this.shut([...this.inherited].filter((address) => this.opened.has(address)));
    this.inherited.clear();
    this.removeAll(
      this.guarded,
      known.filter((address) => guarded.has(address)),
    );
    this.removeAll(
      this.refused,
      known.filter((address) => refused.has(address)),
    );
    this.left = { guarded: new Set(), refused: new Set() };
  }

  /** All as new: nothing is guarded. */
  replace(): void {
    const known = [...this.guarded, ...this.refused];
    for (const { cancel } of this.opened.values()) cancel();
    this.opened.clear();
    this.guarded.clear();
    this.refused.clear();
    this.adopt();
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
      unguard: (addresses) => this.removeAll(this.guarded, addresses),
      refuse: (addresses) => {
        for (const address of addresses) {
          this.refused.add(address);
          this.left.refused.delete(address);
          this.onChange(address);
        }
      },
      // As daemon/vrrp/gate.ts: what is not refused is none of its business.
      permit: (addresses) =>
        this.removeAll(
          this.refused,
          addresses.filter((address) => this.refused.has(address)),
        ),
    };
  }

  private open(addresses: readonly string[], forMs: Millis): 'open' | 'run-out' {
    const inherited = addresses.filter((address) => this.inherited.delete(address));
    if (inherited.some((address) => !this.opened.has(address))) return 'run-out';
    for (const address of inherited) this.remove(address);
    for (const address of addresses) {
      this.guarded.add(address);
      this.left.guarded.delete(address);
      this.add(address, forMs);
      this.onChange(address);
    }
    return 'open';
  }

  private renew({ addresses, leftMs, onLost }: Renewal): void {
    const forMs = leftMs();
    if (forMs <= 0 || isRefused(this.opened, addresses)) {
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
    if (isRefused(this.opened, addresses)) return;
    for (const address of addresses) {
      this.remove(address);
      this.onChange(address);
    }
  }

  private removeAll(from: Set<string>, addresses: readonly string[]): void {
    if (isRefused(from, addresses)) return;
    for (const address of addresses) {
      from.delete(address);
      this.onChange(address);
    }
  }

  /** What is open already keeps the time that it has. */
  private add(address: string, forMs: Millis): void {
    if (this.opened.has(address)) return;
    const wholeMs = Math.max(1, Math.floor(forMs));
    const until = this.time.now() + wholeMs / this.rate;
    const cancel = this.time.wakeAt(until, () => {
      this.opened.delete(address);
      this.onChange(address);
    });
    this.opened.set(address, { until, cancel });
  }

  private remove(address: string): void {
    this.opened.get(address)?.cancel();
    this.opened.delete(address);
  }
}

/** nf_tables refuses a transaction that deletes what is not there, or something twice. */
function isRefused(
  known: { has(address: string): boolean },
  addresses: readonly string[],
): boolean {
  return (
    addresses.some((address) => !known.has(address)) || new Set(addresses).size < addresses.length
  );
}
