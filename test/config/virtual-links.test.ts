/** use_vmac, use_ipvlan and their kin: which links there are, what they are called, and which address is on which. */
import { describe, expect, test } from 'vitest';
import type { VrrpInstance } from '../../src/model/vrrp.ts';
import { load } from './world.ts';

function instances(text: string): readonly VrrpInstance[] {
  return load(text).director?.vrrp.instances ?? [];
}

function instance(lines: string, { globals = '', vips = '192.0.2.10/24' } = {}): VrrpInstance {
  const [one] = instances(`global_defs {\n${globals}\n}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    ${lines}
    virtual_ipaddress {\n${vips}\n}
}
`);
  if (one === undefined) throw new Error('there is no instance');
  return one;
}

const V6 = { vips: 'fe80::10\n2001:db8::10/64' };

describe('vrrp-T5: a virtual MAC', () => {
  test('is of the family and the VRID, on a private macvlan named by them', () => {
    expect(instance('use_vmac').links).toMatchObject({
      own: {
        name: 'vrrp.51',
        kind: 'macvlan',
        base: 'eth0',
        mac: '00:00:5e:00:01:33',
        isolation: 'private',
        group: 0,
      },
      sendsFromBase: false,
    });
    expect(instance('use_vmac', V6).links.own).toMatchObject({
      name: 'vrrp6.51',
      mac: '00:00:5e:00:02:33',
    });
  });

  test('may be another one, of five octets with the VRID behind them', () => {
    expect(instance('use_vmac 2:0:0:0:0:7').links.own?.mac).toBe('02:00:00:00:00:07');
    expect(instance('use_vmac 02:00:00:00:0A').links.own?.mac).toBe('02:00:00:00:0a:33');
  });

  test('has a link of another name and group, if that is said', () => {
    const { own } = instance('use_vmac name lb0 group 7').links;
    expect([own?.name, own?.group]).toEqual(['lb0', 7]);
    expect(instance('use_vmac', { globals: 'vmac_prefix lb' }).links.own?.name).toBe('lb.51');
  });

  test('takes the addresses of the interface along, and no others', () => {
    const vips = '192.0.2.10/24\n192.0.2.11/24 dev eth0\n198.51.100.10/24 dev eth1';
    const { addresses } = instance('use_vmac', { vips });
    expect(addresses.map((one) => one.interface)).toEqual(['vrrp.51', 'vrrp.51', 'eth1']);
  });

  test('is not advertised with where vmac_xmit_base says so, and among peers', () => {
    expect(instance('use_vmac\nvmac_xmit_base').links.sendsFromBase).toBe(true);
    const peers =
      'use_vmac\nvmac_xmit_base\nunicast_src_ip 192.0.2.2\nunicast_peer {\n192.0.2.3\n}';
    expect(instance(peers).links.sendsFromBase).toBe(true);
  });
});

describe('addresses of other interfaces', () => {
  const vips = '192.0.2.10/24\n198.51.100.10/24 dev eth1\n198.51.100.11/24 dev eth1';

  test('have one link for each interface with use_vmac_addr', () => {
    const { links, addresses } = instance('use_vmac\nuse_vmac_addr', { vips });
    expect(links.others).toMatchObject([
      { name: 'vrrp1.51', base: 'eth1', mac: '00:00:5e:00:01:33' },
    ]);
    expect(addresses.map((one) => one.interface)).toEqual(['vrrp.51', 'vrrp1.51', 'vrrp1.51']);
  });

  test('have one where their own line says so', () => {
    const own = '192.0.2.10/24\n198.51.100.10/24 dev eth1 use_vmac\n198.51.100.11/24 dev eth1';
    const { addresses } = instance('use_vmac', { vips: own, globals: 'vmac_addr_prefix lb' });
    expect(addresses.map((one) => one.interface)).toEqual(['vrrp.51', 'lb1.51', 'eth1']);
  });

  test('of the other family have a MAC of theirs', () => {
    const more = 'use_vmac\nuse_vmac_addr\nvirtual_ipaddress_excluded {\n2001:db8::10/64\n}';
    const { links, excludedAddresses } = instance(more);
    expect(links.others).toMatchObject([{ base: 'eth0', mac: '00:00:5e:00:02:33' }]);
    expect(excludedAddresses[0]?.interface).toBe(links.others[0]?.name);
  });

  test('get names that no other instance has', () => {
    const one = (name: string, vip: string, other: string) => `vrrp_instance ${name} {
    interface eth0
    virtual_router_id 51
    use_vmac
    use_vmac_addr
    virtual_ipaddress {\n${vip}\n${other} dev eth1\n}
}
`;
    const both = instances(
      one('A', '192.0.2.10/24', '198.51.100.10/24') + one('B', 'fe80::10', '2001:db8::10/64'),
    );
    const names = both.flatMap(({ links }) => [links.own, ...links.others].map((it) => it?.name));
    expect(names).toEqual(['vrrp.51', 'vrrp1.51', 'vrrp6.51', 'vrrp2.51']);
  });
});

describe('an ipvlan', () => {
  test('has the MAC of its interface, an address of its own that adverts come from, and a mode', () => {
    const one = instance('use_ipvlan ipv0 192.0.2.4/24 vepa');
    expect(one.links).toMatchObject({
      own: { name: 'ipv0', kind: 'ipvlan', mac: null, isolation: 'vepa' },
      ownAddress: { address: '192.0.2.4', prefixLength: 24, interface: 'ipv0' },
      sendsFromBase: true,
    });
    expect([one.sourceAddress, one.addresses[0]?.interface]).toEqual(['192.0.2.4', 'ipv0']);
    expect(instance('use_ipvlan').links.own?.isolation).toBe('bridge');
  });

  test('has its address from start to stop', () => {
    const { director } = load(`vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    use_ipvlan 192.0.2.4/24
    virtual_ipaddress {\n192.0.2.10/24\n}
}
`);
    expect(director?.vrrp.statics.addresses).toMatchObject([
      { entry: { address: '192.0.2.4', interface: 'vrrp.51' }, followers: ['VI_1'] },
    ]);
  });
});

test('vrf, promote_secondaries and native_ipv6 are taken in', () => {
  expect(instance('vrf red\npromote_secondaries').links).toMatchObject({
    own: null,
    vrf: 'red',
    promoteSecondaries: true,
  });
  expect(instance('use_vmac\nvrf red').links.own?.vrf).toBe('red');
  expect(instance('native_ipv6', { vips: '' }).family).toBe('ipv6');
});

test('dynamic_interfaces: an interface that is not there yet is nothing to tell of', () => {
  const text = (globals: string) => `global_defs {\n${globals}\n}
vrrp_instance VI_1 {
    interface eth7
    virtual_router_id 51
    virtual_ipaddress {\n192.0.2.10/24 dev eth7\n}
}
`;
  const codes = (globals: string) => load(text(globals)).diagnostics.map(({ code }) => code);
  expect(codes('')).toContain('unknown-interface');
  expect(codes('dynamic_interfaces')).not.toContain('unknown-interface');
});
