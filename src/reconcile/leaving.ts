/**
 * Destinations that a reload has removed and that are drained first: which these are, and the table with them.
 * Each stays with weight 0 where it was; a virtual server that is gone altogether stays with them, and refuses new
 * connections. When each of them has ended is decided in drain/.
 */
import { formatEndpoint } from '../base/endpoint.ts';
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
import { desiredTable } from './desired.ts';

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
export function departing({ before, servings, after, nowMs }: Departure): readonly Leaving[] {
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
  return changed.flatMap(({ server, at }) => {
    const { services } = desiredTable([server], [servings[at] as Serving]);
    return services.flatMap(({ service, destinations }) => {
      const successor = next.get(formatService(service.key));
      const { drainOnRemoveMs } = successor ?? server;
      if (drainOnRemoveMs === 0) return [];
      const configured = successor === undefined ? NONE : destinationsOf(service.key, successor);
      return destinations
        .filter((destination) => !configured.has(destinationName(destination)))
        .map((destination) => ({
          service,
          destination: { ...destination, weight: 0 },
          sinceMs: nowMs,
          untilMs: nowMs + drainOnRemoveMs,
        }));
    });
  });
}

function drains({ drainOnRemoveMs }: VirtualServer): boolean {
  return drainOnRemoveMs > 0;
}

const NONE: ReadonlySet<string> = new Set();

/** All that a virtual server may have in one of its services, whoever is up. */
function destinationsOf(
  key: ServiceKey,
  { realServers, sorryServer }: VirtualServer,
): ReadonlySet<string> {
  const servers = sorryServer === null ? realServers : [...realServers, sorryServer];
  return new Set(
    servers.map((server) => formatEndpoint(server.address, destinationPort(key, server))),
  );
}

/** The table with those that leave, except where it has them already: these are configured again, and serve. */
export function withLeaving(table: IpvsTable, leaving: readonly Leaving[]): IpvsTable {
  if (leaving.length === 0) return table;
  const left = byService(leaving);
  const services = table.services.map((entry) => {
    const name = formatService(entry.service.key);
    const guests = left.get(name);
    left.delete(name);
    return guests === undefined ? entry : joined(entry, guests);
  });
  for (const [first, ...rest] of left.values()) {
    if (first === undefined) continue;
    services.push(joined({ service: first.service, destinations: [] }, [first, ...rest]));
  }
  return { services };
}

/** Those that the table has by itself. */
export function takenUp(table: IpvsTable, leaving: readonly Leaving[]): readonly Leaving[] {
  if (leaving.length === 0) return [];
  const left = byService(leaving);
  return table.services.flatMap(({ service, destinations }) => {
    const guests = left.get(formatService(service.key)) ?? [];
    if (guests.length === 0) return [];
    const names = new Set(destinations.map(destinationName));
    return guests.filter(({ destination }) => names.has(destinationName(destination)));
  });
}

/**
 * Those for which the table of an `mh` service has no room beside what serves there: the kernel takes more without
 * a word, and builds that table no longer, so that nobody new would be served.
 */
export function withoutRoom(table: IpvsTable, leaving: readonly Leaving[]): readonly Leaving[] {
  if (leaving.length === 0) return [];
  const left = byService(leaving);
  return table.services.flatMap(({ service, destinations }) => {
    if (service.scheduler !== 'mh') return [];
    const guests = left.get(formatService(service.key)) ?? [];
    return guests.slice(Math.max(0, MH_DESTINATIONS_MAX - destinations.length));
  });
}

/** Those that can stay in the table. */
export function staying(table: IpvsTable, leaving: readonly Leaving[]): readonly Leaving[] {
  const again = new Set(takenUp(table, leaving));
  const guests = leaving.filter((one) => !again.has(one));
  const beyond = new Set(withoutRoom(table, guests));
  return beyond.size === 0 ? guests : guests.filter((one) => !beyond.has(one));
}

function joined(entry: ServiceEntry, guests: readonly Leaving[]): ServiceEntry {
  const destinations = new Map<string, Destination>();
  for (const { destination } of guests) destinations.set(destinationName(destination), destination);
  for (const own of entry.destinations) destinations.delete(destinationName(own));
  if (destinations.size === 0) return entry;
  return {
    service: entry.service,
    destinations: [...entry.destinations, ...destinations.values()],
  };
}

/** Keys that came from a file are not those of the configuration. */
function byService(leaving: readonly Leaving[]): Map<string, Leaving[]> {
  const groups = new Map<string, Leaving[]>();
  for (const one of leaving) {
    const name = nameOfService(one.service.key);
    const group = groups.get(name);
    if (group) group.push(one);
    else groups.set(name, [one]);
  }
  return groups;
}
