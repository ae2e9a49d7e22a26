/** Requests for addresses, routes and rules, octet by octet what ip(8) sends for the same. */
import { describe, expect, test } from 'vitest';
import { toHex } from '../../../src/base/bytes.ts';
import {
  encodeDeleteAddress,
  encodeNewAddress,
  type LinkAddress,
} from '../../../src/wire/rtnl/addresses.ts';
import type { Encapsulation } from '../../../src/wire/rtnl/encapsulation.ts';
import { decodeNotification } from '../../../src/wire/rtnl/notification.ts';
import { RouteMessage } from '../../../src/wire/rtnl/numbers.ts';
import {
  decodeRoute,
  encodeDeleteRoute,
  encodeNewRoute,
  type Route,
  type RouteHop,
} from '../../../src/wire/rtnl/routes.ts';
import {
  decodeRule,
  encodeGetRules,
  encodeRule,
  type RoutingRule,
} from '../../../src/wire/rtnl/rules.ts';
import { ruleOf } from '../../daemon/vrrp/rules.ts';
import { captureNamed, onlyMessage, payloadOf, readCaptures } from '../capture.ts';
import { sorted } from './attributes.ts';

const captures = readCaptures('rtnl-routes');
const asked = (title: string): Uint8Array => payloadOf(captureNamed(captures, title).requests[0]);

const V0 = 2;

const ADDRESS: LinkAddress = {
  interfaceIndex: V0,
  family: 'ipv4',
  address: '10.0.0.9',
  prefixLength: 24,
  scope: 'global',
};

describe('an address is asked for as by', () => {
  test.each<[string, LinkAddress]>([
    [
      'ip addr add 10.1.0.1 peer',
      { ...ADDRESS, address: '10.1.0.1', prefixLength: 32, peer: '10.1.0.2' },
    ],
    [
      'ip addr add 10.0.0.9/24',
      {
        ...ADDRESS,
        broadcast: '10.0.0.255',
        label: 'v0:x',
        noPrefixRoute: true,
        preferredSeconds: 0,
      },
    ],
    [
      'ip -6 addr add fd00::9/128',
      {
        ...ADDRESS,
        family: 'ipv6',
        address: 'fd00::9',
        prefixLength: 128,
        preferredSeconds: 0,
        noDad: true,
        home: true,
        managesTemporary: true,
      },
    ],
    [
      'ip addr add 239.0.0.1/32',
      { ...ADDRESS, address: '239.0.0.1', prefixLength: 32, autoJoin: true, scope: 17 },
    ],
  ])('%s', (title, address) => {
    expect(sorted(encodeNewAddress(address), 8)).toEqual(sorted(asked(title), 8));
  });

  test('ip addr del of a point-to-point link', () => {
    const key = { ...ADDRESS, address: '10.1.0.1', prefixLength: 32, peer: '10.1.0.2' };
    expect(sorted(encodeDeleteAddress(key), 8)).toEqual(sorted(asked('ip addr del 10.1.0.1'), 8));
  });
});

const HOP: RouteHop = {
  gateway: null,
  interfaceIndex: V0,
  onLink: false,
  weight: 1,
  realms: null,
  encapsulation: null,
};

const ROUTE: Route = {
  family: 'ipv4',
  type: 'unicast',
  destination: { address: '10.9.0.0', length: 16 },
  source: null,
  tos: 0,
  table: 254,
  metric: null,
  protocol: 18,
  scope: 0,
  preferredSource: null,
  metrics: [],
  lifetimeSeconds: null,
  preference: null,
  hops: [{ ...HOP, gateway: '10.0.0.2' }],
};

const to = (address: string, length: number) => ({ destination: { address, length } });
const toV6 = (address: string) => ({
  family: 'ipv6' as const,
  ...to(address, 48),
  hops: [{ ...HOP, gateway: 'fd00::2' }],
});
const number = (
  name: Exclude<Route['metrics'][number]['name'], 'congestionControl'>,
  value: number,
) => ({
  name,
  value,
  locked: false,
});
const TUNNEL: Extract<Encapsulation, { type: 'ip' | 'ip6' }> = {
  type: 'ip',
  id: 5,
  destination: '192.0.2.1',
  source: '192.0.2.2',
  tos: 4,
  ttl: 9,
  flags: null,
};

