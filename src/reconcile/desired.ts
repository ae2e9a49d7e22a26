/**
 * What the kernel should hold: virtual servers as configured, with the real servers that health wants
 * in service. The attributes are those that keepalived writes (ip_vs.h has their meaning), so that its
 * table is adopted without a change.
 */
import { addressBits } from '../base/address.ts';
import { formatEndpoint } from '../base/endpoint.ts';
import { invariant } from '../base/error.ts';
import { destinationPort } from '../model/destination-port.ts';
import type { Destination, IpvsTable, Service, ServiceEntry } from '../model/ipvs-table.ts';
import type { Serving } from '../model/serving.ts';
import type {
  RealServer,
  ServiceKey,
  SorryServer,
  VirtualServer,
} from '../model/virtual-server.ts';

/** One serving a virtual server, in the same order; an entry each of its services. No key may be there twice. */
export function desiredTable(
  virtualServers: readonly VirtualServer[],
  servings: readonly Serving[],
): IpvsTable {
  invariant(virtualServers.length === servings.length, 'health tells of each virtual server');
  const services: ServiceEntry[] = [];
  virtualServers.forEach((virtualServer, at) => {
    // A group may have more of them than a call takes arguments.
    for (const entry of desiredEntries(virtualServer, servings[at] as Serving)) {
      services.push(entry);
    }
  });
  return { services };
}

type Entries = readonly ServiceEntry[];

/** The same serving gives the same objects, so that what has not changed is seen at a glance. */
const lastEntries = new WeakMap<Serving, { virtualServer: VirtualServer; entries: Entries }>();

function desiredEntries(virtualServer: VirtualServer, serving: Serving): Entries {
  const last = lastEntries.get(serving);
  if (last?.virtualServer === virtualServer) return last.entries;
  // Services of one port share their destinations.
  const shared = new Map<number, readonly Destination[]>();
  const entries = virtualServer.keys.map((key) => {
    const port = key.kind === 'address' ? key.port : 0;
    const destinations = shared.get(port) ?? desiredDestinations(key, virtualServer, serving);
    shared.set(port, destinations);
    return { service: desiredService(key, virtualServer), destinations };
  });
  lastEntries.set(serving, { virtualServer, entries });
  return entries;
}

function desiredService(key: ServiceKey, virtualServer: VirtualServer): Service {
  const { scheduler, schedulerFlags, onePacket, persistence } = virtualServer;
  return {
    key,
    scheduler,
    persistent: persistence !== null,
    onePacket,
    schedulerFlags,
    timeoutSeconds: persistence?.timeoutSeconds ?? 0,
    granularityBits: persistence?.granularityBits[key.family] ?? addressBits(key.family),
    engine: persistence?.engine ?? null,
  };
}

function desiredDestinations(
  key: ServiceKey,
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
    destinations.set(name, twin === undefined ? destination : { ...twin, weight });
  };
  realServers.forEach((realServer, at) => {
    const weight = weights[at] ?? null;
    if (weight !== null) put(toDestination(key, realServer, weight));
  });
  if (sorryServer && sorryWeight !== null) put(toDestination(key, sorryServer, sorryWeight));
  return [...destinations.values()];
}

function toDestination(
  key: ServiceKey,
  server: RealServer | SorryServer,
  weight: number,
): Destination {
  return {
    address: server.address,
    port: destinationPort(key, server),
    forwarding: server.forwarding,
    tunnel: tunnelOf(server),
    weight,
    upperThreshold: 'upperThreshold' in server ? server.upperThreshold : 0,
    lowerThreshold: 'lowerThreshold' in server ? server.lowerThreshold : 0,
  };
}

/** IP_VS_TUNNEL_ENCAP_FLAG_*: include/uapi/linux/ip_vs.h. */
const CHECKSUM_FLAGS = { none: 0, full: 1, remote: 2 } as const;
const PLAIN = { type: 'ipip', port: 0, flags: 0 } as const;

function tunnelOf({ forwarding, tunnel }: RealServer | SorryServer): Destination['tunnel'] {
  if (forwarding !== 'tun') return null;
  if (tunnel === null) return PLAIN;
  return { type: tunnel.type, port: tunnel.port, flags: CHECKSUM_FLAGS[tunnel.checksum] };
}
