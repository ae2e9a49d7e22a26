/** Where the kernel may hold what drains, and what it holds there, all together. */
import { formatEndpoint } from '../base/endpoint.ts';
import { destinationPort } from '../model/destination-port.ts';
import type { Leaving, NamedServer, Order } from '../model/drain.ts';
import { nameOfVirtualServer } from '../model/names.ts';
import type { Connections } from '../model/plan.ts';
import type { RealServer, ServiceKey, VirtualServer } from '../model/virtual-server.ts';
import type { OrderIndex } from './orders.ts';
import type { Count } from './progress.ts';

/** Where the kernel may hold a real server. */
export interface Place {
  readonly key: ServiceKey;
  readonly address: string;
  readonly port: number;
}

export interface Held {
  readonly weight: number;
  readonly connections: Connections;
}

const NOTHING: Connections = { active: 0, inactive: 0, persistent: 0 };

/** Where in the configuration each order is the one that counts; gathered once for all of them. */
export class PlaceBook {
  private readonly found = new Map<Order, { servers: NamedServer[]; places: Place[] }>();

  constructor(servers: readonly VirtualServer[], orders: readonly Order[], index: OrderIndex) {
    const names = new Set(orders.map(({ realServer }) => realServer));
    // There may be a hundred thousand real servers, and few whose name is worth making.
    const addresses = new Set([...names].map((name) => name.replace(/:\d+$/, '')));
    const isNamed = ({ address }: RealServer): boolean =>
      addresses.has(address.includes(':') ? `[${address}]` : address);
    for (const server of names.size === 0 ? [] : servers) {
      for (const real of server.realServers) if (isNamed(real)) this.add(server, real, index);
    }
  }

  serversOf(order: Order): readonly NamedServer[] {
    return this.found.get(order)?.servers ?? [];
  }

  placesOf(order: Order): readonly Place[] {
    return this.found.get(order)?.places ?? [];
  }

  private add(server: VirtualServer, real: RealServer, index: OrderIndex): void {
    const realServer = formatEndpoint(real.address, real.port);
    const virtualServer = nameOfVirtualServer(server);
    const order = index.orderOf(virtualServer, realServer);
    if (order === null) return;
    const found = this.found.get(order) ?? { servers: [], places: [] };
    this.found.set(order, found);
    found.servers.push({ virtualServer, realServer });
    for (const key of server.keys) {
      found.places.push({ key, address: real.address, port: destinationPort(key, real) });
    }
  }
}

export function placeOf({ service, destination }: Leaving): Place {
  return { key: service.key, address: destination.address, port: destination.port };
}

export function sumOf(held: readonly (Held | null)[]): Count {
  const there = held.flatMap((one) => one ?? []);
  const left = there.reduce(
    (sum, { connections: { active, inactive, persistent } }) => ({
      active: sum.active + active,
      inactive: sum.inactive + inactive,
      persistent: sum.persistent + persistent,
    }),
    NOTHING,
  );
  return { left, isQuiescent: there.every(({ weight }) => weight === 0) };
}
