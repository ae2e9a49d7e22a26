/**
 * Real servers on their way to another process: of those that differ in nothing but address and port, one goes as
 * a pattern and the others as these two. Of a pool of ten thousand that is a tenth of the text, and what they
 * have in common is one object there.
 */
import { invariant } from '../../base/error.ts';
import type { RealServer } from '../../model/virtual-server.ts';

/** Real servers in a row that are alike, the pattern's index, and what is their own. */
export interface Run {
  readonly pattern: number;
  readonly addresses: readonly string[];
  readonly ports: readonly number[];
}

/** The patterns of one message, as they are found. */
export class Patterns<Item extends object> {
  readonly found: Item[] = [];
  private readonly aside: readonly string[];

  /** Those that differ in nothing but these, two at most, are alike. */
  constructor(...aside: readonly string[]) {
    this.aside = aside;
  }

  /** The index of one that the last ones are like, or of the item itself. */
  placeOf(item: Item): number {
    const { found } = this;
    const [aside, alsoAside] = this.aside;
    for (let at = found.length - 1; at >= 0 && at >= found.length - LOOKED_AT; at -= 1) {
      if (hasSame(found[at] as Item, item, aside, alsoAside)) return at;
    }
    return found.push(item) - 1;
  }
}

/** So many patterns are compared with; pools seldom mix more kinds of servers. */
const LOOKED_AT = 8;

/** Lists of real servers, each written once in a message however many virtual servers have it. */
export class Pools {
  readonly runs: (readonly Run[])[] = [];
  private readonly alike: Patterns<RealServer> = new Patterns<RealServer>('address', 'port');
  private readonly places = new Map<readonly RealServer[], number>();

  get patterns(): readonly RealServer[] {
    return this.alike.found;
  }

  has(servers: readonly RealServer[]): boolean {
    return this.places.has(servers);
  }

  /** The index of its runs. */
  placeOf(servers: readonly RealServer[]): number {
    const known = this.places.get(servers);
    if (known !== undefined) return known;
    const place = this.runs.push(this.runsOf(servers)) - 1;
    this.places.set(servers, place);
    return place;
  }

  private runsOf(servers: readonly RealServer[]): readonly Run[] {
    const runs: { pattern: number; addresses: string[]; ports: number[] }[] = [];
    for (const server of servers) {
      const before = runs.at(-1)?.pattern;
      const pattern = this.alike.placeOf(server);
      if (pattern !== before) runs.push({ pattern, addresses: [], ports: [] });
      const run = runs.at(-1);
      run?.addresses.push(server.address);
      run?.ports.push(server.port);
    }
    return runs;
  }
}

/** The real servers of a pool. */
export function serversOf(runs: readonly Run[], patterns: readonly RealServer[]): RealServer[] {
  return runs.flatMap(({ pattern: at, addresses, ports }) => {
    const pattern = patterns[at];
    invariant(pattern !== undefined, 'each run has its pattern');
    return addresses.map((address, place) => ({
      ...pattern,
      address,
      port: ports[place] as number,
    }));
  });
}

/** Of plain data. */
export function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  return hasSame(a, b);
}

/** The same keys with the same values, these two aside. Without a closure or list each: a pool has ten thousand. */
function hasSame(a: object, b: object, aside?: string, alsoAside?: string): boolean {
  let left = 0;
  for (const name in a) {
    if (!(name in b)) return false;
    left += 1;
    if (name === aside || name === alsoAside) continue;
    if (!isSame(a[name as never], b[name as never])) return false;
  }
  for (const _ in b) left -= 1;
  return left === 0;
}
