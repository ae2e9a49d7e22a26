/**
 * A simulated etcd, as far as a lease sees it: keys with revisions, leases that end after their time, swaps that are
 * done or not. Requests and replies take their time and get lost; what was asked may be done after nobody waits.
 */
import type { Clock, Instant, Millis } from '../../src/base/time.ts';
import type { EtcdPort } from '../../src/lease/etcd-acceptor.ts';
import type { EtcdEntry, EtcdSwap, EtcdSwapped } from '../../src/wire/etcd.ts';

export class SimulatedEtcd {
  readonly keys: Map<string, EtcdEntry> = new Map();
  private readonly clock: Clock;
  private readonly leases = new Map<string, Instant>();
  private revision = 1;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** `way`: how long one way takes; null: it is lost. */
  port(way: () => Millis | null): EtcdPort {
    const through = <T>(limitMs: Millis, work: () => T): Promise<T> =>
      new Promise((resolve, reject) => {
        const { clock } = this;
        clock.wakeAt(clock.now() + limitMs, () => reject(new Error('no answer in time')));
        const there = way();
        if (there === null) return;
        clock.wakeAt(clock.now() + there, () => {
          this.endLeases();
          let result: T;
          try {
            result = work();
          } catch (error) {
            reject(error);
            return;
          }
          const back = way();
          if (back !== null) clock.wakeAt(clock.now() + back, () => resolve(result));
        });
      });
    return {
      grant: (seconds, limitMs) => through(limitMs, () => this.grant(seconds)),
      swap: (swap, limitMs) => through(limitMs, () => this.swap(swap)),
      secondsLeft: (lease, limitMs) => through(limitMs, () => this.secondsLeft(lease)),
    };
  }

  private grant(seconds: number): { lease: string; seconds: number } {
    const lease = String(this.leases.size + 1);
    const given = Math.max(2, seconds);
    this.leases.set(lease, this.clock.now() + given * 1000);
    return { lease, seconds: given };
  }

  private swap({ compare, write }: EtcdSwap): EtcdSwapped {
    const isSame = compare.every(
      ({ key, revision }) => (this.keys.get(key)?.revision ?? '0') === revision,
    );
    if (!isSame) {
      const found = compare.flatMap(({ key }) => this.keys.get(key) ?? []);
      return { isDone: false, revision: String(this.revision), found };
    }
    const isOver = ({ lease }: EtcdSwap['write'][number]): boolean =>
      (this.leases.get(lease) ?? -Infinity) <= this.clock.now();
    if (write.some(isOver)) throw new Error('etcdserver: requested lease not found');
    this.revision += 1;
    const revision = String(this.revision);
    for (const { key, value, lease } of write) this.keys.set(key, { key, value, lease, revision });
    return { isDone: true, revision, found: [] };
  }

  private secondsLeft(lease: string): number {
    const until = this.leases.get(lease) ?? -Infinity;
    return Math.max(0, Math.floor((until - this.clock.now()) / 1000));
  }

  private endLeases(): void {
    for (const [key, { lease }] of this.keys) {
      if ((this.leases.get(lease ?? '') ?? -Infinity) <= this.clock.now()) this.keys.delete(key);
    }
  }
}
