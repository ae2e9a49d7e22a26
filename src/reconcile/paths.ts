/**
 * Virtual routes and rules → what the kernel is asked for, interfaces as their indexes; and whether what the
 * kernel tells of is one of them.
 */
import { addressBits, addressBytes, addressFromBytes } from '../base/address.ts';
import type { Prefix, VirtualRoute, VirtualRule } from '../model/route.ts';
import type { Route, RouteState } from '../wire/rtnl/routes.ts';
import type { RoutingRule } from '../wire/rtnl/rules.ts';

/** Index of each interface by its name, and the routing table of each VRF. */
export interface KnownInterfaces {
  readonly indexes: ReadonlyMap<string, number>;
  readonly vrfTables: ReadonlyMap<string, number>;
}

/** IP6_RT_PRIO_USER: the metric of an IPv6 route that none was asked for. */
const IPV6_METRIC = 1024;

/** The route, or the interface that it needs and that does not exist. */
export function wantedRoute(
  route: VirtualRoute,
  { indexes, vrfTables }: KnownInterfaces,
): Route | { readonly missing: string } {
  const table = route.vrf === null ? route.table : vrfTables.get(route.vrf);
  if (table === undefined) return { missing: route.vrf as string };
  const hops: Route['hops'][number][] = [];
  for (const { interface: link, ...hop } of route.hops) {
    const interfaceIndex = link === null ? null : indexes.get(link);
    if (interfaceIndex === undefined) return { missing: link as string };
    hops.push({ ...hop, interfaceIndex });
  }
  const { destination, source } = route;
  return {
    ...route,
    table,
    hops,
    destination: withoutHost(destination),
    source: source === null ? null : withoutHost(source),
  };
}

/** The kernel refuses a prefix with bits of a host in it. */
function withoutHost({ address, length }: Prefix): Prefix {
  const octets = addressBytes(address).map((octet, at) => {
    const bits = Math.min(8, Math.max(0, length - 8 * at));
    return octet & (0xff << (8 - bits));
  });
  return { address: addressFromBytes(octets), length };
}

/** A rule as the kernel is asked for it. */
export function wantedRule(rule: VirtualRule): RoutingRule {
  const { source, destination } = rule;
  return {
    ...rule,
    source: source === null ? null : withoutHost(source),
    destination: destination === null ? null : withoutHost(destination),
  };
}

export function isSameRoute(
  route: VirtualRoute,
  state: RouteState,
  { vrfTables }: KnownInterfaces,
): boolean {
  const table = route.vrf === null ? route.table : vrfTables.get(route.vrf);
  const standard = route.family === 'ipv6' ? IPV6_METRIC : 0;
  return (
    route.family === state.family &&
    route.type === state.type &&
    table === state.table &&
    route.tos === state.tos &&
    (route.metric || standard) === (state.metric ?? standard) &&
    isSamePrefix(withoutHost(route.destination), state.destination) &&
    isSamePrefix(withoutHost(route.source ?? anything(route)), state.source ?? anything(route))
  );
}

export function isSameRule(rule: VirtualRule, state: RoutingRule): boolean {
  const { source, destination, priority, action, ...rest } = rule;
  const others: readonly (keyof typeof rest & keyof RoutingRule)[] = [
    'family',
    'not',
    'tos',
    'inputInterface',
    'outputInterface',
    'tunnelId',
    'ipProtocol',
    'suppressPrefixLength',
    'suppressInterfaceGroup',
  ];
  const isSame = (one: unknown, other: unknown): boolean =>
    JSON.stringify(one) === JSON.stringify(other);
  const prefix = (one: Prefix | null): Prefix | null => (one === null ? null : withoutHost(one));
  return (
    (priority === null || priority === state.priority) &&
    isSame(action, state.action) &&
    others.every((name) => rest[name] === state[name]) &&
    isSame(rest.mark, state.mark) &&
    isSame(rest.users, state.users) &&
    isSame(rest.sourcePorts, state.sourcePorts) &&
    isSame(rest.destinationPorts, state.destinationPorts) &&
    isSame(prefix(source), state.source) &&
    isSame(prefix(destination), state.destination)
  );
}

function anything({ family }: VirtualRoute): Prefix {
  return { address: addressBits(family) === 32 ? '0.0.0.0' : '::', length: 0 };
}

function isSamePrefix(one: Prefix, other: Prefix): boolean {
  return one.length === other.length && one.address === other.address;
}
