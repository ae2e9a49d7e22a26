/**
 * Destinations that a reload has removed and that are drained first: which these are, and the table with them.
 * Each stays with weight 0 where it was; a virtual server that is gone altogether stays with them, and refuses new
 * connections. When each of them has ended is decided in drain/.
 */
import { formatEndpoint } from '../base/endpoint.ts';
import { atOnce, STEP, type Steps } from '../base/slices.ts';
import { destinationPort } from '../model/destination-port.ts';
import type { Leaving } from '../model/drain.ts';
import {
  type Destination,
  type IpvsTable,
  MH_DESTINATIONS_MAX,
  type ServiceEntry,
} from '../model/ipvs-table.ts';
import { formatService, nameOfService } from '../model/names.ts';
import type { Serving } from '../model/serving.ts';
import type { ServiceKey, VirtualServer } from '../model/virtual-server.ts';
import { destinationName } from './change.ts';
import { desiredSteps } from './desired.ts';

export interface Departure {
  /** What was in force, and what of it was in the table. */
  readonly before: readonly VirtualServer[];
  readonly servings: readonly Serving[];
  /** What comes into force. */
  readonly after: readonly VirtualServer[];
  readonly nowMs: number;
}

/**
 * What a reload takes out of the table, and the configuration wants drained before: the new one, unless it does
 * not have the virtual server any more.
 */
export function departing(departure: Departure): readonly Leaving[] {
  return atOnce(departingSteps(departure));
}

export function* departingSteps({
  before,
  servings,
  after,
  nowMs,
}: Departure): Steps<readonly Leaving[]> {
  if (!before.some(drains) && !after.some(drains)) return [];
  const kept = new Set(after);
  // The same object: nothing can have left it.
  const changed = before.flatMap((server, at) => (kept.has(server) ? [] : [{ server, at }]));
  if (changed.length === 0) return [];
  const old = new Set(before);
  const next = new Map(
    after.flatMap((server) =>
      old.has(server) ? [] : server.keys.map((key) => [formatService(key), server] as const),
    ),
  );
  const found: Leaving[] = [];
  for (const { server, at } of changed) {
    const { services } = yield* desiredSteps([server], [servings[at] as Serving]);
    for (const { service, destinations } of services) {
      const successor = next.get(formatService(service.key));
      const { drainOnRemoveMs } = successor ?? server;
      if (drainOnRemoveMs === 0) continue;
      const configured =
        successor === undefined ? NONE : yield* destinationsOf(service.key, successor);
      const until = { sinceMs: nowMs, untilMs: nowMs + drainOnRemoveMs };
      for (const [row, destination] of destinations.entries()) {
        if (row % STEP === STEP - 1) yield;
        if (configured.has(destinationName(destination))) continue;
        found.push({ service, destination: { ...destination, weight: 0 }, ...until });
      }
    }
  }
  return found;
}

function drains({ drainOnRemoveMs }: VirtualServer): boolean {
  return drainOnRemoveMs > 0;
}

const NONE: ReadonlySet<string> = new Set();

/** All that a virtual server may have in one of its services, whoever is up. */
function* destinationsOf(
  key: ServiceKey,
  { realServers, sorryServer }: VirtualServer,
): Steps<ReadonlySet<string>> {
  const names = new Set<string>();
  const servers = sorryServer === null ? realServers : [...realServers, sorryServer];
  for (const [at, server] of servers.entries()) {
    if (at % STEP === STEP - 1) yield;
    names.add(formatEndpoint(server.address, destinationPort(key, server)));
  }
  return names;
}

/** The table with those that leave, except where it has them already: these are configured again, and serve. */
export function withLeaving(table: IpvsTable, leaving: readonly Leaving[]): IpvsTable {
  return atOnce(withLeavingSteps(table, leaving));
}

