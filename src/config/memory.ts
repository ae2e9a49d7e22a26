/**
 * What one reading of a configuration remembers for the next: virtual servers, by their text. One that stands
 * there again to the letter is neither cut into words nor built again, and is the same object as before:
 * whoever compares two configurations passes over it at a glance. In one that has changed the same holds for
 * its real servers, as long as nothing but real servers is different.
 */
import type { RealServer, VirtualServer } from '../model/virtual-server.ts';
import type { Told } from './diagnostics/reports.ts';
import type { ConfigEnvironment } from './environment.ts';
import type { RememberedBlock, RememberedBlocks } from './text/lexer.ts';
import { type Pool, PoolBuilder, placeIn, type Run } from './text/pool.ts';
import type { Extent, Span } from './text/source.ts';

/** A block of the file. */
interface Block {
  /** Its keyword and label as written. */
  readonly head: string;
  /** Null: not all of it was written there. */
  readonly extent: Extent | null;
  /** What stands between its braces, as an earlier reading has it. */
  readonly remembered: string | null;
  /** Of its keyword. */
  readonly span: Span;
}

/** What was made of a block, and what was told of it. */
export interface Lesson {
  readonly server: VirtualServer;
  readonly told: readonly Told[];
  /** Null: each of its real servers has to be read again. */
  readonly realServers: RealServerLesson | null;
}

/** Real servers of which nothing was told. */
export interface RealServerLesson {
  /** Of the virtual server: what it hands down. */
  readonly signature: string;
  readonly servers: readonly RealServer[];
  /** Whether each has a checker: 0 or 1. */
  readonly isChecked: Uint8Array;
  /** Their blocks, in a text that begins with the head of the virtual server. */
  readonly blocks: Omit<Pool, 'text'>;
}

/** Without any text, which would keep all of its file in memory. */
interface Item extends Lesson {
  /** Where its block began when it was told. */
  readonly start: number;
  /** Characters of its head, and from there to what stands between its braces. */
  readonly headLength: number;
  readonly bodyAt: number;
}

/** The virtual servers of one file. */
interface Shelf<Items = readonly Item[]> {
  readonly pool: Pool;
  readonly items: Items;
}

interface Place {
  readonly shelf: Shelf;
  readonly at: number;
}

/** Belongs to one configuration file, read again and again. */
export class Memory implements RememberedBlocks {
  /** By the path of the file. */
  private known: ReadonlyMap<string, Shelf> = new Map();
  private learnt = new Map<string, Shelf<Item[]> & { readonly pool: PoolBuilder }>();
  /** By the words in front of the brace, made when it is needed. One address may have one of each protocol. */
  private byHead: Map<string, Place[]> | null = null;
  /** Real servers that the lexer was given. */
  private readonly offered = new Map<Pool, { head: string; lesson: RealServerLesson }>();
  /** All that a virtual server means apart from its text. */
  private surroundings = '';
  private asked = 0;
  /** How many runs were recalled. */
  private runs = 0;

  /** How often the machine was asked for something that may be otherwise next time. */
  get questions(): number {
    return this.asked;
  }

  /** The same environment, with its questions counted. */
  watched(environment: ConfigEnvironment): ConfigEnvironment {
    return new Proxy(environment, {
      get: (target, name) => {
        this.asked += 1;
        return Reflect.get(target, name);
      },
    });
  }

  blocksOf(path: string): Pool | null {
    return this.known.get(path)?.pool ?? null;
  }

  find(head: string, expected: Run | null): readonly RememberedBlock[] {
    return this.placesOf(head, expected).map((place) => ({
      body: bodyAt(place),
      inner: this.offer(head, place),
    }));
  }

  /** What was made of a block that stands there again, and what is to be told of it where it stands now. */
  recall({ head, remembered, span }: Block): Lesson | null {
    const found = this.placesOf(head, null).find((place) => bodyAt(place) === remembered);
    return found === undefined ? null : moved(itemAt(found), span);
  }

  /** The same of many; `span` is the keyword of the first. Null: nobody knows what they are. */
  recallRun(run: Run, span: Span): readonly Lesson[] | null {
    const { pool, from, count } = run;
    const { path, text } = span.file;
    const shelf = this.known.get(path);
    if (shelf === undefined || shelf.pool !== pool) return null;
    this.runs += 1;
    const items = shelf.items.slice(from, from + count).map((item, at) => {
      if (item.told.length === 0) return item;
      const place = placeIn(run, at, span);
      return { ...item, ...moved(item, place), start: place.start };
    });
    const learnt = this.shelfOf(span);
    if (learnt.pool.text === text && learnt.pool.addRun(run, span.start)) {
      for (const item of items) learnt.items.push(item);
    }
    return items;
  }

