import { describe, expect, test } from 'vitest';
import { DirectorError } from '../../src/base/error.ts';
import { type Asked, meantBy } from '../../src/drain/names.ts';
import type { Order } from '../../src/model/drain.ts';
import { nameOfVirtualServer } from '../../src/model/names.ts';
import type { ServiceKey } from '../../src/model/virtual-server.ts';
import { realServer, serviceKey, sorryServer, virtualServer } from '../health/make.ts';
import { GIVEN } from './make.ts';

const reals = [realServer('10.1.0.3'), realServer('fd00::1', { port: 443 })];
const udp: ServiceKey = {
  kind: 'address',
  family: 'ipv4',
  protocol: 'udp',
  address: '192.0.2.1',
  port: 80,
};
const mark = (family: 'ipv4' | 'ipv6'): ServiceKey => ({ kind: 'fwmark', family, mark: 7 });

const CONFIGURED = [
  virtualServer({ realServers: reals, sorryServer: sorryServer() }),
  virtualServer({ keys: [udp], realServers: reals.slice(0, 1) }),
  virtualServer({
    keys: [serviceKey('192.0.2.2'), serviceKey('192.0.2.3')],
    group: 'web',
    realServers: [...reals, realServer('10.1.0.3', { port: 8080 })],
  }),
  virtualServer({ keys: [mark('ipv4')], realServers: [realServer('10.1.0.9')] }),
  virtualServer({ keys: [mark('ipv6')], realServers: [realServer('fd00::9')] }),
];

function meant(realServerName: string, virtualServerName: string | null = null) {
  const asked: Asked = { realServer: realServerName, virtualServer: virtualServerName };
  const { target, servers } = meantBy(asked, CONFIGURED, { orders: [], leaving: [] });
  return {
    target,
    servers: servers.map(nameOfVirtualServer),
  };
}

function refusal(realServerName: string, virtualServerName: string | null = null): string {
  try {
    meant(realServerName, virtualServerName);
  } catch (error) {
    if (error instanceof DirectorError && error.code === 'UNKNOWN_SERVER') {
      return `${error.message} | ${error.hint}`;
    }
    throw error;
  }
  throw new Error('it was understood');
}

describe('a real server', () => {
  test('is meant wherever it is', () => {
    expect(meant('10.1.0.3:80')).toEqual({
      target: { realServer: '10.1.0.3:80', virtualServer: null },
      servers: ['192.0.2.1:80 tcp', '192.0.2.1:80 udp', 'group web tcp'],
    });
  });

  test('of IPv6 may be written as one likes', () => {
    expect(meant('[FD00:0::0001]:443').target.realServer).toBe('[fd00::1]:443');
  });

  test('of every port is named by its address', () => {
    const everyPort = virtualServer({ realServers: [realServer('10.1.0.3', { port: 0 })] });
    const asked = { realServer: '10.1.0.3', virtualServer: null };
    const besides = { orders: [], leaving: [] };
    expect(meantBy(asked, [everyPort], besides).target.realServer).toBe('10.1.0.3:0');
    expect(() => meantBy(asked, [everyPort, ...CONFIGURED], besides)).toThrow(/has a port, too/);
  });

  test.each([
    ['10.1.0.4:80', 'no virtual server has a real server 10.1.0.4:80 | did you mean 10.1.0.3:80?'],
    [
      '10.1.0.3:88',
      'no virtual server has a real server 10.1.0.3:88 | there is 10.1.0.3:80 or 10.1.0.3:8080',
    ],
    [
      '10.1.0.3',
      '10.1.0.3 is an address, and a real server has a port, too | there is 10.1.0.3:80 or 10.1.0.3:8080',
    ],
    ['fd00::9', 'fd00::9 is an address, and a real server has a port, too | there is [fd00::9]:80'],
    ['10.1.0:80', '"10.1.0:80" is no real server | did you mean 10.1.0.3:80?'],
    ['web1', '"web1" is no real server | lvsctl show lists virtual servers and their real servers'],
    [
      '203.0.113.77:25',
      'no virtual server has a real server 203.0.113.77:25 | lvsctl show lists virtual servers and their real servers',
    ],
    [
      '10.0.0.9:80',
      '10.0.0.9:80 is a sorry server: it serves only when the quorum is lost, and is not drained | a real server is drained, disabled and enabled',
    ],
    ['', '"" is no real server | lvsctl show lists virtual servers and their real servers'],
    [
      '10.1.0.3:99999',
      '"10.1.0.3:99999" is no real server | lvsctl show lists virtual servers and their real servers',
    ],
  ])('"%s" is refused with what may be meant', (name, told) => {
    expect(refusal(name)).toBe(told);
  });
});