export function* withLeavingSteps(table: IpvsTable, leaving: readonly Leaving[]): Steps<IpvsTable> {
  if (leaving.length === 0) return table;
  const left = yield* byService(leaving);
  const services: ServiceEntry[] = [];
  for (const entry of table.services) {
    const name = formatService(entry.service.key);
    const guests = left.get(name);
    left.delete(name);
    services.push(guests === undefined ? entry : yield* joined(entry, guests));
    if (services.length % STEP === 0) yield;
  }
  for (const guests of left.values()) {
    const [first] = guests;
    if (first === undefined) continue;
    services.push(yield* joined({ service: first.service, destinations: [] }, guests));
    yield;
  }
  return { services };
}

/** Those that the table has by itself. */
export function takenUp(table: IpvsTable, leaving: readonly Leaving[]): readonly Leaving[] {
  return atOnce(takenUpSteps(table, leaving));
}

export function* takenUpSteps(
  table: IpvsTable,
  leaving: readonly Leaving[],
): Steps<readonly Leaving[]> {
  if (leaving.length === 0) return [];
  const left = yield* byService(leaving);
  const found: Leaving[] = [];
  for (const { service, destinations } of table.services) {
    const guests = left.get(formatService(service.key)) ?? [];
    if (guests.length === 0) continue;
    const names = new Set<string>();
    for (const [at, destination] of destinations.entries()) {
      if (at % STEP === STEP - 1) yield;
      names.add(destinationName(destination));
    }
    for (const [at, one] of guests.entries()) {
      if (at % STEP === STEP - 1) yield;
      if (names.has(destinationName(one.destination))) found.push(one);
    }
    yield;
  }
  return found;
}

/**
 * Those for which the table of an `mh` service has no room beside what serves there: the kernel takes more without
 * a word, and builds that table no longer, so that nobody new would be served.
 */
export function withoutRoom(table: IpvsTable, leaving: readonly Leaving[]): readonly Leaving[] {
  return atOnce(withoutRoomSteps(table, leaving));
}

export function* withoutRoomSteps(
  table: IpvsTable,
  leaving: readonly Leaving[],
): Steps<readonly Leaving[]> {
  if (leaving.length === 0) return [];
  const left = yield* byService(leaving);
  return table.services.flatMap(({ service, destinations }) => {
    if (service.scheduler !== 'mh') return [];
    const guests = left.get(formatService(service.key)) ?? [];
    return guests.slice(Math.max(0, MH_DESTINATIONS_MAX - destinations.length));
  });
}

/** Those that can stay in the table. */
export function staying(table: IpvsTable, leaving: readonly Leaving[]): readonly Leaving[] {
  return atOnce(stayingSteps(table, leaving));
}

export function* stayingSteps(
  table: IpvsTable,
  leaving: readonly Leaving[],
): Steps<readonly Leaving[]> {
  const again = new Set(yield* takenUpSteps(table, leaving));
  const guests = leaving.filter((one) => !again.has(one));
  const beyond = new Set(yield* withoutRoomSteps(table, guests));
  return beyond.size === 0 ? guests : guests.filter((one) => !beyond.has(one));
}

function* joined(entry: ServiceEntry, guests: readonly Leaving[]): Steps<ServiceEntry> {
  const destinations = new Map<string, Destination>();
  for (const { destination } of guests) {
    if (destinations.set(destinationName(destination), destination).size % STEP === 0) yield;
  }
  for (const [at, own] of entry.destinations.entries()) {
    if (at % STEP === STEP - 1) yield;
    destinations.delete(destinationName(own));
  }
  if (destinations.size === 0) return entry;
  return {
    service: entry.service,
    destinations: [...entry.destinations, ...destinations.values()],
  };
}

/** Keys that came from a file are not those of the configuration. */
function* byService(leaving: readonly Leaving[]): Steps<Map<string, Leaving[]>> {
  const groups = new Map<string, Leaving[]>();
  for (const [at, one] of leaving.entries()) {
    if (at % STEP === STEP - 1) yield;
    const name = nameOfService(one.service.key);
    const group = groups.get(name);
    if (group) group.push(one);
    else groups.set(name, [one]);
  }
  return groups;
}
