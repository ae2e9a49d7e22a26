/**
 * What the kernel holds, told in the objects of what is desired wherever they say the same: then the
 * comparison of the two passes over it at a glance, and a hundred thousand real servers that are as they
 * should be cost no object each.
 */
import { atOnce, type Steps } from '../base/slices.ts';
import type { Destination, IpvsTable, Service, ServiceEntry } from '../model/ipvs-table.ts';
import { nameOfService } from '../model/names.ts';
import { byNameSteps } from './change.ts';
import { sameService } from './ipvs.ts';

/** A table as it was read (wire/ipvs/table.ts). */
export interface HeldTable {
  readonly services: readonly Service[];
  holdsExactly(at: number, destinations: readonly Destination[]): boolean;
  destinationsOf(at: number): Destination[];
}

export function recognise(desired: IpvsTable, held: HeldTable): IpvsTable {
  return atOnce(recogniseSteps(desired, held));
}

export function* recogniseSteps(desired: IpvsTable, held: HeldTable): Steps<IpvsTable> {
  const wanted = yield* byNameSteps(desired);
  const services: ServiceEntry[] = [];
  for (let at = 0; at < held.services.length; at += 1) {
    const service = held.services[at] as Service;
    const entry = wanted.get(nameOfService(service.key));
    const isHeld =
      entry !== undefined &&
      sameService(entry.service, service) &&
      held.holdsExactly(at, entry.destinations);
    services.push(
      isHeld ? entry : { service: bareService(service), destinations: held.destinationsOf(at) },
    );
    yield;
  }
  return { services };
}

/** Without the counters that the kernel's has besides. */
function bareService(service: Service): Service {
  const { key, scheduler, persistent, onePacket, schedulerFlags } = service;
  const { timeoutSeconds, granularityBits, engine } = service;
  const persistence = { persistent, timeoutSeconds, granularityBits };
  return { key, scheduler, onePacket, schedulerFlags, ...persistence, engine };
}
