/** What can be told of an address, a route or a rule beside its name: by which it differs from what it was. Pure. */

import { nameOfRoutingTable } from '../../model/names.ts';
import type {
  Encapsulation,
  NumberRange,
  Prefix,
  RouteHop,
  RuleAction,
  VirtualRoute,
  VirtualRule,
} from '../../model/route.ts';
import type { VirtualAddress } from '../../model/vrrp.ts';
import { NONE, type Words } from './words.ts';

export function addressWords(one: VirtualAddress): Words {
  const { label, scope, broadcast, flags = [], preferredSeconds, untracked } = one;
  return {
    label: label ?? NONE,
    scope: String(scope),
    broadcast: broadcast === 'default' ? 'of its network' : (broadcast ?? NONE),
    flags: listed(flags.toSorted()),
    preferred: preferredSeconds === undefined ? 'for ever' : `for ${preferredSeconds} s`,
    'put back': yesOrNo(untracked !== true),
  };
}

export function pathWords(path: VirtualRoute | VirtualRule): Words {
  return 'hops' in path ? routeWords(path) : ruleWords(path);
}

function routeWords(route: VirtualRoute): Words {
  const { hops, metrics, lifetimeSeconds } = route;
  return {
    type: route.type,
    'next hop': hops.length === 0 ? NONE : hops.map(hopText).join(' or '),
    from: prefix(route.source),
    'type of service': String(route.tos),
    metric: text(route.metric),
    protocol: String(route.protocol),
    scope: String(route.scope),
    'source address': text(route.preferredSource),
    options: listed(
      metrics.map(({ name, value, locked }) => `${name} ${value}${locked ? ' locked' : ''}`),
    ),
    lifetime: lifetimeSeconds === null ? 'for ever' : `${lifetimeSeconds} s`,
    preference: text(route.preference),
    place: route.place,
    'put back': yesOrNo(!route.untracked),
  };
}

function ruleWords(rule: VirtualRule): Words {
  const { mark } = rule;
  const mask = mark === null || mark.mask === null ? '' : `/${mark.mask}`;
  return {
    action: actionText(rule.action),
    priority: text(rule.priority),
    not: yesOrNo(rule.not),
    from: prefix(rule.source),
    to: prefix(rule.destination),
    'type of service': String(rule.tos),
    mark: mark === null ? NONE : `${mark.value}${mask}`,
    iif: text(rule.inputInterface),
    oif: text(rule.outputInterface),
    'tunnel id': text(rule.tunnelId),
    users: range(rule.users),
    'IP protocol': text(rule.ipProtocol),
    'source ports': range(rule.sourcePorts),
    'destination ports': range(rule.destinationPorts),
    'suppressed prefix length': text(rule.suppressPrefixLength),
    'suppressed interface group': text(rule.suppressInterfaceGroup),
    realms: text(rule.realms),
    protocol: String(rule.protocol),
    'put back': yesOrNo(!rule.untracked),
  };
}

/** `192.0.2.1 dev eth0 weight 2` */
function hopText(hop: RouteHop): string {
  const { gateway, interface: link, onLink, weight, realms, encapsulation } = hop;
  return [
    gateway,
    link === null ? null : `dev ${link}`,
    onLink ? 'onlink' : null,
    weight === 1 ? null : `weight ${weight}`,
    realms === null ? null : `realms ${realms}`,
    encapsulation === null ? null : `encap ${encapsulationText(encapsulation)}`,
  ]
    .filter((part) => part !== null)
    .join(' ');
}

function encapsulationText({ type, ...options }: Encapsulation): string {
  const told = Object.entries(options).filter(([, value]) => value !== null);
  return [type, ...told.map(([name, value]) => `${name} ${value}`)].join(' ');
}

function actionText(action: RuleAction): string {
  switch (action.do) {
    case 'table':
      return `table ${nameOfRoutingTable(action.table)}`;
    case 'goto':
      return `goto ${action.priority}`;
    default:
      return action.do;
  }
}

function prefix(one: Prefix | null): string {
  return one === null ? NONE : `${one.address}/${one.length}`;
}

function range(one: NumberRange | null): string {
  return one === null ? NONE : `${one.first}-${one.last}`;
}

function text(value: string | number | null): string {
  return value === null ? NONE : String(value);
}

function listed(all: readonly string[]): string {
  return all.length === 0 ? NONE : all.join(' ');
}

function yesOrNo(is: boolean): string {
  return is ? 'yes' : 'no';
}
