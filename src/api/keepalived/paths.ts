/** Routes and policy rules as keepalived 2.2.7 writes them in its dumps. Pure. */
import { addressBits, familyOf } from '../../base/address.ts';
import type {
  Encapsulation,
  NumberRange,
  Prefix,
  RouteHop,
  RouteMetric,
  RuleAction,
  VirtualRoute,
  VirtualRule,
} from '../../model/route.ts';

/** RTPROT_KEEPALIVED: what is not tracked is written without it. */
const PROTOCOL_OF_TRACKED = 18;
const RT_TABLE_MAIN = 254;

/** `prepend 10.1.0.0/16 via inet 192.0.2.1 dev eth0 proto 18 metric 7` */
export function routeText(route: VirtualRoute): string {
  const { hops } = route;
  const [only] = hops.length === 1 ? hops : [];
  // Without a way of its own a route cannot be tracked.
  const isUntracked = route.untracked || only === undefined || only.interface === null;
  const hasProtocol = !route.untracked || route.protocol !== PROTOCOL_OF_TRACKED;
  return [
    // Of what leads nowhere there is one.
    hops.length === 0 ? 'add' : route.place,
    ...(route.type === 'unicast' ? [] : [route.type]),
    `${route.destination.address}/${route.destination.length}`,
    ...pair('from', route.source === null ? null : prefixText(route.source)),
    ...pair('src', route.preferredSource),
    ...pair('tos', route.tos === 0 ? null : route.tos),
    ...(only === undefined ? [] : wayTexts(only)),
    ...pair('table', route.table === RT_TABLE_MAIN ? null : (route.vrf ?? route.table)),
    ...pair('proto', hasProtocol ? route.protocol : null),
    ...pair('scope', scopeOf(route)),
    ...pair('metric', route.metric),
    ...route.metrics.map(metricText),
    ...(only?.onLink ? ['onlink'] : []),
    ...(only === undefined ? [] : pair('realms', realmsText(only.realms))),
    ...pair('expires', route.lifetimeSeconds === null ? null : `${route.lifetimeSeconds}sec`),
    ...pair('pref', route.preference),
    ...(hops.length > 1 ? hops.map(nextHopText) : []),
    ...(isUntracked ? ['no_track'] : []),
  ].join(' ');
}

/** `from 192.0.2.0/24 priority 2000 tos 0x0 protocol 18 lookup 300` */
export function ruleText(rule: VirtualRule): string {
  const { mark, users, sourcePorts, destinationPorts } = rule;
  return [
    ...(rule.not ? ['not'] : []),
    `from ${rule.source === null ? 'all' : prefixText(rule.source)}`,
    ...pair('to', rule.destination === null ? null : prefixText(rule.destination)),
    ...pair('priority', rule.priority),
    `tos 0x${rule.tos.toString(16)}`,
    ...pair('iif', rule.inputInterface),
    ...pair('oif', rule.outputInterface),
    ...pair('fwmark', mark === null ? null : markText(mark)),
    ...pair('realms', realmsText(rule.realms)),
    ...pair('tunnel-id', rule.tunnelId),
    ...pair('uidrange', rangeText(users)),
    ...pair('suppress_prefixlen', rule.suppressPrefixLength),
    ...pair('suppress_ifgroup', rule.suppressInterfaceGroup),
    ...(rule.untracked ? [] : [`protocol ${rule.protocol}`]),
    ...pair('ipproto', rule.ipProtocol),
    ...pair('sport', rangeText(sourcePorts)),
    ...pair('dport', rangeText(destinationPorts)),
    actionText(rule.action),
    ...(rule.untracked ? ['no_track'] : []),
  ].join(' ');
}

function pair(word: string, value: string | number | null): readonly string[] {
  return value === null ? [] : [`${word} ${value}`];
}

/** A single address has no length. */
function prefixText({ address, length }: Prefix): string {
  return length === addressBits(familyOf(address)) ? address : `${address}/${length}`;
}

function wayTexts({ gateway, interface: link, encapsulation }: RouteHop): readonly string[] {
  const via =
    gateway === null ? null : `${familyOf(gateway) === 'ipv4' ? 'inet' : 'inet6'} ${gateway}`;
  return [
    ...(encapsulation === null ? [] : [encapsulationText(encapsulation)]),
    ...pair('via', via),
    ...pair('dev', link),
  ];
}

function nextHopText(hop: RouteHop): string {
  return [
    'nexthop',
    ...wayTexts(hop),
    ...pair('weight', hop.weight === 1 ? null : hop.weight),
    ...(hop.onLink ? ['onlink'] : []),
    ...pair('realm', realmsText(hop.realms)),
  ].join(' ');
}

function encapsulationText(encapsulation: Encapsulation): string {
  if (encapsulation.type === 'mpls') return `encap mpls ${encapsulation.labels.join('/')}`;
  if (encapsulation.type === 'ila') return `encap ila ${encapsulation.locator}`;
  const { type, id, destination, source, tos, ttl } = encapsulation;
  return [
    `encap ${type}`,
    ...pair('id', id),
    ...pair('dst', destination),
    ...pair('src', source),
    ...pair('tos', tos),
    ...pair('ttl', ttl),
  ].join(' ');
}

const RT_SCOPE_UNIVERSE = 0;
const RT_SCOPE_LINK = 253;

/** What the kernel takes by itself is not written: of the link without a gateway. */
function scopeOf({ scope, hops }: VirtualRoute): number | null {
  const usual = hops.some(({ gateway }) => gateway !== null) ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
  return scope === usual || scope === RT_SCOPE_UNIVERSE ? null : scope;
}

const METRIC_WORDS: Readonly<Record<RouteMetric['name'], string>> = {
  mtu: 'mtu',
  window: 'window',
  rtt: 'rtt',
  rttVariation: 'rttvar',
  slowStartThreshold: 'ssthresh',
  congestionWindow: 'cwnd',
  advertisedMss: 'advmss',
  reordering: 'reordering',
  hopLimit: 'hoplimit',
  initialCongestionWindow: 'initcwnd',
  features: 'features',
  rtoMin: 'rto_min',
  initialReceiveWindow: 'initrwnd',
  quickAck: 'quickack',
  congestionControl: 'congctl',
  fastOpenNoCookie: 'fastopen_no_cookie',
};

function metricText({ name, value, locked }: RouteMetric): string {
  return [METRIC_WORDS[name], ...(locked ? ['lock'] : []), value].join(' ');
}

function realmsText(realms: number | null): string | null {
  if (realms === null) return null;
  const [from, to] = [realms >>> 16, realms & 0xffff];
  return from === 0 ? `${to}` : `${from}/${to}`;
}

function markText({ value, mask }: NonNullable<VirtualRule['mark']>): string {
  const hex = (number: number): string => `0x${number.toString(16)}`;
  return mask === null ? hex(value) : `${hex(value)}/${hex(mask)}`;
}

function rangeText(range: NumberRange | null): string | null {
  if (range === null) return null;
  return range.first === range.last ? `${range.first}` : `${range.first}-${range.last}`;
}

function actionText(action: RuleAction): string {
  switch (action.do) {
    case 'table':
      return `lookup ${action.table}`;
    case 'goto':
      return `goto ${action.priority}`;
    case 'l3mdev':
      return 'lookup [l3mdev-table]';
    default:
      return `type ${action.do}`;
  }
}
