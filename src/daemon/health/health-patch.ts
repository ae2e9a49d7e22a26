/**
 * The configuration of the health process on its way there: only what its process does not have yet. One changed
 * weight among a hundred thousand real servers is one virtual server, and in it one real server.
 *
 *   before  A B C D        after  A B x D        pieces  keep 0..2, put x, keep 3..1
 *
 * Many that are new go in several parts, and so do the many real servers of one virtual server.
 */
import { formatEndpoint } from '../../base/endpoint.ts';
import { invariant } from '../../base/error.ts';
import { nameOfVirtualServer } from '../../model/names.ts';
import type { HealthConfig, RealServer, VirtualServer } from '../../model/virtual-server.ts';
import type { Codec } from '../codec.ts';
import { isSame, Patterns, Pools, type Run, serversOf } from './real-server-runs.ts';

/** A stretch of a list: of the list before, from an index on so many; or others. */
type Piece<Others> = Keep | { readonly put: Others };
interface Keep {
  readonly keep: readonly [from: number, count: number];
}

interface ServerPatch {
  /** The index of the virtual server whose real servers are kept; null: none are. */
  readonly of: number | null;
  readonly keys: VirtualServer['keys'];
  /** The index of what it says besides, which many have in common. */
  readonly settings: number;
  /** Those that are not kept by the index of their pool. */
  readonly realServers: readonly Piece<number>[];
}

/** One part of it. */
export interface HealthPatch {
  /** In the last one. */
  readonly rest: Omit<HealthConfig, 'virtualServers'> | null;
  /** More real servers of the last virtual server of the part before. */
  readonly more: Pick<ServerPatch, 'of' | 'realServers'> | null;
  /** Those that stand behind the ones of the part before. */
  readonly virtualServers: readonly Piece<readonly ServerPatch[]>[];
  /** Real servers, each list of them once, and what is alike in them. */
  readonly pools: readonly (readonly Run[])[];
  readonly patterns: readonly RealServer[];
  readonly settings: readonly Settings[];
}

type Settings = Omit<VirtualServer, 'keys' | 'realServers'>;

/** Virtual servers and real servers that are new in one part: to take them in takes some milliseconds. */
const NEW_MAX = 2_000;

export const HEALTH_CODEC: Codec<HealthConfig, HealthPart> = {
  encode: (before, after) => healthPatches(before, after),
  decode: (before, encoded) => healthPatched(before, encoded as HealthPatch),
  join: (parts) => {
    const rest = parts.at(-1)?.rest;
    invariant(rest, 'the last part has all the rest');
    return { ...rest, virtualServers: joined(parts) };
  },
};

interface HealthPart {
  readonly rest: HealthPatch['rest'];
  readonly more: readonly RealServer[];
  readonly virtualServers: readonly VirtualServer[];
}

function joined(parts: readonly HealthPart[]): readonly VirtualServer[] {
  const all: VirtualServer[] = [];
  for (const { more, virtualServers } of parts) {
    const last = more.length > 0 ? all.pop() : undefined;
    if (last !== undefined) all.push({ ...last, realServers: [...last.realServers, ...more] });
    for (const one of virtualServers) all.push(one);
  }
  return all;
}

/** `before` is what the process has, or null. `newMax`: how much that is new goes in one part. */
export function healthPatches(
  before: HealthConfig | null,
  after: HealthConfig,
  newMax: number = NEW_MAX,
): readonly HealthPatch[] {
  const { virtualServers, ...rest } = after;
  const old = before?.virtualServers ?? [];
  let places: Map<VirtualServer, number> | null = null;
  let names: Map<string, number> | null = null;
  const successors = new Map<VirtualServer, number>();
  const placeOf = (server: VirtualServer, here: number): number | undefined => {
    const before = old[here];
    // Most stand where they stood, and one that has changed stands there, too.
    if (before === server) return here;
    if (before !== undefined && nameOfVirtualServer(before) === nameOfVirtualServer(server)) {
      successors.set(server, here);
      return undefined;
    }
    places ??= new Map(old.map((one, at) => [one, at]));
    return places.get(server);
  };
  const predecessorOf = (server: VirtualServer): number | null => {
    const known = successors.get(server);
    if (known !== undefined) return known;
    names ??= new Map(old.map((one, at) => [nameOfVirtualServer(one), at]));
    return names.get(nameOfVirtualServer(server)) ?? null;
  };
  const parts = new PartWriter(newMax);
  for (const piece of piecesOf(virtualServers, placeOf)) {
    if ('keep' in piece) {
      parts.keep(piece);
      continue;
    }
    for (const one of piece.put) {
      const of = predecessorOf(one);
      parts.put(one, of, realPieces(one, of === null ? [] : (old[of]?.realServers ?? [])));
    }
  }
  return parts.finish(rest);
}

function realPieces({ realServers }: VirtualServer, old: readonly RealServer[]): Pieces {
  return old.length === 0 ? [{ put: realServers }] : piecesOf(realServers, placesIn(old));
}

type Pieces = readonly Piece<readonly RealServer[]>[];

/** Writes virtual servers one after the other, and no more that is new into one part than may be. */
class PartWriter {
  private readonly newMax: number;
  private readonly parts: HealthPatch[] = [];
  private part: PartDraft;

  constructor(newMax: number) {
    this.newMax = newMax;
    this.part = new PartDraft(newMax, null);
  }

  keep(piece: Keep): void {
    this.part.virtualServers.push(piece);
  }

