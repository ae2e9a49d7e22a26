/**
 * What the instances of this director want of its kernel. A reload may give an address, a route or a rule of one
 * to another, and two may have the same one: only what no instance wants is shut, released or let be.
 */

/**
 * `guarded`: addresses behind the gate; `refused`: addresses of which packets are dropped; `addresses`: those that are
 * held, whatever their link; `held`: all that is held, by `keysOf` of held.ts.
 */
type Kind = 'guarded' | 'refused' | 'addresses' | 'held';

/** Of all instances together. */
export class Estate {
  private readonly counts: Readonly<Record<Kind, Map<string, number>>> = {
    guarded: new Map(),
    refused: new Map(),
    addresses: new Map(),
    held: new Map(),
  };

  isWanted(kind: Kind, key: string): boolean {
    return this.counts[kind].has(key);
  }

  /** `by`: 1 or -1 instances more. */
  count(kind: Kind, keys: Iterable<string>, by: 1 | -1): void {
    const counts = this.counts[kind];
    for (const key of keys) {
      const count = (counts.get(key) ?? 0) + by;
      if (count === 0) counts.delete(key);
      else counts.set(key, count);
    }
  }
}

/** What one instance wants. */
export class Share {
  private readonly estate: Estate;
  private readonly own = new Map<Kind, ReadonlySet<string>>();

  constructor(estate: Estate) {
    this.estate = estate;
  }

  /** These from now on, and nothing else of the kind. */
  want(kind: Kind, keys: readonly string[]): void {
    const next = new Set(keys);
    this.estate.count(kind, next, 1);
    this.estate.count(kind, this.own.get(kind) ?? [], -1);
    this.own.set(kind, next);
  }

  /** Nothing any more. */
  leave(): void {
    for (const kind of this.own.keys()) this.want(kind, []);
  }

  /** Whether this instance or another one wants it. */
  isWanted(kind: Kind, key: string): boolean {
    return this.estate.isWanted(kind, key);
  }

  /** What of it nobody wants. */
  unwanted(kind: Kind, keys: readonly string[]): readonly string[] {
    return keys.filter((key) => !this.isWanted(kind, key));
  }
}
