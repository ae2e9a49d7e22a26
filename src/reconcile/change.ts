/**
 * The verbs of reconciliation: each is one message to the kernel, and carries what people want to know
 * of it. What a list of them does to a table is `withChanges`, for the memory of what the kernel holds.
 */
import { formatEndpoint } from '../base/address.ts';
import { invariant, unreachable } from '../base/error.ts';
import type { Destination, IpvsTable, Service, ServiceEntry } from '../model/ipvs-table.ts';
import { formatService } from '../model/names.ts';
import type { ServiceKey } from '../model/virtual-server.ts';

export type IpvsChange =
  | { readonly do: 'add-service'; readonly service: Service }
  | { readonly do: 'edit-service'; readonly service: Service; readonly before: Service }
  /** Its destinations go with it. */
  | { readonly do: 'remove-service'; readonly key: ServiceKey; readonly before: ServiceEntry }
  | {
      readonly do: 'add-destination';
      readonly key: ServiceKey;
      readonly destination: Destination;
    }
  | {
      readonly do: 'edit-destination';
      readonly key: ServiceKey;
      readonly destination: Destination;
      readonly before: Destination;
    }
  | {
      readonly do: 'remove-destination';
      readonly key: ServiceKey;
      readonly destination: Destination;
    };

/** The service that a change is about. */
export function keyOf(change: IpvsChange): ServiceKey {
  return 'service' in change ? change.service.key : change.key;
}

/** Names a destination within its service. */
export function destinationName({ address, port }: Destination): string {
  return formatEndpoint(address, port);
}

/** The services of a table by name. */
export function byName(table: IpvsTable): Map<string, ServiceEntry> {
  return new Map(table.services.map((entry) => [formatService(entry.service.key), entry]));
}

/** The table after the changes. They must fit it: nothing is added twice or edited unseen. */
export function withChanges(table: IpvsTable, changes: readonly IpvsChange[]): IpvsTable {
  const entries = byName(table);
  const touched = new Map<string, Map<string, Destination>>();
  const destinationsOf = (name: string): Map<string, Destination> => {
    const known = touched.get(name);
    if (known) return known;
    const { destinations } = entries.get(name) as ServiceEntry;
    const opened = new Map(destinations.map((entry) => [destinationName(entry), entry]));
    touched.set(name, opened);
    return opened;
  };
  for (const change of changes) {
    const name = formatService(keyOf(change));
    invariant(
      entries.has(name) === (change.do !== 'add-service'),
      'a change fits the table that it was made for',
    );
    switch (change.do) {
      case 'add-service':
        entries.set(name, { service: change.service, destinations: [] });
        break;
      case 'edit-service':
        entries.set(name, { ...(entries.get(name) as ServiceEntry), service: change.service });
        break;
      case 'remove-service':
        entries.delete(name);
        touched.delete(name);
        break;
      case 'add-destination':
      case 'edit-destination':
        destinationsOf(name).set(destinationName(change.destination), change.destination);
        break;
      case 'remove-destination':
        destinationsOf(name).delete(destinationName(change.destination));
        break;
      default:
        unreachable(change);
    }
  }
  const services = Array.from(entries, ([name, { service, destinations }]) => ({
    service,
    destinations: touched.has(name) ? [...destinationsOf(name).values()] : destinations,
  }));
  return { services };
}
