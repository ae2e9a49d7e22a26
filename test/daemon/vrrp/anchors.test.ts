/** Which routers and real servers a director is anchored to, as routes and checks change. */
import { expect, test } from 'vitest';
import { silentLog } from '../../../src/base/log.ts';
import { Anchors } from '../../../src/daemon/vrrp/anchors.ts';
import type { NetworkEvent } from '../../../src/kernel/network.ts';
import type { VrrpInstance } from '../../../src/model/vrrp.ts';
import type { NextHop } from '../../../src/wire/rtnl/default-routes.ts';
import type { Link } from '../../../src/wire/rtnl/links.ts';
import type { RoutingRule } from '../../../src/wire/rtnl/rules.ts';
import { simulatedClock } from '../../world/clock.ts';
import { instanceOf } from '../../world/director.ts';
import { RULES, ruleOf } from './rules.ts';

const GATEWAY: Partial<VrrpInstance> = { isolationAnchors: [{ kind: 'gateway' }] };
const ROUTER: NextHop = { gateway: '192.0.2.254', interfaceIndex: 2, table: 254 };

function link(facts: Partial<Link>): Link {
  return { masterIndex: null, vrfTable: null, ...facts } as Link;
}

function world(...hops: readonly NextHop[]) {
  const clock = simulatedClock();
  const kernel: {
    hops: readonly NextHop[];
    rules: readonly RoutingRule[] | null;
    reads: number;
  } = { hops, rules: RULES, reads: 0 };
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
      readRules: async () => kernel.rules,
      watch: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
    {
      all: () => links,
      macOf: (name) => (name.startsWith('eth') ? new Uint8Array(6) : null),
      find: (name, family) => {
        const addresses = new Set(name === 'eth0' && family === 'ipv4' ? ['192.0.2.2'] : []);
        return { index: 2, running: true, primaryAddress: null, addresses };
      },
    },
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

const UPLINK: NextHop = { gateway: '10.1.0.254', interfaceIndex: 4, table: 200 };
const fromRule = (address: string): RoutingRule =>
  ruleOf({ priority: 100, source: { address, length: 32 }, action: { do: 'table', table: 200 } });

test('a table that a rule sends an address of the director to has routers, too', async () => {
  const { clock, kernel, anchors, tell } = world(ROUTER, UPLINK);
  await anchors.configure([instanceOf(GATEWAY)]);
  const addresses = (): readonly string[] =>
    anchors.gateways('ipv4', 'eth0').map(({ address }) => address);
  expect(addresses()).toEqual(['192.0.2.254']);
  kernel.rules = [fromRule('192.0.2.2'), ...RULES];
  tell({ event: 'rule' });
  await clock.settleTo(2_000);
  expect(addresses()).toEqual(['192.0.2.254', '10.1.0.254']);
  // A virtual address, whether it is held now or not.
  kernel.rules = [fromRule('10.0.0.100'), ...RULES];
  tell({ event: 'rule-gone', rule: fromRule('192.0.2.2') });
  await clock.settleTo(4_000);
  expect(addresses()).toEqual(['192.0.2.254', '10.1.0.254']);
  kernel.rules = [fromRule('10.0.0.99'), ...RULES];
  tell({ event: 'rule' });
  await clock.settleTo(6_000);
  expect(addresses()).toEqual(['192.0.2.254']);
});

test('the routers of a rule that goes are asked on while there are no others', async () => {
  const { clock, kernel, anchors, tell } = world(UPLINK);
  kernel.rules = [fromRule('10.0.0.100'), ...RULES];
  await anchors.configure([instanceOf(GATEWAY)]);
  expect(anchors.gateways('ipv4', 'eth0')).toHaveLength(1);
  // As those of a MASTER that stands down.
  kernel.rules = RULES;
  kernel.hops = [];
  tell({ event: 'overrun' });
  await clock.settleTo(2_000);
  expect(anchors.gateways('ipv4', 'eth0')).toEqual([{ address: '10.1.0.254', interface: 'eth1' }]);
});

test('a kernel without rules has the main table only', async () => {
  const { kernel, anchors } = world(ROUTER, UPLINK);
  kernel.rules = null;
  await anchors.configure([instanceOf(GATEWAY)]);
  expect(anchors.gateways('ipv4', 'eth0')).toEqual([{ address: '192.0.2.254', interface: 'eth0' }]);
});
