/** Lines of routes, rules and addresses → the model. */
import { describe, expect, test } from 'vitest';
import type { VirtualRoute, VirtualRule } from '../../src/model/route.ts';
import type { VirtualAddress } from '../../src/model/vrrp.ts';
import { load } from './world.ts';

const FILES = {
  '/etc/iproute2/rt_tables': '# of this machine\n300 web\n0x190 mail # four hundred\n',
  '/usr/share/iproute2/rt_tables.d/more.conf': '500 web\n501 dmz\n',
  '/etc/protocols': 'ipencap 4 IP-ENCAP\n',
};

function instanceWith(block: string, line: string) {
  const text = `vrrp_instance VI_1 {
    interface eth1
    virtual_router_id 51
    ${block} {
        ${line}
    }
}
`;
  const { director, diagnostics } = load(text, { files: FILES });
  return { instance: director?.vrrp.instances[0], codes: diagnostics.map(({ code }) => code) };
}

const route = (line: string): VirtualRoute | undefined =>
  instanceWith('virtual_routes', line).instance?.routes[0];
const rule = (line: string): VirtualRule | undefined =>
  instanceWith('virtual_rules', line).instance?.rules[0];
const address = (line: string): VirtualAddress | undefined =>
  instanceWith('virtual_ipaddress', line).instance?.addresses[0];

describe('a route', () => {
  test.each<[string, Partial<VirtualRoute>]>([
    ['10.1.0.0/16 table web', { table: 300, destination: { address: '10.1.0.0', length: 16 } }],
    ['10.1.0.0/16 table mail metric 0x10 tos 4', { table: 400, metric: 16, tos: 4 }],
    ['10.1.0.0/16 table dmz protocol static scope link', { table: 501, protocol: 4, scope: 253 }],
    ['default via 2001:db8::1', { family: 'ipv6', destination: { address: '::', length: 0 } }],
    ['blackhole 10.1.0.0/16', { type: 'blackhole', hops: [] }],
    ['10.1.0.0/16 append no_track', { place: 'append', untracked: true }],
    ['10.1.0.0/16 vrf red', { vrf: 'red' }],
    [
      '10.1.0.0/16 mtu lock 1400 rtt 30ms rttvar 1s window 9 congctl reno',
      {
        metrics: [
          { name: 'mtu', value: 1400, locked: true },
          { name: 'window', value: 9, locked: false },
          { name: 'rtt', value: 240, locked: false },
          { name: 'rttVariation', value: 4000, locked: false },
          { name: 'congestionControl', value: 'reno', locked: false },
        ],
      },
    ],
  ])('%s', (line, expected) => {
    expect(route(line)).toMatchObject(expected);
  });

  test('without gateway leads out of the interface of the instance, with one where it is', () => {
    expect(route('10.1.0.0/16')?.hops[0]?.interface).toBe('eth1');
    expect(route('10.1.0.0/16 via 192.0.2.1')?.hops[0]?.interface).toBeNull();
    expect(route('10.1.0.0/16 via inet6 fe80::1')?.hops).toMatchObject([
      { gateway: 'fe80::1', interface: 'eth1' },
    ]);
    expect(route('10.1.0.0/16 dev eth0')?.hops[0]?.interface).toBe('eth0');
  });

  test('with several ways keeps all of them', () => {
    const line =
      '10.1.0.0/16 nexthop via 192.0.2.1 weight 3 nexthop via 192.0.2.9 onlink realms 5/6';
    expect(route(line)?.hops).toMatchObject([
      { gateway: '192.0.2.1', weight: 3, onLink: false },
      { gateway: '192.0.2.9', weight: 1, onLink: true, realms: 0x50006 },
    ]);
  });

  test('of two gateways by "or" leads over both, out of the interface that is named', () => {
    const both = route('10.1.0.0/16 via 192.0.2.1 or 192.0.2.9 dev eth0 metric 3');
    expect(both?.hops).toMatchObject([
      { gateway: '192.0.2.1', interface: 'eth0', weight: 1 },
      { gateway: '192.0.2.9', interface: 'eth0', weight: 1 },
    ]);
    expect(route('default or 2001:db8::9')).toMatchObject({
      family: 'ipv6',
      hops: [{ gateway: '2001:db8::9' }],
    });
    // The second one of these does not count.
    const twice = instanceWith('virtual_routes', '10.1.0.0/16 or 192.0.2.1 or 192.0.2.9');
    expect(twice.instance?.routes[0]?.hops).toMatchObject([{ gateway: '192.0.2.1' }]);
    expect(twice.codes).toContain('repeated');
  });

  test.each(['via 192.0.2.1', 'gw 192.0.2.1', 'or 192.0.2.1'])(
    'with "%s" beside "nexthop" is refused: the kernel would not take it, either',
    (gateway) => {
      const line = `10.1.0.0/16 ${gateway} nexthop via 192.0.2.9`;
      expect(instanceWith('virtual_routes', line).codes).toEqual(
        expect.arrayContaining(['contradiction']),
      );
    },
  );

  test('with what the kernel keeps for MPLS routes only is told so', () => {
    for (const words of ['as to 192.0.2.9', 'ttl-propagate enabled']) {
      const { instance, codes } = instanceWith('virtual_routes', `10.1.0.0/16 ${words}`);
      expect(instance?.routes).toHaveLength(1);
      expect(codes).toContain('no-effect');
    }
  });

  test('into a tunnel with flags of more than 16 bits is told', () => {
    const encap = (flags: number) =>
      instanceWith('virtual_routes', `10.1.0.0/16 encap ip dst 192.0.2.9 flags ${flags}`).codes;
    expect(encap(0x1_0000)).toContain('out-of-range');
    expect(encap(0xffff)).not.toContain('out-of-range');
  });

  test('into a tunnel', () => {
    expect(route('10.1.0.0/16 encap mpls 100/200 dev eth0')?.hops[0]?.encapsulation).toEqual({
      type: 'mpls',
      labels: [100, 200],
    });
    expect(route('10.1.0.0/16 encap ip id 5 dst 192.0.2.9 ttl 3 dev eth0')?.hops).toMatchObject([
      { encapsulation: { type: 'ip', id: 5, destination: '192.0.2.9', ttl: 3, source: null } },
    ]);
    expect(route('2001:db8::/32 encap ila 2001:db8:0:1 dev eth0')?.hops).toMatchObject([
      { encapsulation: { type: 'ila', locator: '20010db800000001' } },
    ]);
  });

  test('in a table of a name that nobody knows is told, and main is not taken for it in silence', () => {
    expect(instanceWith('virtual_routes', '10.1.0.0/16 table nowhere').codes).toContain(
      'unknown-reference',
    );
  });
});

