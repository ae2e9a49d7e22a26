/**
 * What the kernel should hold: virtual servers as configured, with the real servers that health wants
 * in service. The attributes are those that keepalived writes (ip_vs.h has their meaning), so that its
 * table is adopted without a change.
 */
import { addressBits } from '../base/address.ts';
import { formatEndpoint } from '../base/endpoint.ts';
import { invariant } from '../base/error.ts';
import { atOnce, STEP, type Steps } from '../base/slices.ts';
import { destinationPort } from '../model/destination-port.ts';
import type { Destination, IpvsTable, Service, ServiceEntry } from '../model/ipvs-table.ts';
import type { Serving } from '../model/serving.ts';
import type {
  RealServer,
  ServiceKey,
  SorryServer,
  VirtualServer,
} from '../model/virtual-server.ts';

/** One serving a virtual server, in the same order; an entry each of its services. No key may be there twice. */
export function desiredTable(
  virtualServers: readonly VirtualServer[],
  servings: readonly Serving[],
): IpvsTable {
  return atOnce(desiredSteps(virtualServers, servings));
}

export function* desiredSteps(
  virtualServers: readonly VirtualServer[],
  servings: readonly Serving[],
): Steps<IpvsTable> {
  invariant(virtualServers.length === servings.length, 'health tells of each virtual server');
  const services: ServiceEntry[] = [];
  for (let at = 0; at < virtualServers.length; at += 1) {
    const [virtualServer, serving] = [virtualServers[at] as VirtualServer, servings[at] as Serving];
    const last = madeOf.get(serving);
    const isMade = last?.virtualServer === virtualServer;
    const entries = isMade ? last.entries : yield* newEntries(virtualServer, serving);
    // A group may have more of them than a call takes arguments.
    for (const entry of entries) services.push(entry);
    yield;
  }
  return { services };
}

type Entries = readonly ServiceEntry[];

interface Made {
  readonly virtualServer: VirtualServer;
  readonly serving: Serving;
  readonly entries: Entries;
}

/** The same serving gives the same objects, so that what has not changed is seen at a glance. */
const madeOf = new WeakMap<Serving, Made>();

/** What was made last with a real server as the first or the last one: a pool that has changed mostly has one of them. */
const madeWith = new WeakMap<RealServer, Made>();

function* newEntries(virtualServer: VirtualServer, serving: Serving): Steps<Entries> {
  const before = madeBefore(virtualServer);
  // Services of one port share their destinations.
  const shared = new Map<number, readonly Destination[]>();
  const entries: ServiceEntry[] = [];
  for (const [at, key] of virtualServer.keys.entries()) {
    const port = portOf(key);
    const made =
      shared.get(port) ?? (yield* desiredDestinations(key, { virtualServer, serving, before, at }));
    shared.set(port, made);
    entries.push({ service: desiredService(key, virtualServer), destinations: made });
  }
  const made = { virtualServer, serving, entries };
  madeOf.set(serving, made);
  for (const server of endsOf(virtualServer)) madeWith.set(server, made);
  return entries;
}

function madeBefore(virtualServer: VirtualServer): Made | null {
  for (const server of endsOf(virtualServer)) {
    const made = madeWith.get(server);
    if (made !== undefined) return made;
  }
  return null;
}

function endsOf({ realServers }: VirtualServer): readonly RealServer[] {
  const [first, last] = [realServers[0], realServers.at(-1)];
  return first === undefined || last === undefined ? [] : [first, last];
}

function desiredService(key: ServiceKey, virtualServer: VirtualServer): Service {
  const { scheduler, schedulerFlags, onePacket, persistence } = virtualServer;
  return {
    key,
    scheduler,
    persistent: persistence !== null,
    onePacket,
    schedulerFlags,
    timeoutSeconds: persistence?.timeoutSeconds ?? 0,
    granularityBits: persistence?.granularityBits[key.family] ?? addressBits(key.family),
    engine: persistence?.engine ?? null,
  };
}