describe('a virtual server', () => {
  test.each([
    ['192.0.2.1:80 tcp', '192.0.2.1:80 tcp'],
    ['192.0.2.1:80/udp', '192.0.2.1:80 udp'],
    ['web', 'group web tcp'],
    ['web/tcp', 'group web tcp'],
    ['group web', 'group web tcp'],
  ])('may be written "%s"', (written, name) => {
    const found = meant('10.1.0.3:80', written);
    expect(found.target.virtualServer).toBe(name);
    expect(found.servers).toEqual([name]);
  });

  test('by firewall mark may be written without family where that is clear', () => {
    expect(meant('10.1.0.9:80', 'fwmark 7 ipv4').servers).toEqual(['fwmark 7 ipv4']);
    expect(refusal('10.1.0.9:80', 'fwmark 7')).toBe(
      '"fwmark 7" could be fwmark 7 ipv4 or fwmark 7 ipv6 | write "fwmark 7 ipv4"',
    );
  });

  test.each([
    [
      '192.0.2.1:80',
      '"192.0.2.1:80" could be 192.0.2.1:80 tcp or 192.0.2.1:80 udp | write "192.0.2.1:80 tcp"',
    ],
    ['wbe', 'there is no virtual server "wbe" | did you mean web?'],
    [
      '192.0.2.1:81/tcp',
      'there is no virtual server "192.0.2.1:81/tcp" | did you mean 192.0.2.1:80 tcp?',
    ],
    [
      '192.0.2.3:80',
      '192.0.2.3:80 is one of several services of group web tcp, which share their real servers | write "web"',
    ],
    [
      'fwmark 7 ipv6',
      'virtual server fwmark 7 ipv6 has no real server 10.1.0.3:80 | it is in 192.0.2.1:80 tcp, 192.0.2.1:80 udp or group web tcp',
    ],
  ])('"%s" is refused with what may be meant', (written, told) => {
    expect(refusal('10.1.0.3:80', written)).toBe(told);
  });
});

test('an order for what is configured no longer can be lifted', () => {
  const order: Order = {
    kind: 'disable',
    realServer: '10.1.0.77:80',
    virtualServer: '192.0.2.9:80 tcp',
    sinceMs: 0,
    ...GIVEN,
  };
  const asked = { realServer: '10.1.0.77:80', virtualServer: '192.0.2.9:80' };
  expect(meantBy(asked, CONFIGURED, { orders: [order], leaving: [] })).toEqual({
    target: { realServer: '10.1.0.77:80', virtualServer: '192.0.2.9:80 tcp' },
    servers: [],
    leaving: [],
  });
});

test('what a reload has removed and still drains is meant by name and by its virtual server', () => {
  const left = (realServerName: string, virtualServerName: string) => ({
    realServer: realServerName,
    virtualServer: virtualServerName,
  });
  const leaving = [
    left('10.1.0.88:80', '192.0.2.9:80 tcp'),
    left('10.1.0.88:80', '192.0.2.8:80 tcp'),
  ];
  const find = (virtualServerName: string | null) =>
    meantBy(left('10.1.0.88:80', virtualServerName as string), CONFIGURED, { orders: [], leaving });
  expect(find(null)).toMatchObject({ servers: [], leaving });
  expect(find('192.0.2.8:80')).toMatchObject({
    target: { virtualServer: '192.0.2.8:80 tcp' },
    leaving: leaving.slice(1),
  });
  expect(() => find('192.0.2.7:80')).toThrow('there is no virtual server');
});
