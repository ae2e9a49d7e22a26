import { expect, test } from 'vitest';
import { KnownLinks } from '../../../src/daemon/vrrp/links.ts';
import { renewedLinks } from '../../../src/daemon/vrrp/network-changes.ts';
import type { Network } from '../../../src/kernel/network.ts';
import type { LinkAddressState } from '../../../src/wire/rtnl/addresses.ts';
import type { Link } from '../../../src/wire/rtnl/links.ts';
import { ETH0 } from '../../world/eth0.ts';

const on = (address: string, family: 'ipv4' | 'ipv6'): Partial<LinkAddressState> => ({
  interfaceIndex: 2,
  family,
  address,
  prefixLength: family === 'ipv4' ? 24 : 64,
  secondary: false,
  tentative: false,
});

async function linksWith(...addresses: readonly Partial<LinkAddressState>[]): Promise<KnownLinks> {
  const network: Partial<Network> = {
    readLinks: async () => [ETH0],
    readAddresses: async () => addresses as LinkAddressState[],
  };
  const links = new KnownLinks(network as Network);
  await links.read();
  return links;
}

test('vrrp-T4 an address of ours that a dead process left is never the source of advertisements', async () => {
  const links = await linksWith(
    on('fe80::51', 'ipv6'),
    on('fe80::ff:fe00:1', 'ipv6'),
    on('192.0.2.10', 'ipv4'),
    on('192.0.2.2', 'ipv4'),
  );
  expect(links.find('eth0', 'ipv6')?.primaryAddress).toBe('fe80::51');
  links.setVirtual(['fe80::51', '192.0.2.10']);
  expect(links.find('eth0', 'ipv6')?.primaryAddress).toBe('fe80::ff:fe00:1');
  expect(links.find('eth0', 'ipv4')?.primaryAddress).toBe('192.0.2.2');
});

test.each<[string, Partial<Link>, readonly Link[] | null, unknown]>([
  ['that stays as it is is not', {}, null, []],
  ['that was made anew is another', { index: 7 }, null, [{ name: 'eth0', isAnother: true }]],
  ['that was not there is another', {}, [], [{ name: 'eth0', isAnother: true }]],
  [
    'with another MAC is another',
    { mac: '02:00:00:00:00:09' },
    null,
    [{ name: 'eth0', isAnother: true }],
  ],
  [
    'that carries packets again came back',
    {},
    [{ ...ETH0, running: false }],
    [{ name: 'eth0', isAnother: false }],
  ],
  [
    'that is a bond with another active port is reached elsewhere',
    { activePortIndex: 5 },
    [{ ...ETH0, activePortIndex: 4 }],
    [{ name: 'eth0', isAnother: false }],
  ],
  ['that went down is not', { running: false }, null, []],
])('F40: a link %s renewed', (_, over, before, expected) => {
  expect(renewedLinks(before ?? [ETH0], [{ ...ETH0, ...over }])).toEqual(expected);
});
