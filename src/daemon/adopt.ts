/**
 * What a health process learns from the table that an earlier life of it left in the kernel: a real
 * server that was out of service must not come back before it has answered, and one that serves must
 * not fall at its first failure.
 */

import type { KernelPresence, PresenceOf } from '../health/ports.ts';
import { formatService } from '../model/names.ts';
import type { ServiceKey } from '../model/virtual-server.ts';
import type { TableColumns } from '../wire/ipvs/table.ts';

/** Asks the table about a real server; of services that are not ours nothing is concluded. */
export function presenceIn(table: TableColumns, owned: readonly ServiceKey[]): PresenceOf {
  const ours = new Set(owned.map(formatService));
  const places = new Map<string, number>();
  table.services.forEach(({ key }, at) => {
    const name = formatService(key);
    if (ours.has(name)) places.set(name, at);
  });
  return (key, real): KernelPresence => {
    const at = places.get(formatService(key));
    if (at === undefined) return 'unknown';
    const row = table.find(at, real);
    const weight = row < 0 ? 0 : (table.destinations.weight[row] as number);
    return weight > 0 || real.weight === 0 ? 'serves' : 'withdrawn';
  };
}