describe('a rule', () => {
  test('with a mark that is no octal number is told', () => {
    expect(instanceWith('virtual_rules', 'from all fwmark 08 table 300').codes).toContain(
      'bad-value',
    );
  });

  test.each<[string, Partial<VirtualRule>]>([
    [
      'from 10.1.0.0/16 to 10.2.0.0/16 table web priority 500 fwmark 0x10/0xff',
      {
        source: { address: '10.1.0.0', length: 16 },
        destination: { address: '10.2.0.0', length: 16 },
        action: { do: 'table', table: 300 },
        priority: 500,
        mark: { value: 16, mask: 255 },
      },
    ],
    [
      'not iif eth0 ipproto tcp sport 1-9 dport 80-80 uidrange 5-7 goto 900',
      {
        not: true,
        inputInterface: 'eth0',
        ipProtocol: 6,
        sourcePorts: { first: 1, last: 9 },
        destinationPorts: { first: 80, last: 80 },
        users: { first: 5, last: 7 },
        action: { do: 'goto', priority: 900 },
      },
    ],
    ['ipproto ipencap l3mdev', { ipProtocol: 4, action: { do: 'l3mdev' } }],
    [
      'from fd00::1 suppress_prefixlength 0 lookup main tunnel-id 9',
      {
        family: 'ipv6',
        suppressPrefixLength: 0,
        tunnelId: 9,
        action: { do: 'table', table: 254 },
      },
    ],
    // The mask of all bits is that of no mask: the kernel shows none, and what is removed is found again.
    ['from 10.1.0.0/16 fwmark 0x1/0xffffffff table 300', { mark: { value: 1, mask: null } }],
    ['from 10.1.0.0/16 fwmark 010/017 table 300', { mark: { value: 8, mask: 15 } }],
    ['inet6 from all prohibit', { family: 'ipv6', source: null, action: { do: 'prohibit' } }],
  ])('%s', (line, expected) => {
    expect(rule(line)).toMatchObject(expected);
  });
});

