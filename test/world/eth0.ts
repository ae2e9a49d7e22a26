/** An interface and its address as the kernel tells of them, with nothing special. */
import type { LinkAddressState } from '../../src/wire/rtnl/addresses.ts';
import type { Link } from '../../src/wire/rtnl/links.ts';

export const ETH0: Link = {
  index: 2,
  name: 'eth0',
  up: true,
  running: true,
  loopback: false,
  noArp: false,
  multicast: true,
  mac: '02:00:00:00:00:01',
  mtu: 1500,
  lowerIndex: null,
  masterIndex: null,
  kind: null,
  vrfTable: null,
  activePortIndex: null,
  isolation: null,
  alias: null,
  group: 0,
};

export const ETH0_ADDRESS: LinkAddressState = {
  interfaceIndex: 2,
  family: 'ipv4',
  address: '10.0.0.5',
  prefixLength: 24,
  scope: 'global',
  label: null,
  broadcast: null,
  peer: null,
  noDad: false,
  home: false,
  managesTemporary: false,
  noPrefixRoute: false,
  autoJoin: false,
  preferredSeconds: null,
  validSeconds: null,
  deprecated: false,
  secondary: false,
  tentative: false,
  dadFailed: false,
  permanent: true,
};
