/** Entries of addresses, routes and policy rules: the words of ip-address(8), ip-route(8) and ip-rule(8). */
import {
  accepted,
  address,
  choice,
  either,
  flag,
  form,
  INT_MAX,
  integer,
  interfaceName,
  type Keyword,
  keyword,
  name,
  type Phrase,
  phrase,
  prefix,
  type RoutingName,
  type Scalar,
  tableOf,
  UINT_MAX,
  word,
} from './keyword.ts';

const LABEL_OCTETS_MAX = 15;
const BYTE = integer(0, 255, { anyBase: true, named: true });
const UINT = integer(0, UINT_MAX, { anyBase: true });
const DECIMAL = integer(0, UINT_MAX);
const UINT_OR_NAME = integer(0, UINT_MAX, { anyBase: true, named: true });
const TUNNEL_FLAGS = integer(0, 0xffff, { anyBase: true });
const SECONDS = integer(0, UINT_MAX, { unit: 'seconds' });
const FAMILIES = [
  keyword('inet', flag, 'of IPv4', { unset: 'as the address' }),
  keyword('inet6', flag, 'of IPv6', { unset: 'as the address' }),
];
const NO_TRACK = keyword('no_track', flag, 'it is not put back when others remove it');
const BROADCAST = either({ is: 'address', family: 'ipv4' }, choice('+', '-'));
const TRACK_GROUP = keyword('track_group', word, 'the track_group that a static entry follows');

const ADDRESS: readonly Keyword[] = [
  keyword('dev', interfaceName, 'that holds the address', {
    unset: 'the interface of the instance, of static entries default_interface',
    repeats: 'first',
  }),
  keyword(
    'scope',
    either(
      choice('host', 'link', 'global', 'site'),
      integer(0, 255, { anyBase: true, named: true }),
    ),
    'how far the address is valid',
    { unset: 'global' },
  ),
  keyword('broadcast', BROADCAST, 'address; + takes that of the network'),
  keyword('brd', BROADCAST, 'the same', { sameAs: 'broadcast' }),
  keyword('label', name(LABEL_OCTETS_MAX), 'name that ifconfig shows, of IPv4'),
  keyword('peer', prefix, 'far end of a point-to-point link'),
  keyword('home', flag, 'a home address of Mobile IPv6'),
  keyword('-nodad', flag, 'asks whether others have the address'),
  keyword('mngtmpaddr', flag, 'the kernel manages temporary addresses of it'),
  keyword('noprefixroute', flag, 'no route to its network'),
  keyword('autojoin', flag, 'joins multicast groups'),
  NO_TRACK,
  keyword(
    'preferred_lft',
    either(SECONDS, choice('forever')),
    'preferred lifetime; 0: deprecated',
    {
      unset: 'forever, of IPv6 without a network 0',
    },
  ),
];

const locked = (argument: Scalar): Phrase => ({
  slots: [
    { name: 'lock', argument: choice('lock'), optional: true },
    { name: 'VALUE', argument },
  ],
  options: new Map(),
});

const NUMBER = phrase('number that may be locked');
const TIME = phrase('time that may be locked');
const ROUTE_TYPES = [
  'unicast',
  'local',
  'broadcast',
  'multicast',
  'anycast',
  'nat',
  'throw',
  'unreachable',
  'prohibit',
  'blackhole',
  'xresolve',
];

/** What routes and their next hops have in common. */
const HOP: readonly Keyword[] = [
  keyword('via', phrase('gateway'), 'gateway'),
  keyword('dev', interfaceName, 'to leave by', {
    unset: 'the interface of the instance, of static entries as the gateway says',
  }),
  keyword('oif', interfaceName, 'to leave by', { sameAs: 'dev' }),
  keyword('onlink', flag, 'the gateway is on the link, whatever the addresses say'),
  keyword('encap', phrase('encapsulation'), 'lightweight tunnel'),
  keyword('realms', form('realms'), 'of IPv4 routing'),
  accepted('as', phrase('translation'), 'address that the destination is translated to'),
];

