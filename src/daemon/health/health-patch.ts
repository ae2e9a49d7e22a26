/**
 * The configuration of the health process on its way there: only what its process does not have yet. One changed
 * weight among a hundred thousand real servers is one virtual server, and in it one real server.
 *
 *   before  A B C D        after  A B x D        pieces  keep 0..2, put x, keep 3..1
 *
 * Many that are new go in several parts.
 */
import { formatEndpoint } from '../../base/endpoint.ts';
import { invariant } from '../../base/error.ts';
import { nameOfVirtualServer } from '../../model/names.ts';
import type { HealthConfig, RealServer, VirtualServer } from '../../model/virtual-server.ts';
import type { Codec } from '../codec.ts';
import { isSame, Patterns, RealServerPatterns, type Run, serversOf } from './real-server-runs.ts';

/** A stretch of a list: of the list before, from an index on so many; or others. */
type Piece<Others> =
  | { readonly keep: readonly [from: number, count: number] }
  | { readonly put: Others };

interface ServerPatch {
  /** The index of the virtual server whose real servers are kept; null: none are. */
  readonly of: number | null;
  readonly keys: VirtualServer['keys'];
  /** The index of what it says besides, which many have in common. */
  readonly settings: number;
  readonly realServers: readonly Piece<readonly Run[]>[];
}

/** One part of it. */
export interface HealthPatch {
  /** In the last one. */
  readonly rest: Omit<HealthConfig, 'virtualServers'> | null;
  /** Those that stand behind the ones of the part before. */
  readonly virtualServers: readonly Piece<readonly ServerPatch[]>[];
  /** Of the runs of real servers. */
  readonly patterns: readonly RealServer[];
  readonly settings: readonly Settings[];
}

type Settings = Omit<VirtualServer, 'keys' | 'realServers'>;

/** Virtual servers and real servers that are new in one part: to take them in takes some milliseconds. */
const NEW_MAX = 5_000;

export const HEALTH_CODEC: Codec<HealthConfig, HealthPart> = {
  encode: healthPatches,
  decode: (before, encoded) => healthPatched(before, encoded as HealthPatch),
  join: (parts) => {
    const rest = parts.at(-1)?.rest;
    invariant(rest, 'the last part has all the rest');
    return { ...rest, virtualServers: parts.flatMap(({ virtualServers }) => virtualServers) };
  },
};

type HealthPart = Pick<HealthPatch, 'rest'> & Pick<HealthConfig, 'virtualServers'>;

/** `before` is what the process has, or null. */
export function healthPatches(
  before: HealthConfig | null,
  after: HealthConfig,
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
  const patchOf = (whole: VirtualServer, { patterns, settings }: Common): ServerPatch => {
    const { keys, realServers, ...rest } = whole;
    const of = predecessorOf(whole);
    const placeOfReal = placesIn(of === null ? [] : (old[of]?.realServers ?? []));
    const pieces =
      of === null
        ? [{ put: patterns.runsOf(realServers) }]
        : piecesOf(realServers, placeOfReal, (others) => patterns.runsOf(others));
    return { of, keys, settings: settings.placeOf(rest), realServers: pieces };
  };
  const pieces = piecesOf(virtualServers, placeOf, (others) => others);
  const parts = inParts(pieces);
  return parts.map((part, at) => {
    const common = { patterns: new RealServerPatterns(), settings: new Patterns<Settings>() };
    const packed = part.map((piece) =>
      'put' in piece ? { put: piece.put.map((one) => patchOf(one, common)) } : piece,
    );
    const isLast = at === parts.length - 1;
    return {
      rest: isLast ? rest : null,
      virtualServers: packed,
      patterns: common.patterns.found,
      settings: common.settings.found,
    };
  });
}

/** What virtual servers of one part have in common. */
interface Common {
  readonly patterns: RealServerPatterns;
  readonly settings: Patterns<Settings>;
}

type Pieces = readonly Piece<readonly VirtualServer[]>[];

/** The same pieces, and no more in one part than may be new there; but a virtual server is never divided. */
function inParts(pieces: Pieces): readonly Pieces[] {
  const parts: Piece<VirtualServer[]>[][] = [];
  let part: Piece<VirtualServer[]>[] = [];
  let room = NEW_MAX;
  for (const piece of pieces) {
    if ('keep' in piece) {
      part.push(piece);
      continue;
    }
    let put: VirtualServer[] = [];
    for (const one of piece.put) {
      const size = 1 + one.realServers.length;
      if (size > room && room < NEW_MAX) {
        if (put.length > 0) part.push({ put });
        parts.push(part);
        [part, put, room] = [[], [], NEW_MAX];
      }
      put.push(one);
      room -= size;
    }
    part.push({ put });
  }
  return [...parts, part];
}

/** What a part was made of. `before` says the same as it did there. */
function healthPatched(before: HealthConfig | null, patch: HealthPatch): HealthPart {
  const old = before?.virtualServers ?? [];
  const serverOf = ({ of, keys, settings: at, realServers }: ServerPatch): VirtualServer => {
    const settings = patch.settings[at];
    invariant(settings !== undefined, 'each virtual server has its settings');
    const kept = of === null ? [] : (old[of]?.realServers ?? []);
    const unpacked = listOf(realServers, kept, (runs) => serversOf(runs, patch.patterns));
    return { ...settings, keys, realServers: unpacked };
  };
  const virtualServers = listOf(patch.virtualServers, old, (others) => others.map(serverOf));
  return { rest: patch.rest, virtualServers };
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

function piecesOf<Item, Others>(
  items: readonly Item[],
  placeOf: (item: Item, here: number) => number | undefined,
  pack: (others: readonly Item[]) => Others,
): readonly Piece<Others>[] {
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
  return pieces.map((piece) => ('put' in piece ? { put: pack(piece.put) } : piece));
}

function listOf<Item, Others>(
  pieces: readonly Piece<Others>[],
  before: readonly Item[],
  unpack: (others: Others) => readonly Item[],
): readonly Item[] {
  return pieces.flatMap((piece) => {
    if ('put' in piece) return unpack(piece.put);
    const [from, count] = piece.keep;
    invariant(from + count <= before.length, 'a process has what it was sent before');
    return before.slice(from, from + count);
  });
}
