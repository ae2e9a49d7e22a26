import { expect, test } from 'vitest';
import { arpHost } from '../../../src/daemon/health/arp-watch.ts';
import type { LinkAddressState } from '../../../src/wire/rtnl/addresses.ts';
import type { Link } from '../../../src/wire/rtnl/links.ts';
import { ETH0, ETH0_ADDRESS } from '../../world/eth0.ts';

const link = (index: number, name: string, changes: Partial<Link> = {}): Link => ({
  ...ETH0,
  index,
  name,
  mac: `02:00:00:00:00:0${index}`,
  ...changes,
});

const on = (interfaceIndex: number, address: string, prefixLength: number): LinkAddressState => ({
  ...ETH0_ADDRESS,
  interfaceIndex,
  family: address.includes(':') ? 'ipv6' : 'ipv4',
  address,
  prefixLength,
});

test('links that speak ARP with their networks, and the addresses of all links', () => {
  const links = [
    link(1, 'lo', { loopback: true }),
    link(2, 'eth0'),
    link(3, 'eth1', { running: false }),
    link(4, 'tun0', { noArp: true, mac: null }),
    link(5, 'ib0', { mac: '80:00:02:08:fe:80:00:00:00:00:00:00:00:02:c9:03:00:00:00:01' }),
  ];
  const addresses = [
    on(1, '127.0.0.1', 8),
    on(1, '192.0.2.10', 32),
    on(2, '192.0.2.2', 24),
    on(2, 'fd00::2', 64),
    on(4, '10.9.0.1', 30),
  ];
  expect(arpHost(links, addresses)).toEqual({
    held: new Set(['127.0.0.1', '192.0.2.10', '192.0.2.2', '10.9.0.1']),
    links: [
      {
        index: 2,
        name: 'eth0',
        mac: '02:00:00:00:00:02',
        networks: [{ address: '192.0.2.2', prefixLength: 24 }],
      },
    ],
  });
});