  /** The real servers that a run is of, which stands in a virtual server again. Null: they are not the same there. */
  recallRealServers(
    { pool }: Run,
    { head, signature }: { readonly head: string; readonly signature: string },
  ): RealServerLesson | null {
    const offered = this.offered.get(pool);
    if (offered?.head !== head || offered.lesson.signature !== signature) return null;
    this.runs += 1;
    return offered.lesson;
  }

  /** Not if something is told that stands elsewhere. */
  learn({ head, extent, span }: Block, { server, told, realServers }: Lesson): void {
    const { file } = span;
    const isHere = told.every(({ report: { span } }) => span.file === file && !span.definedAt);
    if (extent === null || !isHere) return;
    const { pool, items } = this.shelfOf(span);
    if (pool.text !== file.text || !pool.add(extent)) return;
    const { start, bodyStart } = extent;
    const [headLength, bodyAt] = [head.length, bodyStart - start];
    items.push({ server, told, realServers, start, headLength, bodyAt });
  }

  /**
   * A reading has come to its end: the next one knows what this one has learnt, and no more. `runs` stood in its text.
   * @returns false when what was known does not mean the same as then, so that this reading is not to be used
   */
  turnOver(surroundings: string, runs: number): boolean {
    const isSame = this.known.size === 0 || surroundings === this.surroundings;
    const holds = isSame && runs === this.runs;
    this.surroundings = surroundings;
    this.known = this.learnt;
    this.learnt = new Map();
    this.forgetOffers();
    return holds;
  }

  forget(): void {
    this.known = new Map();
    this.learnt = new Map();
    this.forgetOffers();
  }

  private forgetOffers(): void {
    this.byHead = null;
    this.offered.clear();
    this.runs = 0;
  }

  /** Of this reading. */
  private shelfOf({ file: { path, text } }: Span): Shelf<Item[]> & { readonly pool: PoolBuilder } {
    const known = this.learnt.get(path);
    if (known !== undefined) return known;
    const shelf = { pool: new PoolBuilder('virtual_server', { text }), items: [] };
    this.learnt.set(path, shelf);
    return shelf;
  }

  /** Mostly one stands where it is expected. */
  private placesOf(head: string, expected: Run | null): readonly Place[] {
    if (expected !== null) {
      const { pool, from: at } = expected;
      const shelf = [...this.known.values()].find((one) => one.pool === pool);
      if (shelf !== undefined && headAt({ shelf, at }) === head) return [{ shelf, at }];
    }
    this.byHead ??= this.indexed();
    return this.byHead.get(head) ?? [];
  }

  private indexed(): Map<string, Place[]> {
    const index = new Map<string, Place[]>();
    for (const shelf of this.known.values()) {
      for (const at of shelf.items.keys()) {
        const head = headAt({ shelf, at });
        const namesakes = index.get(head);
        if (namesakes === undefined) index.set(head, [{ shelf, at }]);
        else namesakes.push({ shelf, at });
      }
    }
    return index;
  }

  private offer(head: string, place: Place): Pool | null {
    const { realServers: lesson } = itemAt(place);
    if (lesson === null) return null;
    const { starts, ends, text } = place.shelf.pool;
    const inner = { ...lesson.blocks, text: text.slice(starts[place.at], ends[place.at]) };
    this.offered.set(inner, { head, lesson });
    return inner;
  }
}

function itemAt({ shelf, at }: Place): Item {
  return shelf.items[at] as Item;
}

function headAt(place: Place): string {
  const { starts, text } = place.shelf.pool;
  const start = starts[place.at] as number;
  return text.slice(start, start + itemAt(place).headLength);
}

function bodyAt(place: Place): string {
  const { starts, ends, text } = place.shelf.pool;
  const start = (starts[place.at] as number) + itemAt(place).bodyAt;
  return text.slice(start, (ends[place.at] as number) - 1);
}

/** The same lesson, told where the block stands now. */
function moved({ server, told, realServers, start }: Item, { file, start: now }: Span): Lesson {
  const shift = now - start;
  return {
    server,
    realServers,
    told: told.map(({ report, once }) => {
      const { span } = report;
      const moved = { file, start: span.start + shift, end: span.end + shift };
      return { report: { ...report, span: moved }, once };
    }),
  };
}
