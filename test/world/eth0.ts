/** An interface as the kernel tells of it, with nothing special. */
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
