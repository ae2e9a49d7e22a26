/**
 * What the kernel should hold: virtual servers as configured, with the real servers that health wants
 * in service. The attributes are those that keepalived writes (ip_vs.h has their meaning), so that its
 * table is adopted without a change.
 */
import { addressBits } from '../base/address.ts';
import { formatEndpoint } from '../base/endpoint.ts';
import { invariant } from '../base/error.ts';
import type { Destination, IpvsTable, Service, ServiceEntry } from '../model/ipvs-table.ts';
import { formatService } from '../model/names.ts';
import type { Serving } from '../model/serving.ts';
import type {
  ForwardingMethod,
  RealServer,
  SorryServer,
  VirtualServer,
} from '../model/virtual-server.ts';

/** One serving a virtual server, in the same order. Of two with one key the first counts. */
export function desiredTable(
  virtualServers: readonly VirtualServer[],
  servings: readonly Serving[],
): IpvsTable {
  invariant(virtualServers.length === servings.length, 'health tells of each virtual server');
  const services = new Map<string, ServiceEntry>();
  virtualServers.forEach((virtualServer, at) => {
    const name = formatService(virtualServer.key);
    if (!services.has(name)) {
      services.set(name, desiredEntry(virtualServer, servings[at] as Serving));
    }
  });
  return { services: [...services.values()] };
}

/** The same serving gives the same object, so that what has not changed is seen at a glance. */
const lastEntry = new WeakMap<Serving, { virtualServer: VirtualServer; entry: ServiceEntry }>();

function desiredEntry(virtualServer: VirtualServer, serving: Serving): ServiceEntry {
  const last = lastEntry.get(serving);
  if (last?.virtualServer === virtualServer) return last.entry;
  const entry = {
    service: desiredService(virtualServer),
    destinations: desiredDestinations(virtualServer, serving),
  };
  lastEntry.set(serving, { virtualServer, entry });
  return entry;
}

function desiredService(virtualServer: VirtualServer): Service {
  const { key, scheduler, schedulerFlags, onePacket, persistence } = virtualServer;
  return {
    key,
    scheduler,
    persistent: persistence !== null,
    onePacket,
    schedulerFlags: { ...schedulerFlags, third: false },
    timeoutSeconds: persistence?.timeoutSeconds ?? 0,
    granularityBits: persistence?.granularityBits ?? addressBits(key.family),
    engine: null,
  };
}

function desiredDestinations(
  { realServers, sorryServer }: VirtualServer,
  { weights, sorryWeight }: Serving,
): readonly Destination[] {
  invariant(realServers.length === weights.length, 'health tells of each real server');
  const destinations = new Map<string, Destination>();
  const put = (destination: Destination): void => {
    const name = formatEndpoint(destination.address, destination.port);
    const twin = destinations.get(name);
    // A sorry server may be one of the real servers: the kernel holds it once.
    const weight = Math.max(destination.weight, twin?.weight ?? 0);
    destinations.set(name, { ...(twin ?? destination), weight });
  };
  realServers.forEach((realServer, at) => {
    const weight = weights[at] ?? null;
    if (weight !== null) put(toDestination(realServer, weight));
  });
  if (sorryServer && sorryWeight !== null) put(toDestination(sorryServer, sorryWeight));
  return [...destinations.values()];
}

function toDestination(server: RealServer | SorryServer, weight: number): Destination {
  return {
    address: server.address,
    port: server.port,
    forwarding: server.forwarding,
    tunnel: tunnelOf(server.forwarding),
    weight,
    upperThreshold: 'upperThreshold' in server ? server.upperThreshold : 0,
    lowerThreshold: 'lowerThreshold' in server ? server.lowerThreshold : 0,
  };
}

function tunnelOf(forwarding: ForwardingMethod): Destination['tunnel'] {
  return forwarding === 'tun' ? { type: 'ipip', port: 0, flags: 0 } : null;
}
