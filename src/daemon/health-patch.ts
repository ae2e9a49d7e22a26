/**
 * The configuration of the health process on its way there: only what its process does not have yet. One changed
 * weight among a hundred thousand real servers is one virtual server, and in it one real server.
 *
 *   before  A B C D        after  A B x D        pieces  keep 0..2, put x, keep 3..1
 */
import { formatEndpoint } from '../base/endpoint.ts';
import { invariant } from '../base/error.ts';
import { nameOfVirtualServer } from '../model/names.ts';
import type { HealthConfig, RealServer, VirtualServer } from '../model/virtual-server.ts';
import type { Codec } from './ipc.ts';

/** A stretch of a list: of the list before, from an index on so many; or others. */
export type Piece<Item> =
  | { readonly keep: readonly [from: number, count: number] }
  | { readonly put: readonly Item[] };

interface ServerPatch {
  /** The index of the virtual server whose real servers are kept; null: none are. */
  readonly of: number | null;
  readonly server: Omit<VirtualServer, 'realServers'>;
  readonly realServers: readonly Piece<RealServer>[];
}

export interface HealthPatch {
  readonly rest: Omit<HealthConfig, 'virtualServers'>;
  readonly virtualServers: readonly Piece<ServerPatch>[];
}

export const HEALTH_CODEC: Codec<HealthConfig> = {
  encode: healthPatch,
  decode: (before, encoded) => healthPatched(before, encoded as HealthPatch),
};

/** `before` is what the process has, or null. */
export function healthPatch(before: HealthConfig | null, after: HealthConfig): HealthPatch {
  const { virtualServers, ...rest } = after;
  const old = before?.virtualServers ?? [];
  const places = new Map(old.map((server, at) => [server, at]));
  const names = new Map(old.map((server, at) => [nameOfVirtualServer(server), at]));
  return {
    rest,
    virtualServers: piecesOf(
      virtualServers,
      (server) => places.get(server),
      (server) => serverPatch(server, old, names.get(nameOfVirtualServer(server))),
    ),
  };
}

/** What `healthPatch` was made of. `before` says the same as it did there. */
export function healthPatched(before: HealthConfig | null, patch: HealthPatch): HealthConfig {
  const old = before?.virtualServers ?? [];
  const put = ({ of, server, realServers }: ServerPatch): VirtualServer => ({
    ...server,
    realServers: listOf(realServers, of === null ? [] : (old[of]?.realServers ?? []), (one) => one),
  });
  return { ...patch.rest, virtualServers: listOf(patch.virtualServers, old, put) };
}

function serverPatch(
  { realServers, ...server }: VirtualServer,
  before: readonly VirtualServer[],
  of: number | undefined,
): ServerPatch {
  const old = (of === undefined ? undefined : before[of])?.realServers ?? [];
  let places: Map<string, number> | null = null;
  const placeOf = (one: RealServer, here: number): number | undefined => {
    // Most stand where they stood.
    if (isSame(old[here], one)) return here;
    places ??= new Map(old.map((one, at) => [nameOf(one), at]));
    const at = places.get(nameOf(one));
    return at !== undefined && isSame(old[at], one) ? at : undefined;
  };
  return { of: of ?? null, server, realServers: piecesOf(realServers, placeOf, (one) => one) };
}

/** Of plain data; ten thousand real servers of one virtual server are compared like this at a reload. */
function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  if (a === b) return true;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => name in b && isSame(a[name as never], b[name as never]))
  );
}

function nameOf({ address, port }: RealServer): string {
  return formatEndpoint(address, port);
}

function piecesOf<Item, Put>(
  items: readonly Item[],
  placeOf: (item: Item, here: number) => number | undefined,
  toPut: (item: Item) => Put,
): readonly Piece<Put>[] {
  const pieces: ({ readonly keep: [number, number] } | { readonly put: Put[] })[] = [];
  for (const [here, item] of items.entries()) {
    const at = placeOf(item, here);
    const last = pieces.at(-1);
    if (at === undefined) {
      if (last !== undefined && 'put' in last) last.put.push(toPut(item));
      else pieces.push({ put: [toPut(item)] });
    } else if (last !== undefined && 'keep' in last && at === last.keep[0] + last.keep[1]) {
      last.keep[1] += 1;
    } else {
      pieces.push({ keep: [at, 1] });
    }
  }
  return pieces;
}

function listOf<Item, Put>(
  pieces: readonly Piece<Put>[],
  before: readonly Item[],
  fromPut: (put: Put) => Item,
): readonly Item[] {
  const items: Item[] = [];
  for (const piece of pieces) {
    if ('put' in piece) {
      for (const put of piece.put) items.push(fromPut(put));
      continue;
    }
    const [from, count] = piece.keep;
    invariant(from + count <= before.length, 'a process has what it was sent before');
    for (let at = from; at < from + count; at += 1) items.push(before[at] as Item);
  }
  return items;
}