  put({ keys, realServers: _, ...rest }: VirtualServer, of: number | null, pieces: Pieces): void {
    const count = pieces.reduce(
      (sum, one) => sum + ('put' in one ? this.part.sizeOf(one.put) : 0),
      0,
    );
    // One that is not larger than a part is not divided.
    if (count >= this.part.room && this.part.room < this.newMax) this.next(null);
    let realServers: Piece<number>[] = [];
    this.part.putServer({ of, keys, settings: this.part.settings.placeOf(rest), realServers });
    for (const piece of pieces) {
      if ('keep' in piece) {
        realServers.push(piece);
        continue;
      }
      for (let left = piece.put; left.length > 0; ) {
        if (this.part.room === 0 && this.part.sizeOf(left) > 0) {
          realServers = [];
          this.next({ of, realServers });
        }
        const some = this.part.takeOf(left);
        realServers.push({ put: this.part.pools.placeOf(some) });
        left = left.slice(some.length);
      }
    }
  }

  finish(rest: HealthPatch['rest']): readonly HealthPatch[] {
    return [...this.parts, this.part.patch(rest)];
  }

  private next(more: HealthPatch['more']): void {
    this.parts.push(this.part.patch(null));
    this.part = new PartDraft(this.newMax, more);
  }
}

/** A part in the making, and what the virtual servers in it have in common. */
class PartDraft {
  readonly virtualServers: (Keep | { readonly put: ServerPatch[] })[] = [];
  readonly pools: Pools = new Pools();
  readonly settings: Patterns<Settings> = new Patterns<Settings>();
  private readonly more: HealthPatch['more'];
  private left: number;

  constructor(room: number, more: HealthPatch['more']) {
    this.left = room;
    this.more = more;
  }

  /** So much that is new has room. */
  get room(): number {
    return this.left;
  }

  putServer(server: ServerPatch): void {
    const last = this.virtualServers.at(-1);
    if (last !== undefined && 'put' in last) last.put.push(server);
    else this.virtualServers.push({ put: [server] });
    this.left -= 1;
  }

  /** The room that they take: none where an earlier virtual server of this part has the same pool. */
  sizeOf(servers: readonly RealServer[]): number {
    return this.pools.has(servers) ? 0 : servers.length;
  }

  /** As many of them as have room. */
  takeOf(servers: readonly RealServer[]): readonly RealServer[] {
    const size = this.sizeOf(servers);
    const some = size <= this.left ? servers : servers.slice(0, this.left);
    this.left -= Math.min(size, this.left);
    return some;
  }

  patch(rest: HealthPatch['rest']): HealthPatch {
    const { more, virtualServers, settings } = this;
    const { runs: pools, patterns } = this.pools;
    return { rest, more, virtualServers, pools, patterns, settings: settings.found };
  }
}

/** What a part was made of. `before` says the same as it did there. */
function healthPatched(before: HealthConfig | null, patch: HealthPatch): HealthPart {
  const old = before?.virtualServers ?? [];
  const pools = patch.pools.map((runs) => serversOf(runs, patch.patterns));
  const realsOf = ({
    of,
    realServers,
  }: NonNullable<HealthPatch['more']>): readonly RealServer[] => {
    const kept = of === null ? [] : (old[of]?.realServers ?? []);
    return listOf(realServers, kept, (pool) => {
      const servers = pools[pool];
      invariant(servers !== undefined, 'each pool of a part is in it');
      return servers;
    });
  };
  const serverOf = (server: ServerPatch): VirtualServer => {
    const settings = patch.settings[server.settings];
    invariant(settings !== undefined, 'each virtual server has its settings');
    return { ...settings, keys: server.keys, realServers: realsOf(server) };
  };
  const virtualServers = listOf(patch.virtualServers, old, (others) => others.map(serverOf));
  return { rest: patch.rest, more: patch.more === null ? [] : realsOf(patch.more), virtualServers };
}

/** Where a list has a real server that is the same, for one that stands at a certain place now. */
function placesIn(
  old: readonly RealServer[],
): (server: RealServer, here: number) => number | undefined {
  let places: Map<string, number> | null = null;
  return (server, here) => {
    // Most stand where they stood, and one that has changed stands there, too.
    const before = old[here];
    if (isSame(before, server)) return here;
    if (before?.address === server.address && before.port === server.port) return undefined;
    places ??= new Map(old.map((one, at) => [nameOf(one), at]));
    const at = places.get(nameOf(server));
    return at !== undefined && isSame(old[at], server) ? at : undefined;
  };
}

function nameOf({ address, port }: RealServer): string {
  return formatEndpoint(address, port);
}

function piecesOf<Item>(
  items: readonly Item[],
  placeOf: (item: Item, here: number) => number | undefined,
): readonly Piece<readonly Item[]>[] {
  const pieces: ({ readonly keep: [number, number] } | { readonly put: Item[] })[] = [];
  for (let here = 0; here < items.length; here += 1) {
    const item = items[here] as Item;
    const at = placeOf(item, here);
    const last = pieces.at(-1);
    if (at === undefined) {
      if (last !== undefined && 'put' in last) last.put.push(item);
      else pieces.push({ put: [item] });
    } else if (last !== undefined && 'keep' in last && at === last.keep[0] + last.keep[1]) {
      last.keep[1] += 1;
    } else {
      pieces.push({ keep: [at, 1] });
    }
  }
  return pieces;
}

function listOf<Item, Others>(
  pieces: readonly Piece<Others>[],
  before: readonly Item[],
  unpack: (others: Others) => readonly Item[],
): readonly Item[] {
  const itemsOf = (piece: Piece<Others>): readonly Item[] => {
    if ('put' in piece) return unpack(piece.put);
    const [from, count] = piece.keep;
    invariant(from + count <= before.length, 'a process has what it was sent before');
    return before.slice(from, from + count);
  };
  const [first] = pieces;
  // The same list stays one list, however many have it.
  return pieces.length === 1 && first !== undefined ? itemsOf(first) : pieces.flatMap(itemsOf);
}
