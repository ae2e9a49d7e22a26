/** Lines of `virtual_routes` and `static_routes`: the words of ip-route(8). */
import { addressBits, type Family, familyOf, parseAddress } from '../../../base/address.ts';
import type { Prefix, RouteMetric, RouteType, VirtualRoute } from '../../../model/route.ts';
import type { Word } from '../../text/ast.ts';
import type { Said } from '../../values/phrase.ts';
import { namedOf, numberOf, readHops, textOf, wordOf } from './route-hops.ts';
import type { RoutingNames } from './routing-names.ts';

const MAIN_TABLE = 254;
/** RTPROT_KEEPALIVED: ip-route(8) shows what a director of either make has added. */
export const PROTOCOL_KEEPALIVED = 18;

/** RT_SCOPE_*. */
const SCOPE = { universe: 0, link: 253, host: 254 } as const;

const TYPES: readonly RouteType[] = [
  'unicast',
  'local',
  'broadcast',
  'anycast',
  'multicast',
  'blackhole',
  'unreachable',
  'prohibit',
  'throw',
  'nat',
  'xresolve',
];
const NOWHERE: readonly RouteType[] = ['blackhole', 'unreachable', 'prohibit', 'throw'];

/** `interfaceName`: where a route without gateway and interface leads; null: it says so itself. */
export function readRoute(
  said: Said,
  names: RoutingNames,
  interfaceName: string | null,
): VirtualRoute | null {
  const type = TYPES.find((one) => said.options.has(one)) ?? 'unicast';
  const hops = NOWHERE.includes(type) ? [] : readHops(said, names, interfaceName);
  const word = said.slots.get('DESTINATION')?.[0] ?? wordOf(said, 'to');
  const family = familyOfRoute(said, word?.text ?? '', hops[0]?.gateway ?? null);
  const destination = prefixOf(word?.text ?? '', family);
  if (destination === null) return null;
  return {
    family,
    type,
    destination,
    source: prefixOf(textOf(said, 'from') ?? 'none', family),
    tos: namedOf(said, 'tos', 'tos', names) ?? 0,
    table: namedOf(said, 'table', 'table', names) ?? MAIN_TABLE,
    vrf: textOf(said, 'vrf'),
    metric: numberOf(said, 'metric'),
    protocol: namedOf(said, 'protocol', 'protocol', names) ?? PROTOCOL_KEEPALIVED,
    scope: namedOf(said, 'scope', 'scope', names) ?? scopeOf(type, family),
    preferredSource: parseAddress(textOf(said, 'src') ?? ''),
    hops,
    metrics: readMetrics(said),
    lifetimeSeconds: numberOf(said, 'expires'),
    preference: textOf(said, 'pref') as VirtualRoute['preference'],
    place: said.options.has('add') ? 'add' : said.options.has('append') ? 'append' : 'prepend',
    untracked: said.options.has('no_track'),
  };
}

function familyOfRoute(said: Said, destination: string, gateway: string | null): Family {
  if (said.options.has('inet6') || destination === 'default6') return 'ipv6';
  if (said.options.has('inet')) return 'ipv4';
  const address = parseAddress(destination.split('/')[0] ?? '');
  if (address !== null) return familyOf(address);
  return gateway === null ? 'ipv4' : familyOf(gateway);
}

/** Of `default`, `any` and `all`: everything. Null: it is no prefix of this family. */
export function prefixOf(text: string, family: Family): Prefix | null {
  if (['default', 'default6', 'any', 'all'].includes(text)) {
    return { address: family === 'ipv4' ? '0.0.0.0' : '::', length: 0 };
  }
  const [before = '', length] = text.split('/');
  const address = parseAddress(before);
  if (address === null || familyOf(address) !== family) return null;
  return { address, length: length === undefined ? addressBits(family) : Number(length) };
}

/** keepalived: also a route without gateway is valid everywhere, where ip-route(8) says `link`. */
function scopeOf(type: RouteType, family: Family): number {
  if (family === 'ipv6') return SCOPE.universe;
  if (type === 'local' || type === 'nat') return SCOPE.host;
  return ['broadcast', 'multicast', 'anycast'].includes(type) ? SCOPE.link : SCOPE.universe;
}

const NUMBERS = {
  mtu: 'mtu',
  advmss: 'advertisedMss',
  reordering: 'reordering',
  window: 'window',
  cwnd: 'congestionWindow',
  ssthresh: 'slowStartThreshold',
  hoplimit: 'hopLimit',
  initcwnd: 'initialCongestionWindow',
  initrwnd: 'initialReceiveWindow',
  quickack: 'quickAck',
  fastopen_no_cookie: 'fastOpenNoCookie',
} as const;

/** Of what the kernel counts in: an eighth and a quarter of a millisecond, and a millisecond. */
const TIMES = {
  rtt: { name: 'rtt', unitsPerMs: 8 },
  rttvar: { name: 'rttVariation', unitsPerMs: 4 },
  rto_min: { name: 'rtoMin', unitsPerMs: 1 },
} as const;

const FEATURE_ECN = 1;

function readMetrics(said: Said): readonly RouteMetric[] {
  const metrics: RouteMetric[] = [];
  for (const [option, name] of Object.entries(NUMBERS)) {
    const { value, locked } = lockable(said.options.get(option));
    if (value !== null) metrics.push({ name, value: Number(value.text), locked });
  }
  for (const [option, { name, unitsPerMs }] of Object.entries(TIMES)) {
    const { value, locked } = lockable(said.options.get(option));
    if (value === null) continue;
    // The shortest time holds whatever the kernel learns: ip-route(8) locks it, too.
    const isLocked = locked || name === 'rtoMin';
    metrics.push({ name, value: unitsOf(value.text, unitsPerMs), locked: isLocked });
  }
  if (said.options.has('features')) {
    metrics.push({ name: 'features', value: FEATURE_ECN, locked: false });
  }
  const control = lockable(said.options.get('congctl'));
  if (control.value !== null) {
    metrics.push({
      name: 'congestionControl',
      value: control.value.text,
      locked: control.locked,
    });
  }
  return metrics;
}

function lockable(said: Said | undefined): { value: Word | null; locked: boolean } {
  return { value: said?.words.at(-1) ?? null, locked: said?.slots.has('lock') ?? false };
}

/** Without a unit it is what the kernel counts in. */
function unitsOf(text: string, unitsPerMs: number): number {
  const [, digits = '', unit] = /^([\d.]+)([a-z]*)$/.exec(text) ?? [];
  if (!unit) return Math.round(Number(digits));
  const ms = unit.startsWith('ms') ? Number(digits) : Number(digits) * 1000;
  return Math.round(ms * unitsPerMs);
}