const ROUTE: readonly Keyword[] = [
  ...HOP,
  keyword('to', either(prefix, choice('default', 'default6', 'any', 'all')), 'destination'),
  ...FAMILIES,
  keyword('src', address, 'source that is preferred'),
  keyword('gw', address, 'gateway', { insteadOf: 'via' }),
  keyword('from', { ...prefix, family: 'ipv6' }, 'sources'),
  keyword('tos', BYTE, 'type of service', { default: '0' }),
  keyword('dsfield', BYTE, 'type of service', { default: '0', sameAs: 'tos' }),
  keyword('table', UINT_OR_NAME, 'that holds the route', { default: 'main' }),
  keyword('protocol', BYTE, 'that the route is marked with', { default: '18' }),
  keyword('scope', BYTE, 'of the route', { unset: 'as its type says' }),
  keyword('metric', UINT, 'the lower one is preferred', { default: '0' }),
  keyword('priority', UINT, 'the lower one is preferred', { default: '0', sameAs: 'metric' }),
  keyword('preference', UINT, 'the lower one is preferred', { default: '0', sameAs: 'metric' }),
  keyword('expires', SECONDS, 'lifetime, of IPv6'),
  keyword('mtu', NUMBER, 'largest packet'),
  keyword('hoplimit', integer(1, 255, { unit: 'hops' }), 'of packets'),
  keyword('advmss', NUMBER, 'segment size that is offered'),
  keyword('rtt', TIME, 'round trip time'),
  keyword('rttvar', TIME, 'its variation'),
  keyword('reordering', NUMBER, 'of segments'),
  keyword('window', DECIMAL, 'of TCP'),
  keyword('cwnd', NUMBER, 'congestion window'),
  keyword('ssthresh', NUMBER, 'slow start threshold'),
  keyword('rto_min', TIME, 'shortest time before a segment is sent again'),
  keyword('initcwnd', DECIMAL, 'congestion window at the start'),
  keyword('initrwnd', DECIMAL, 'receive window at the start'),
  keyword('features', choice('ecn'), 'of TCP'),
  keyword('quickack', choice('0', '1'), 'acknowledge at once'),
  keyword('congctl', phrase('name that may be locked'), 'congestion control'),
  keyword('pref', choice('low', 'medium', 'high'), 'preference of the router, of IPv6'),
  accepted('ttl-propagate', choice('enabled', 'disabled'), 'of MPLS'),
  keyword('fastopen_no_cookie', choice('0', '1'), 'of TCP'),
  keyword('add', flag, 'only where there is no such route'),
  keyword('prepend', flag, 'before routes like it; the default', { unset: 'on' }),
  keyword('append', flag, 'after routes like it'),
  keyword('or', address, 'second gateway', {
    repeats: 'first',
    mend: 'write "nexthop via ADDRESS" for each gateway',
  }),
  keyword('nexthop', phrase('next hop'), 'one of several ways', { repeats: 'list' }),
  NO_TRACK,
  keyword('vrf', interfaceName, 'whose table holds the route'),
  ...ROUTE_TYPES.map((type) => keyword(type, flag, `the route is of type ${type}`)),
];

const RULE_ACTIONS = ['goto', 'nop', 'blackhole', 'unreachable', 'prohibit'];
const SELECTOR = either(prefix, choice('default', 'any', 'all'));
const PREFIX_LENGTH = integer(0, INT_MAX);

const RULE: readonly Keyword[] = [
  ...FAMILIES,
  keyword('from', SELECTOR, 'sources', { default: 'all' }),
  keyword('to', SELECTOR, 'destinations', { default: 'all' }),
  keyword('table', integer(1, UINT_MAX, { anyBase: true, named: true }), 'that is looked up'),
  keyword('lookup', integer(1, UINT_MAX, { anyBase: true, named: true }), 'that is looked up', {
    sameAs: 'table',
  }),
  keyword('not', flag, 'packets that do not fit'),
  keyword('preference', UINT, 'the lower one is asked first', { unset: 'the kernel’s choice' }),
  keyword('order', UINT, 'the lower one is asked first', {
    unset: 'the kernel’s choice',
    sameAs: 'preference',
  }),
  keyword('priority', UINT, 'the lower one is asked first', {
    unset: 'the kernel’s choice',
    sameAs: 'preference',
  }),
  keyword('tos', BYTE, 'type of service', { default: '0' }),
  keyword('dsfield', BYTE, 'type of service', { default: '0', sameAs: 'tos' }),
  keyword('fwmark', form('mark'), 'firewall mark'),
  keyword('realms', form('realms'), 'that are set, of IPv4'),
  keyword('suppress_prefixlength', PREFIX_LENGTH, 'longer prefixes only'),
  keyword('sup_pl', PREFIX_LENGTH, 'longer prefixes only', { sameAs: 'suppress_prefixlength' }),
  keyword('suppress_ifgroup', UINT_OR_NAME, 'no routes through this interface group'),
  keyword('sup_group', UINT_OR_NAME, 'no routes through this interface group', {
    sameAs: 'suppress_ifgroup',
  }),
  keyword('iif', interfaceName, 'that packets come in by'),
  keyword('dev', interfaceName, 'that packets come in by', { sameAs: 'iif' }),
  keyword('oif', interfaceName, 'that packets leave by'),
  keyword('tunnel-id', integer(0, Number.MAX_SAFE_INTEGER), 'of a tunnel'),
  keyword('uidrange', form('range of user ids'), 'of the socket'),
  keyword('l3mdev', flag, 'the table of the VRF is looked up'),
  keyword('protocol', integer(0, 255, { named: true }), 'that the rule is marked with', {
    default: '18',
  }),
  keyword('ipproto', integer(0, 255, { named: true }), 'protocol above IP'),
  keyword('sport', form('port range'), 'source ports'),
  keyword('dport', form('port range'), 'destination ports'),
  NO_TRACK,
  keyword('type', flag, 'the action follows'),
  keyword('goto', DECIMAL, 'goes on with the rule of this preference'),
  keyword('nop', flag, 'does nothing'),
  keyword('blackhole', flag, 'packets are dropped'),
  keyword('unreachable', flag, 'packets are dropped, and the sender is told'),
  keyword('prohibit', flag, 'packets are forbidden, and the sender is told'),
];

