/**
 * Desired table × actual table → the fewest changes, in an order that never leaves a virtual server
 * emptier than it must be:
 *
 *   each desired service:  add or edit it
 *                          add destinations, raise weights
 *                          lower weights, remove destinations
 *   then:                  remove services that are ours and no longer desired
 *
 * So a sorry server is in before the last real server leaves, and the reverse. A service that is
 * neither desired nor ours is foreign: named, never touched.
 */
import type { Destination, IpvsTable, Service, ServiceEntry } from '../model/ipvs-table.ts';
import { formatService } from '../model/names.ts';
import type { ServiceKey } from '../model/virtual-server.ts';
import { byName, destinationName, type IpvsChange } from './change.ts';

export interface IpvsDiffInput {
  readonly desired: IpvsTable;
  readonly actual: IpvsTable;
  /** Services that we have made or adopted before. */
  readonly owned: readonly ServiceKey[];
}

export interface IpvsDiff {
  readonly changes: readonly IpvsChange[];
  readonly foreign: readonly ServiceKey[];
}

export function diffIpvs({ desired, actual, owned }: IpvsDiffInput): IpvsDiff {
  const ours = new Set(owned.map(formatService));
  const left = byName(actual);
  const changes: IpvsChange[] = [];
  for (const entry of desired.services) {
    const name = formatService(entry.service.key);
    const before = left.get(name);
    left.delete(name);
    // The same object: nothing can have changed in it.
    if (entry !== before) changes.push(...diffService(entry, before));
  }
  const foreign: ServiceKey[] = [];
  for (const [name, before] of left) {
    const { key } = before.service;
    if (ours.has(name)) changes.push({ do: 'remove-service', key, before });
    else foreign.push(key);
  }
  return { changes, foreign };
}

function diffService(desired: ServiceEntry, actual: ServiceEntry | undefined): IpvsChange[] {
  const { service } = desired;
  const changes: IpvsChange[] = [];
  if (!actual) {
    changes.push({ do: 'add-service', service });
  } else if (!sameService(service, actual.service)) {
    changes.push({ do: 'edit-service', service, before: actual.service });
  }
  changes.push(...diffDestinations(desired, actual?.destinations ?? []));
  return changes;
}

function diffDestinations(
  { service: { key }, destinations }: ServiceEntry,
  actual: readonly Destination[],
): IpvsChange[] {
  const left = new Map(actual.map((entry) => [destinationName(entry), entry]));
  const more: IpvsChange[] = [];
  const less: IpvsChange[] = [];
  for (const destination of destinations) {
    const name = destinationName(destination);
    const before = left.get(name);
    left.delete(name);
    if (!before) {
      more.push({ do: 'add-destination', key, destination });
    } else if (!sameDestination(destination, before)) {
      const side = destination.weight >= before.weight ? more : less;
      side.push({ do: 'edit-destination', key, destination, before });
    }
  }
  for (const destination of left.values()) {
    less.push({ do: 'remove-destination', key, destination });
  }
  return [...more, ...less];
}

/** Of services with the same key. */
export function sameService(a: Service, b: Service): boolean {
  return (
    a.scheduler === b.scheduler &&
    a.persistent === b.persistent &&
    a.onePacket === b.onePacket &&
    a.schedulerFlags.fallback === b.schedulerFlags.fallback &&
    a.schedulerFlags.port === b.schedulerFlags.port &&
    a.schedulerFlags.third === b.schedulerFlags.third &&
    a.timeoutSeconds === b.timeoutSeconds &&
    a.granularityBits === b.granularityBits &&
    a.engine === b.engine
  );
}

/** Of destinations with the same address and port. */
function sameDestination(a: Destination, b: Destination): boolean {
  return (
    a.forwarding === b.forwarding &&
    a.weight === b.weight &&
    a.upperThreshold === b.upperThreshold &&
    a.lowerThreshold === b.lowerThreshold &&
    a.tunnel?.type === b.tunnel?.type &&
    a.tunnel?.port === b.tunnel?.port &&
    a.tunnel?.flags === b.tunnel?.flags
  );
}
