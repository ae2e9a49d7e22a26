/**
 * What a health process learns from the table that an earlier life of it left in the kernel: a real
 * server that was out of service must not come back before it has answered, and one that serves must
 * not fall at its first failure.
 */

import type { Presence, PresenceOf } from '../health/ports.ts';
import { destinationPort } from '../model/destination-port.ts';
import { formatService } from '../model/names.ts';
import type { RealServer, ServiceKey } from '../model/virtual-server.ts';
import type { TableColumns } from '../wire/ipvs/table.ts';

/** In the environment of a health process: services of others are ours (`--adopt`). */
export const ADOPT_VARIABLE = 'LVSD_ADOPT';

/** Asks the table about the real servers of one virtual server; of services that are not ours nothing is concluded. */
export function presenceIn(table: TableColumns, owned: readonly ServiceKey[]): PresenceOf {
  const ours = new Set(owned.map(formatService));
  const places = new Map<string, number>();
  table.services.forEach(({ key }, at) => {
    const name = formatService(key);
    if (ours.has(name)) places.set(name, at);
  });
  return ({ keys, realServers }) => {
    const presences = realServers.map((): Presence => 'unknown');
    for (const key of keys) {
      const at = places.get(formatService(key));
      if (at === undefined) continue;
      realServers.forEach((real, place) => {
        // Whoever serves in one of the services goes on: what others did to another one cuts no connection.
        if (presences[place] !== 'serves') presences[place] = presenceAt(table, at, key, real);
      });
    }
    return presences;
  };
}

function presenceAt(table: TableColumns, at: number, key: ServiceKey, real: RealServer): Presence {
  const { address, weight } = real;
  const row = table.find(at, { address, port: destinationPort(key, real) });
  const held = row < 0 ? 0 : (table.destinations.weight[row] as number);
  return held > 0 || weight === 0 ? 'serves' : 'withdrawn';
}
