/** What is asked of the kernel's IPVS table besides the comparison: for snapshots and for what is drained. */
import { STEP, type Steps } from '../../base/slices.ts';
import type { Held, Place } from '../../drain/places.ts';
import type { Ipvs } from '../../kernel/ipvs.ts';
import type { Leaving } from '../../model/drain.ts';
import { formatService, nameOfService } from '../../model/names.ts';
import type { DestinationSnapshot, ServiceSnapshot } from '../../model/snapshot-ipvs.ts';
import type { ServiceKey } from '../../model/virtual-server.ts';
import type { DestinationColumns } from '../../wire/ipvs/columns.ts';
import type { TableColumns } from '../../wire/ipvs/table.ts';

/** The whole table, for people and machines to look at. */
export function* servicesIn(
  table: TableColumns,
  owned: readonly ServiceKey[],
  { withStatistics }: { readonly withStatistics: boolean },
): Steps<readonly ServiceSnapshot[]> {
  const ours = new Set(owned.map(formatService));
  const services: ServiceSnapshot[] = [];
  for (const [at, { key, scheduler }] of table.services.entries()) {
    const columns = table.columnsOf(at);
    const destinations: DestinationSnapshot[] = [];
    for (const row of table.rowsOf(at)) {
      const statistics = withStatistics ? columns.counters.statistics(row) : null;
      const told = { ...snapshotOf(columns, row), statistics };
      if (destinations.push(told) % STEP === 0) yield;
    }
    services.push({
      key,
      scheduler,
      owned: ours.has(formatService(key)),
      statistics: withStatistics ? table.serviceCounters.statistics(at) : null,
      destinations,
    });
    yield;
  }
  return services;
}

/** Those that a table does not have. */
export function absentFrom(table: TableColumns, leaving: readonly Leaving[]): readonly Leaving[] {
  if (leaving.length === 0) return [];
  const places = new Map(table.services.map(({ key }, at) => [formatService(key), at]));
  return leaving.filter(({ service, destination }) => {
    const at = places.get(nameOfService(service.key));
    return at === undefined || table.find(at, destination) < 0;
  });
}

/** What the kernel holds at these places. */
export async function countIn(
  ipvs: Ipvs,
  places: readonly Place[],
): Promise<readonly (Held | null)[]> {
  const keys = new Map(places.map(({ key }) => [nameOfService(key), key]));
  const table = await ipvs.readDestinationsOf([...keys.values()]);
  const rows = new Map([...keys.keys()].map((name, at) => [name, at]));
  return places.map((place) => {
    const at = rows.get(nameOfService(place.key)) as number;
    const row = table.find(at, place);
    return row < 0 ? null : heldIn(table.columnsOf(at), row);
  });
}

function heldIn(columns: DestinationColumns, row: number): Held {
  return {
    weight: columns.weight[row] as number,
    connections: {
      active: columns.activeConnections[row] as number,
      inactive: columns.inactiveConnections[row] as number,
      persistent: columns.persistentConnections[row] as number,
    },
  };
}

function snapshotOf(
  columns: DestinationColumns,
  row: number,
): Omit<DestinationSnapshot, 'statistics'> {
  const { address, port, forwarding, weight } = columns.destination(row);
  return {
    address,
    port,
    forwarding,
    weight,
    activeConnections: columns.activeConnections[row] as number,
    inactiveConnections: columns.inactiveConnections[row] as number,
    persistentConnections: columns.persistentConnections[row] as number,
  };
}
