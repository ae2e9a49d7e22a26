/**
 * The configuration of the health process on its way there: only what its process does not have yet. One changed
 * weight among a hundred thousand real servers is one virtual server, and in it one real server.
 *
 *   before  A B C D        after  A B x D        pieces  keep 0..2, put x, keep 3..1
 */
import { formatEndpoint } from '../../base/endpoint.ts';
import { invariant } from '../../base/error.ts';
import { nameOfVirtualServer } from '../../model/names.ts';
import type { HealthConfig, RealServer, VirtualServer } from '../../model/virtual-server.ts';
import type { Codec } from '../ipc.ts';
import { isSame, Patterns, type Run, serversOf } from './real-server-runs.ts';

/** A stretch of a list: of the list before, from an index on so many; or others. */
type Piece<Others> =
  | { readonly keep: readonly [from: number, count: number] }
  | { readonly put: Others };

interface ServerPatch {
  /** The index of the virtual server whose real servers are kept; null: none are. */
  readonly of: number | null;
  readonly server: Omit<VirtualServer, 'realServers'>;
  readonly realServers: readonly Piece<readonly Run[]>[];
}

export interface HealthPatch {
  readonly rest: Omit<HealthConfig, 'virtualServers'>;
  readonly virtualServers: readonly Piece<readonly ServerPatch[]>[];
  /** Of the runs of real servers. */
  readonly patterns: readonly RealServer[];
}

export const HEALTH_CODEC: Codec<HealthConfig> = {
  encode: healthPatch,
  decode: (before, encoded) => healthPatched(before, encoded as HealthPatch),
};

/** `before` is what the process has, or null. */
export function healthPatch(before: HealthConfig | null, after: HealthConfig): HealthPatch {
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
  const patterns = new Patterns();
  const patchOf = (whole: VirtualServer): ServerPatch => {
    const { realServers, ...server } = whole;
    const of = predecessorOf(whole);
    const placeOfReal = placesIn(of === null ? [] : (old[of]?.realServers ?? []));
    const pieces = piecesOf(realServers, placeOfReal, (others) => patterns.runsOf(others));
    return { of, server, realServers: pieces };
  };
  const pieces = piecesOf(virtualServers, placeOf, (others) => others.map(patchOf));
  return { rest, virtualServers: pieces, patterns: patterns.found };
}

/** What `healthPatch` was made of. `before` says the same as it did there. */
export function healthPatched(before: HealthConfig | null, patch: HealthPatch): HealthConfig {
  const old = before?.virtualServers ?? [];
  const serverOf = ({ of, server, realServers }: ServerPatch): VirtualServer => {
    const kept = of === null ? [] : (old[of]?.realServers ?? []);
    const unpacked = listOf(realServers, kept, (runs) => serversOf(runs, patch.patterns));
    return { ...server, realServers: unpacked };
  };
  const virtualServers = listOf(patch.virtualServers, old, (others) => others.map(serverOf));
  return { ...patch.rest, virtualServers };
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
