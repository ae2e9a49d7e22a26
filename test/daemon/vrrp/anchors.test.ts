/** Which routers and real servers a director is anchored to, as routes and checks change. */
import { expect, test } from 'vitest';
import { silentLog } from '../../../src/base/log.ts';
import { Anchors } from '../../../src/daemon/vrrp/anchors.ts';
import type { NetworkEvent } from '../../../src/kernel/network.ts';
import type { VrrpInstance } from '../../../src/model/vrrp.ts';
import type { NextHop } from '../../../src/wire/rtnl/default-routes.ts';
import type { Link } from '../../../src/wire/rtnl/links.ts';
import { simulatedClock } from '../../world/clock.ts';
import { instanceOf } from '../../world/director.ts';

const GATEWAY: Partial<VrrpInstance> = { isolationAnchors: [{ kind: 'gateway' }] };
const ROUTER: NextHop = { gateway: '192.0.2.254', interfaceIndex: 2, table: 254 };

function link(facts: Partial<Link>): Link {
  return { masterIndex: null, vrfTable: null, ...facts } as Link;
}

function world(...hops: readonly NextHop[]) {
  const clock = simulatedClock();
  const kernel = { hops, reads: 0 };
  const listeners = new Set<(event: NetworkEvent) => void>();
  const links = [
    link({ index: 2, name: 'eth0' }),
    link({ index: 3, name: 'tun0' }),
    link({ index: 4, name: 'eth1', masterIndex: 5 }),
    link({ index: 5, name: 'red', vrfTable: 100 }),
  ];
  const anchors = new Anchors(
    {
      readNextHops: async () => {
        kernel.reads += 1;
        return kernel.hops;
      },
      watch: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
    { all: () => links, macOf: (name) => (name.startsWith('eth') ? new Uint8Array(6) : null) },
    { clock, log: silentLog },
  );
  const tell = (event: NetworkEvent): void => {
    for (const listener of listeners) listener(event);
  };
  return { clock, kernel, listeners, anchors, tell };
}

test('the routers of default routes are those on links that can be asked', async () => {
  const { anchors } = world(ROUTER, { gateway: '10.0.0.1', interfaceIndex: 3, table: 254 });
  await anchors.configure([instanceOf(GATEWAY)]);
  expect(anchors.gateways('ipv4', 'eth0')).toEqual([{ address: '192.0.2.254', interface: 'eth0' }]);
  expect(anchors.gateways('ipv6', 'eth0')).toEqual([]);
});

test('of an interface in a VRF they are those of its table, and go on beside the others', async () => {
  const inVrf = { gateway: '10.1.0.1', interfaceIndex: 4, table: 100 };
  const { clock, kernel, anchors, tell } = world(ROUTER, inVrf);
  await anchors.configure([instanceOf(GATEWAY)]);
  const all = (): unknown => ['eth0', 'eth1'].map((name) => anchors.gateways('ipv4', name));
  const red = [{ address: '10.1.0.1', interface: 'eth1' }];
  expect(all()).toEqual([[{ address: '192.0.2.254', interface: 'eth0' }], red]);
  // The route of the VRF goes with its link.
  kernel.hops = [{ ...ROUTER, gateway: '192.0.2.253' }];
  tell({ event: 'overrun' });
  await clock.settleTo(2_000);
  expect(all()).toEqual([[{ address: '192.0.2.253', interface: 'eth0' }], red]);
});

test('another default route is taken over, many changes at once are one reading', async () => {
  const { clock, kernel, anchors, tell } = world(ROUTER);
  await anchors.configure([instanceOf(GATEWAY)]);
  kernel.hops = [{ ...ROUTER, gateway: '192.0.2.253' }];
  for (let count = 0; count < 50; count += 1) tell({ event: 'default-route' });
  await clock.settleTo(2_000);
  expect(anchors.gateways('ipv4', 'eth0')).toEqual([{ address: '192.0.2.253', interface: 'eth0' }]);
  expect(kernel.reads).toBe(2);
});

test('a default route that goes leaves the routers that were known', async () => {
  const { clock, kernel, anchors, tell } = world(ROUTER);
  await anchors.configure([instanceOf(GATEWAY)]);
  kernel.hops = [];
  tell({ event: 'overrun' });
  await clock.settleTo(2_000);
  expect(kernel.reads).toBe(2);
  expect(anchors.gateways('ipv4', 'eth0')).toEqual([{ address: '192.0.2.254', interface: 'eth0' }]);
});

test('routes are neither read nor followed for who does not need them', async () => {
  const { kernel, listeners, anchors } = world(ROUTER);
  await anchors.configure([instanceOf()]);
  expect([kernel.reads, listeners.size]).toEqual([0, 0]);
  await anchors.configure([instanceOf(GATEWAY)]);
  expect([kernel.reads, listeners.size]).toEqual([1, 1]);
  await anchors.configure([instanceOf()]);
  expect(listeners.size).toBe(0);
});
