/**
 * The verbs of reconciliation: each is one message to the kernel, and carries what people want to know
 * of it. What a list of them does to a table is `withChanges`, for the memory of what the kernel holds.
 */
import { formatEndpoint } from '../base/endpoint.ts';
import { invariant, unreachable } from '../base/error.ts';
import { atOnce, STEP, type Steps } from '../base/slices.ts';
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

/** A service with it refuses new connections: ipvs.ts makes one so that is bound to `mh` when it is full. */
export const NO_SCHEDULER = 'none';

/** The service that a change is about. */
export function keyOf(change: IpvsChange): ServiceKey {
  return 'service' in change ? change.service.key : change.key;
}

/** Names a destination within its service. */
export function destinationName({ address, port }: Destination): string {
  return formatEndpoint(address, port);
}

/** The services of a table by name. */
export function* byNameSteps(table: IpvsTable): Steps<Map<string, ServiceEntry>> {
  const byName = new Map<string, ServiceEntry>();
  for (const entry of table.services) {
    if (byName.set(formatService(entry.service.key), entry).size % STEP === 0) yield;
  }
  return byName;
}

/** The table after the changes. They must fit it: nothing is added twice or edited unseen. */
export function withChanges(table: IpvsTable, changes: readonly IpvsChange[]): IpvsTable {
  return atOnce(withChangesSteps(table, changes));
}

export function* withChangesSteps(
  table: IpvsTable,
  changes: readonly IpvsChange[],
): Steps<IpvsTable> {
  const entries = yield* byNameSteps(table);
  for (const [name, ofService] of yield* groupByService(changes)) {
    const after = changedEntry(entries.get(name), ofService);
    if (after) entries.set(name, after);
    else entries.delete(name);
    yield;
  }
  return { services: [...entries.values()] };
}

function* groupByService(changes: readonly IpvsChange[]): Steps<Map<string, IpvsChange[]>> {
  const groups = new Map<string, IpvsChange[]>();
  for (let at = 0; at < changes.length; at += 1) {
    if (at % STEP === 0) yield;
    const change = changes[at] as IpvsChange;
    const name = formatService(keyOf(change));
    const group = groups.get(name);
    if (group) group.push(change);
    else groups.set(name, [change]);
  }
  return groups;
}

/** One service after its changes, or null if it is gone. */
function changedEntry(
  before: ServiceEntry | undefined,
  changes: readonly IpvsChange[],
): ServiceEntry | null {
  let service = before?.service ?? null;
  const destinations = new Map(
    before?.destinations.map((destination) => [destinationName(destination), destination]),
  );
  for (const change of changes) {
    const isNew = service === null;
    invariant(isNew === (change.do === 'add-service'), 'a change fits the table it was made for');
    switch (change.do) {
      case 'add-service':
      case 'edit-service':
        service = change.service;
        break;
      case 'remove-service':
        service = null;
        destinations.clear();
        break;
      case 'add-destination':
      case 'edit-destination':
        destinations.set(destinationName(change.destination), change.destination);
        break;
      case 'remove-destination':
        destinations.delete(destinationName(change.destination));
        break;
      default:
        unreachable(change);
    }
  }
  return service && { service, destinations: [...destinations.values()] };
}
