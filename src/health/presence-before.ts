/**
 * What a new virtual server learns at a reload from those that had its services before: a group that was
 * renamed, split, or made of single addresses puts nothing back into service that has failed.
 */
import { formatEndpoint } from '../base/endpoint.ts';
import { destinationPort } from '../model/destination-port.ts';
import { formatService } from '../model/names.ts';
import type { RealServer, ServiceKey } from '../model/virtual-server.ts';
import type { Presence, PresenceOf } from './ports.ts';
import type { WatchedVirtualServer } from './watched-virtual-server.ts';

type Services = ReadonlyMap<string, WatchedVirtualServer>;

/** A service that both have, and what its real servers were, by address and port within it. */
interface Shared {
  readonly key: ServiceKey;
  readonly before: ReadonlyMap<string, Presence>;
}

export function presenceBefore(watched: readonly WatchedVirtualServer[]): PresenceOf {
  let services: Services | null = null;
  return ({ keys, realServers }) => {
    // Most reloads bring no new virtual server.
    services ??= servicesOf(watched);
    const shared = sharedServices(keys, services);
    if (shared.length === 0) return realServers.map(() => 'unknown');
    return realServers.map((real) =>
      summary(shared.flatMap(({ key, before }) => before.get(nameWithin(key, real)) ?? [])),
    );
  };
}

/** Who serves in one of them serves. */
function summary(presences: readonly Presence[]): Presence {
  if (presences.includes('serves')) return 'serves';
  return presences.includes('withdrawn') ? 'withdrawn' : 'unknown';
}

function servicesOf(watched: readonly WatchedVirtualServer[]): Services {
  return new Map(
    watched.flatMap((one) => one.configured.keys.map((key) => [formatService(key), one] as const)),
  );
}

/** One for each virtual server that had some of them. */
function sharedServices(keys: readonly ServiceKey[], services: Services): readonly Shared[] {
  const asked = new Set<WatchedVirtualServer>();
  return keys.flatMap((key) => {
    const old = services.get(formatService(key));
    if (old === undefined || asked.has(old)) return [];
    asked.add(old);
    const before = old.realServers.map(
      ({ configured, standing }) =>
        [nameWithin(key, configured), standing === 'up' ? 'serves' : 'withdrawn'] as const,
    );
    return [{ key, before: new Map<string, Presence>(before) }];
  });
}

function nameWithin(key: ServiceKey, real: RealServer): string {
  return formatEndpoint(real.address, destinationPort(key, real));
}
