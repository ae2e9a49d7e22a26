/**
 * What a health process learns from the table that an earlier life of it left in the kernel: a real
 * server that was out of service must not come back before it has answered, and one that serves must
 * not fall at its first failure.
 */

import { formatEndpoint } from '../base/endpoint.ts';
import type { KernelPresence, PresenceOf } from '../health/ports.ts';
import type { IpvsTable } from '../model/ipvs-table.ts';
import { formatService } from '../model/names.ts';
import type { ServiceKey } from '../model/virtual-server.ts';

/** Asks the table about a real server; of services that are not ours nothing is concluded. */
export function presenceIn(table: IpvsTable, owned: readonly ServiceKey[]): PresenceOf {
  const ours = new Set(owned.map(formatService));
  const weights = new Map<string, Map<string, number>>();
  for (const { service, destinations } of table.services) {
    const name = formatService(service.key);
    if (!ours.has(name)) continue;
    const held = destinations.map(
      ({ address, port, weight }) => [formatEndpoint(address, port), weight] as const,
    );
    weights.set(name, new Map(held));
  }
  return (key, real): KernelPresence => {
    const service = weights.get(formatService(key));
    if (service === undefined) return 'unknown';
    const weight = service.get(formatEndpoint(real.address, real.port)) ?? 0;
    return weight > 0 || real.weight === 0 ? 'serves' : 'withdrawn';
  };
}