interface Wanted {
  readonly virtualServer: VirtualServer;
  readonly serving: Serving;
  readonly before: Made | null;
  /** The index of the service. */
  readonly at: number;
}

function* desiredDestinations(
  key: ServiceKey,
  { virtualServer, serving, before, at: place }: Wanted,
): Steps<readonly Destination[]> {
  const { keys, realServers, sorryServer } = virtualServer;
  const { weights, sorryWeight } = serving;
  invariant(realServers.length === weights.length, 'health tells of each real server');
  const destinations: Destination[] = [];
  const known = before && keptIn(before, place, key);
  for (let at = 0; at < realServers.length; at += 1) {
    if (at % STEP === STEP - 1) yield;
    const weight = weights[at] ?? null;
    if (weight === null) continue;
    const server = realServers[at] as RealServer;
    const kept = known?.realServers[at] === server ? known.destinations[at] : undefined;
    destinations.push(kept?.weight === weight ? kept : toDestination(key, server, weight));
  }
  if (sorryServer && sorryWeight !== null) {
    destinations.push(toDestination(key, sorryServer, sorryWeight));
  } else if (keys.length === 1) {
    // Real servers of one service are unlike each other, and there may be ten thousand.
    return destinations;
  }
  return yield* withoutTwins(destinations);
}

interface Kept {
  readonly realServers: readonly RealServer[];
  /** Each at the place of its real server. */
  readonly destinations: readonly Destination[];
}

/** Of a service that was as this one; null: there is none, or some real server was not in it. */
function keptIn(before: Made, at: number, key: ServiceKey): Kept | null {
  const { keys, realServers } = before.virtualServer;
  const [old, destinations] = [keys[at], before.entries[at]?.destinations];
  if (old?.kind !== key.kind || portOf(old) !== portOf(key)) return null;
  // Nothing but a sorry server adds to them.
  const isAligned =
    before.serving.sorryWeight === null && destinations?.length === realServers.length;
  return isAligned && destinations !== undefined ? { realServers, destinations } : null;
}

function portOf(key: ServiceKey): number {
  return key.kind === 'address' ? key.port : 0;
}

/** A sorry server may be one of the real servers, or two of these one at some port: the kernel holds it once. */
function* withoutTwins(destinations: readonly Destination[]): Steps<readonly Destination[]> {
  const byName = new Map<string, Destination>();
  for (let at = 0; at < destinations.length; at += 1) {
    if (at % STEP === STEP - 1) yield;
    const destination = destinations[at] as Destination;
    const name = formatEndpoint(destination.address, destination.port);
    const twin = byName.get(name);
    const weight = Math.max(destination.weight, twin?.weight ?? 0);
    byName.set(name, twin === undefined ? destination : { ...twin, weight });
  }
  return [...byName.values()];
}

function toDestination(
  key: ServiceKey,
  server: RealServer | SorryServer,
  weight: number,
): Destination {
  return {
    address: server.address,
    port: destinationPort(key, server),
    forwarding: server.forwarding,
    tunnel: tunnelOf(server),
    weight,
    upperThreshold: 'upperThreshold' in server ? server.upperThreshold : 0,
    lowerThreshold: 'lowerThreshold' in server ? server.lowerThreshold : 0,
  };
}

/** IP_VS_TUNNEL_ENCAP_FLAG_*: include/uapi/linux/ip_vs.h. */
const CHECKSUM_FLAGS = { none: 0, full: 1, remote: 2 } as const;
const PLAIN = { type: 'ipip', port: 0, flags: 0 } as const;

function tunnelOf({ forwarding, tunnel }: RealServer | SorryServer): Destination['tunnel'] {
  if (forwarding !== 'tun') return null;
  if (tunnel === null) return PLAIN;
  return { type: tunnel.type, port: tunnel.port, flags: CHECKSUM_FLAGS[tunnel.checksum] };
}