describe('an address', () => {
  test.each<[string, Partial<VirtualAddress>]>([
    ['10.0.0.1 peer 10.0.0.2/30', { peer: '10.0.0.2', prefixLength: 30 }],
    ['10.0.0.1/24 brd -', { broadcast: '10.0.0.0' }],
    [
      '10.0.0.1/24 scope 10 preferred_lft 0 no_track',
      { scope: 10, preferredSeconds: 0, untracked: true },
    ],
    [
      'fd00::1/64 -nodad home mngtmpaddr noprefixroute',
      { flags: ['dad', 'home', 'mngtmpaddr', 'noprefixroute'] },
    ],
  ])('%s', (line, expected) => {
    expect(address(line)).toMatchObject(expected);
  });

  test('vrrp-A6 of IPv6 without a network is deprecated, unless told otherwise', () => {
    expect(address('fd00::1')?.preferredSeconds).toBe(0);
    expect(address('fd00::1/64')?.preferredSeconds).toBeUndefined();
    expect(address('fd00::1 preferred_lft forever')?.preferredSeconds).toBeUndefined();
    expect(address('10.0.0.1')?.preferredSeconds).toBeUndefined();
  });
});

describe('static entries', () => {
  const withRoute = (group: string) =>
    load(`track_group G {
    group {
        VI_1
    }
}
static_ipaddress {
    192.0.2.77/24 dev eth0 track_group G
}
static_routes {
    10.9.0.0/16 via 192.0.2.1 track_group ${group}
}
vrrp_instance VI_1 {
    virtual_router_id 51
}
`);

  test('are followed by the instances of their track_group', () => {
    expect(withRoute('G').director?.vrrp.statics).toMatchObject({
      addresses: [{ entry: { address: '192.0.2.77' }, followers: ['VI_1'] }],
      routes: [{ followers: ['VI_1'] }],
      rules: [],
    });
  });

  test('of a track_group that is nowhere are told', () => {
    const messages = withRoute('H').diagnostics.map(({ message }) => message);
    expect(messages).toContain('there is no track_group "H"');
  });
});

describe('announcements', () => {
  const announce = (globals: string, own = '') =>
    load(`global_defs {\n${globals}\n}\nvrrp_instance VI_1 {\nvirtual_router_id 51\n${own}\n}\n`)
      .director?.vrrp;

  test('vrrp-A4 are five at once, and five more after five seconds', () => {
    expect(announce('')?.instances[0]?.announce).toMatchObject({
      repeat: 5,
      secondAfterMs: 5000,
      refreshMs: 0,
      form: 'request',
      extraEveryMs: null,
    });
  });

  test('vrrp-A4 with vrrp_min_garp are one, and none later', () => {
    expect(announce('vrrp_min_garp')?.instances[0]?.announce).toMatchObject({
      repeat: 1,
      secondAfterMs: 0,
      lowerPriorityRepeat: 1,
      lowerPriorityDelayMs: 0,
    });
  });

  test('vrrp-A3 are replies where garp_form says so', () => {
    expect(announce('vrrp_garp_form both')?.instances[0]?.announce.form).toBe('both');
    expect(announce('vrrp_garp_form both', 'garp_form reply')?.instances[0]?.announce.form).toBe(
      'reply',
    );
  });

  test('are repeated on all interfaces by garp_extra_if', () => {
    for (const word of ['garp_extra_if', 'vmac_garp_intvl']) {
      expect(announce('', `${word} all 30`)?.instances[0]?.announce.extraEveryMs).toBe(30_000);
    }
    const extra = (globals: string, lines: string) =>
      announce(globals, lines)?.instances[0]?.announce.extraEveryMs;
    expect(extra('vrrp_garp_extra_if 30', 'garp_extra_if 0')).toBeNull();
  });

  test('are repeated without "all" where there is a virtual MAC only', () => {
    const extra = (lines: string) =>
      announce('vrrp_vmac_garp_intvl 30', lines)?.instances[0]?.announce.extraEveryMs;
    expect([extra(''), extra('use_vmac')]).toEqual([null, 30_000]);
  });

  test('have gaps by interface and by group', () => {
    const { director } = load(`global_defs {
    vrrp_garp_interval 0.01
}
garp_group {
    gna_interval 0.5
    interface eth0
    interfaces {
        eth1
    }
}
vrrp_instance VI_1 {
    virtual_router_id 51
}
`);
    expect(director?.vrrp.announceGaps).toEqual({
      standard: { arpMs: 10, neighbourMs: 0 },
      groups: [{ arpMs: 0, neighbourMs: 500, interfaces: ['eth0', 'eth1'] }],
    });
  });
});