describe('a route is asked for as by', () => {
  test.each<[string, Partial<Route>]>([
    [
      'ip route add default via 10.0.0.2',
      { ...to('0.0.0.0', 0), table: 300, metric: 7, preferredSource: '10.0.0.1' },
    ],
    [
      'ip route append 10.6.0.0/16',
      {
        ...to('10.6.0.0', 16),
        tos: 4,
        hops: [{ ...HOP, gateway: '10.0.0.2', onLink: true, realms: 0x50006 }],
      },
    ],
    ['ip route prepend blackhole', { ...to('10.7.0.0', 16), type: 'blackhole', hops: [] }],
    [
      'ip route add unreachable',
      { ...to('10.7.1.0', 24), type: 'unreachable', metric: 9, hops: [] },
    ],
    [
      'ip route add 10.8.0.0/16 via inet6',
      { ...to('10.8.0.0', 16), hops: [{ ...HOP, gateway: 'fe80::1' }] },
    ],
    [
      'ip route add 10.9.0.0/16',
      {
        scope: 253,
        hops: [HOP],
        metrics: [
          { name: 'mtu', value: 1400, locked: true },
          number('advertisedMss', 1300),
          number('rtt', 240),
          { name: 'rtoMin', value: 40, locked: true },
          number('window', 1000),
          number('hopLimit', 9),
          number('initialCongestionWindow', 12),
          number('quickAck', 1),
          { name: 'congestionControl', value: 'reno', locked: true },
          number('features', 1),
        ],
      },
    ],
    [
      'ip route add 10.10.0.0/16',
      {
        ...to('10.10.0.0', 16),
        hops: [
          { ...HOP, gateway: '10.0.0.2', weight: 3 },
          { ...HOP, gateway: '10.0.0.3', onLink: true, realms: 7 },
        ],
      },
    ],
    [
      'ip route add 10.11.0.0/16',
      { ...to('10.11.0.0', 16), scope: 253, hops: [{ ...HOP, encapsulation: TUNNEL }] },
    ],
    [
      'ip -6 route add 2001:db8:1::/48',
      { ...toV6('2001:db8:1::'), preference: 'high', lifetimeSeconds: 60 },
    ],
    [
      'ip -6 route add 2001:db8:2::/48',
      { ...toV6('2001:db8:2::'), source: { address: 'fd00::', length: 64 }, metric: 5 },
    ],
    [
      'ip -6 route add 2001:db8:3::/48',
      {
        ...toV6('2001:db8:3::'),
        hops: [
          {
            ...HOP,
            encapsulation: {
              ...TUNNEL,
              type: 'ip6',
              id: 6,
              destination: 'fd00::7',
              source: null,
              ttl: 3,
              tos: 8,
            },
          },
        ],
      },
    ],
    [
      'ip route add 10.12.0.0/16',
      {
        ...to('10.12.0.0', 16),
        hops: [
          { ...HOP, gateway: '10.0.0.2', encapsulation: { type: 'mpls', labels: [100, 200] } },
        ],
      },
    ],
    [
      'ip -6 route add 2001:db8:4::/48',
      {
        ...toV6('2001:db8:4::'),
        hops: [
          {
            ...HOP,
            gateway: 'fd00::2',
            encapsulation: { type: 'ila', locator: '20010db800000001' },
          },
        ],
      },
    ],
  ])('%s', (title, over) => {
    expect(sorted(encodeNewRoute({ ...ROUTE, ...over }), 12)).toEqual(sorted(asked(title), 12));
  });

  test('ip route del', () => {
    const key = { ...ROUTE, ...to('10.8.0.0', 16), hops: [{ ...HOP, gateway: 'fe80::1' }] };
    expect(sorted(encodeDeleteRoute(key), 12)).toEqual(sorted(asked('ip route del unicast'), 12));
  });
});

const RULE = ruleOf({ priority: null, protocol: 18, action: { do: 'table', table: 9 } });

