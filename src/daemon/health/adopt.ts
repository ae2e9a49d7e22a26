/**
 * What a health process learns from the table that an earlier life of it left in the kernel: a real
 * server that was out of service must not come back before it has answered, and one that serves must
 * not fall at its first failure.
 */
import type { OrderPort, Presence, PresenceOf } from '../../health/ports.ts';
import { nameOfRealServer } from '../../health/real-server.ts';
import { destinationPort } from '../../model/destination-port.ts';
import { formatService, nameOfVirtualServer } from '../../model/names.ts';
import type { RealServer, ServiceKey, VirtualServer } from '../../model/virtual-server.ts';
import type { TableColumns } from '../../wire/ipvs/table.ts';

/** In the environment of a health process: services of others are ours (`--adopt`). */
export const ADOPT_VARIABLE = 'LVSD_ADOPT';

/**
 * Asks the table about the real servers of one virtual server; of services that are not ours nothing is concluded.
 * Of one that an operator drains weight 0 tells nothing: it served, unless it is one that stays when it has failed.
 */
export function presenceIn(
  table: TableColumns,
  owned: readonly ServiceKey[],
  orders: OrderPort,
): PresenceOf {
  const ours = new Set(owned.map(formatService));
  const places = new Map<string, number>();
  table.services.forEach(({ key }, at) => {
    const name = formatService(key);
    if (ours.has(name)) places.set(name, at);
  });
  return (server) => {
    const { keys, realServers } = server;
    const isDrained = orders.isEmpty ? () => false : drainedIn(server, orders);
    const presences = realServers.map((): Presence => 'unknown');
    for (const key of keys) {
      const at = places.get(formatService(key));
      if (at === undefined) continue;
      realServers.forEach((real, place) => {
        // Whoever serves in one of the services goes on: what others did to another one cuts no connection.
        if (presences[place] !== 'serves') {
          presences[place] = presenceAt({ table, at, key }, real, isDrained(real));
        }
      });
    }
    return presences;
  };
}

function drainedIn(
  server: Pick<VirtualServer, 'keys' | 'group'>,
  orders: OrderPort,
): (real: RealServer) => boolean {
  const name = nameOfVirtualServer(server);
  return (real) => !real.inhibitOnFailure && orders.orderOf(name, nameOfRealServer(real)) !== null;
}

interface InTable {
  readonly table: TableColumns;
  readonly at: number;
  readonly key: ServiceKey;
}

function presenceAt({ table, at, key }: InTable, real: RealServer, isDrained: boolean): Presence {
  const { address, weight } = real;
  const row = table.find(at, { address, port: destinationPort(key, real) });
  if (isDrained && row >= 0) return 'serves';
  const held = row < 0 ? 0 : (table.columnsOf(at).weight[row] as number);
  return held > 0 || weight === 0 ? 'serves' : 'withdrawn';
}