const DESTINATION = either(prefix, choice('default', 'default6', 'any', 'all'));

function addressEntry(...more: readonly Keyword[]): Phrase {
  return {
    slots: [{ name: 'ADDRESS[/LENGTH]', argument: prefix }],
    options: tableOf(...ADDRESS, ...more),
  };
}

function routeEntry(...more: readonly Keyword[]): Phrase {
  return {
    slots: [{ name: 'DESTINATION', argument: DESTINATION, optional: true }],
    options: tableOf(...ROUTE, ...more),
    loose: true,
    needs: ['DESTINATION', 'to'],
    alternatives: ROUTE_TYPES,
    neverBoth: [
      ['via', 'nexthop'],
      ['or', 'nexthop'],
    ],
    indivisible: true,
  };
}

function ruleEntry(...more: readonly Keyword[]): Phrase {
  return {
    slots: [],
    options: tableOf(...RULE, ...more),
    needs: ['table', 'lookup', 'l3mdev', ...RULE_ACTIONS],
    alternatives: ['table', 'l3mdev', ...RULE_ACTIONS],
    indivisible: true,
  };
}

export const ROUTING: Readonly<Record<RoutingName, Phrase>> = {
  address: addressEntry(keyword('use_vmac', flag, 'on a macvlan of its interface')),
  'static address': addressEntry(TRACK_GROUP),
  route: routeEntry(),
  'static route': routeEntry(TRACK_GROUP),
  gateway: {
    slots: [
      { name: 'inet|inet6', argument: choice('inet', 'inet6'), optional: true },
      { name: 'ADDRESS', argument: address },
    ],
    options: new Map(),
  },
  translation: {
    slots: [
      { name: 'to', argument: choice('to'), optional: true },
      { name: 'ADDRESS', argument: address },
    ],
    options: new Map(),
  },
  'next hop': {
    slots: [],
    options: tableOf(...HOP, keyword('weight', integer(1, 256), 'share of the packets')),
    needs: ['via', 'dev', 'oif'],
    indivisible: true,
  },
  encapsulation: {
    slots: [],
    options: tableOf(
      keyword('ip', phrase('encapsulation ip'), 'in IPv4'),
      keyword('ip6', phrase('encapsulation ip6'), 'in IPv6'),
      keyword('mpls', form('labels'), 'with labels'),
      keyword('ila', form('locator'), 'with a locator'),
    ),
    needs: ['ip', 'ip6', 'mpls', 'ila'],
    alternatives: ['ip', 'ip6', 'mpls', 'ila'],
  },
  'encapsulation ip': {
    slots: [],
    options: tableOf(
      keyword('id', UINT, 'of the tunnel'),
      keyword('dst', { is: 'address', family: 'ipv4' }, 'outer destination'),
      keyword('src', { is: 'address', family: 'ipv4' }, 'outer source'),
      keyword('tos', BYTE, 'outer type of service'),
      keyword('ttl', integer(0, 255, { unit: 'hops' }), 'outer TTL'),
      keyword('flags', TUNNEL_FLAGS, 'of the tunnel: 1 checksum, 4 key, 8 sequence'),
    ),
  },
  'encapsulation ip6': {
    slots: [],
    options: tableOf(
      keyword('id', UINT, 'of the tunnel'),
      keyword('dst', { is: 'address', family: 'ipv6' }, 'outer destination'),
      keyword('src', { is: 'address', family: 'ipv6' }, 'outer source'),
      keyword('tc', BYTE, 'outer traffic class'),
      keyword('hoplimit', integer(0, 255, { unit: 'hops' }), 'outer hop limit'),
      keyword('flags', TUNNEL_FLAGS, 'of the tunnel: 1 checksum, 4 key, 8 sequence'),
    ),
  },
  'number that may be locked': locked(DECIMAL),
  'time that may be locked': locked(form('time')),
  'name that may be locked': locked(word),
  rule: ruleEntry(),
  'static rule': ruleEntry(TRACK_GROUP),
};