const RULES: readonly (readonly [string, Partial<RoutingRule>])[] = [
  [
    'ip rule add from 10.9.9.0/24',
    {
      source: { address: '10.9.9.0', length: 24 },
      destination: { address: '10.8.0.0', length: 16 },
      action: { do: 'table', table: 300 },
      priority: 500,
      mark: { value: 0x10, mask: 0xff },
      inputInterface: 'v0',
      tos: 4,
    },
  ],
  [
    'ip rule add not from',
    {
      not: true,
      source: { address: '10.9.9.9', length: 32 },
      outputInterface: 'v0',
      action: { do: 'blackhole' },
      priority: 501,
    },
  ],
  [
    'ip rule add uidrange',
    {
      users: { first: 1, last: 5 },
      ipProtocol: 6,
      sourcePorts: { first: 1000, last: 2000 },
      destinationPorts: { first: 80, last: 81 },
      action: { do: 'table', table: 7 },
      priority: 502,
    },
  ],
  ['ip rule add l3mdev', { action: { do: 'l3mdev' }, priority: 503 }],
  ['ip rule add goto', { action: { do: 'goto', priority: 40_000 } }],
  ['ip rule add suppress', { suppressPrefixLength: 8, suppressInterfaceGroup: 3, priority: 505 }],
  ['ip rule add realms', { realms: 0x50006, tunnelId: 2 ** 32 + 5, priority: 506 }],
  [
    'ip -6 rule add',
    {
      family: 'ipv6',
      source: { address: 'fd00::1', length: 128 },
      action: { do: 'prohibit' },
      priority: 508,
    },
  ],
];

describe('a rule is asked for as by', () => {
  test.each(RULES)('%s, and read back', (title, over) => {
    const rule = { ...RULE, ...over };
    expect(sorted(encodeRule(rule), 12)).toEqual(sorted(asked(title), 12));
    expect(decodeRule(encodeRule(rule))).toEqual({ ...rule, priority: rule.priority ?? 0 });
  });
});

describe('what went is told', () => {
  const told = (title: string) =>
    captureNamed(captures, title)
      .replies.map(onlyMessage)
      .map(({ type, payload }) => decodeNotification(type, payload));

  test('a route, with table and metric', () => {
    const route = {
      family: 'ipv4',
      type: 'unicast',
      destination: { address: '10.5.0.0', length: 16 },
      source: null,
      tos: 0,
      table: 300,
      metric: null,
      protocol: 18,
    };
    expect(told('ip route del 10.5.0.0/16')).toEqual([{ event: 'route-gone', route }]);
    expect(told('ip -6 route del')).toMatchObject([
      { route: { destination: { address: '2001:db8:1::', length: 48 }, table: 254, metric: 1024 } },
    ]);
  });

  test('a rule, with all that it selects by', () => {
    expect(told('ip rule del pref 500')).toEqual([
      {
        event: 'rule-gone',
        rule: { ...RULE, ...RULES[0]?.[1], protocol: 0, tos: 0 },
      },
    ]);
    expect(told('ip -6 rule del')).toMatchObject([
      { rule: { users: { first: 1, last: 5 }, sourcePorts: { first: 1, last: 9 } } },
    ]);
    expect(told('ip rule del pref 9')).toMatchObject([{ rule: { action: { do: 'l3mdev' } } }]);
  });

  test('all rules of a family, which are asked for', () => {
    expect(toHex(encodeGetRules('ipv6'))).toBe('0a0000000000000000000000');
  });

  test('that there is another rule', () => {
    expect(decodeNotification(RouteMessage.newRule, encodeRule(RULE))).toEqual({ event: 'rule' });
  });

  test('and a message that is cut short is refused or read, and none throws', () => {
    for (const { requests, replies } of captures) {
      for (const { payload } of [...requests, ...replies].map(onlyMessage)) {
        for (let octets = 0; octets < payload.length; octets += 1) {
          decodeRoute(payload.subarray(0, octets));
          decodeRule(payload.subarray(0, octets));
        }
      }
    }
  });
});
