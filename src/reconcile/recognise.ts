/**
 * What the kernel holds, told in the objects of what is desired wherever they say the same: then the
 * comparison of the two passes over it at a glance, and a hundred thousand real servers that are as they
 * should be cost no object each.
 */
import type { Destination, IpvsTable, Service, ServiceEntry } from '../model/ipvs-table.ts';
import { nameOfService } from '../model/names.ts';
import { byName } from './change.ts';
import { sameService } from './ipvs.ts';

/** A table as it was read (wire/ipvs/table.ts). */
export interface HeldTable {
  readonly services: readonly Service[];
  holdsExactly(at: number, destinations: readonly Destination[]): boolean;
  destinationsOf(at: number): Destination[];
}

export function recognise(desired: IpvsTable, held: HeldTable): IpvsTable {
  const wanted = byName(desired);
  return {
    services: held.services.map((service, at): ServiceEntry => {
      const entry = wanted.get(nameOfService(service.key));
      const isHeld =
        entry !== undefined &&
        sameService(entry.service, service) &&
        held.holdsExactly(at, entry.destinations);
      return isHeld
        ? entry
        : { service: bareService(service), destinations: held.destinationsOf(at) };
    }),
  };
}

/** Without the counters that the kernel's has besides. */
function bareService(service: Service): Service {
  const { key, scheduler, persistent, onePacket, schedulerFlags } = service;
  const { timeoutSeconds, granularityBits, engine } = service;
  const persistence = { persistent, timeoutSeconds, granularityBits };
  return { key, scheduler, onePacket, schedulerFlags, ...persistence, engine };
}
