import { describe, expect, test } from 'vitest';
import { presenceIn } from '../../../src/daemon/health/adopt.ts';
import type { OrderPort } from '../../../src/health/ports.ts';
import type { ServiceKey } from '../../../src/model/virtual-server.ts';
import type { TableColumns } from '../../../src/wire/ipvs/table.ts';
import { GIVEN } from '../../drain/make.ts';
import { NO_ORDERS, realServer } from '../../health/make.ts';
import { columnsOf, SimulatedIpvs } from '../../world/ipvs.ts';

const key = {
  kind: 'address',
  family: 'ipv4',
  protocol: 'tcp',
  address: '192.0.2.10',
  port: 80,
} as const satisfies ServiceKey;

type Held = readonly [address: string, port: number, weight: number];

const holding = (...services: readonly (readonly [ServiceKey, ...Held[]])[]): TableColumns => {
  const ipvs = new SimulatedIpvs();
  for (const [held, ...destinations] of services) {
    const service = {
      key: held,
      scheduler: 'wrr',
      persistent: false,
      onePacket: false,
      schedulerFlags: { fallback: false, port: false, third: false },
      timeoutSeconds: 0,
      granularityBits: 32,
      engine: null,
    };
    ipvs.make({ do: 'add-service', service });
    for (const [address, port, weight] of destinations) {
      const rest = {
        forwarding: 'dr',
        tunnel: null,
        upperThreshold: 0,
        lowerThreshold: 0,
      } as const;
      ipvs.make({
        do: 'add-destination',
        key: held,
        destination: { address, port, weight, ...rest },
      });
    }
  }
  return columnsOf(ipvs.table());
};

const real = realServer('198.51.100.21', { weight: 3 });
const table = holding([key, ['198.51.100.21', 80, 3], ['198.51.100.22', 80, 0]]);

test.each([
  ['a real server with weight serves', real, 'serves'],
  ['one with weight 0 is withdrawn', { ...real, address: '198.51.100.22' }, 'withdrawn'],
  ['one that is absent is withdrawn', { ...real, address: '198.51.100.23' }, 'withdrawn'],
  [
    'one that is to have weight 0 is not withdrawn',
    { ...real, address: '198.51.100.23', weight: 0 },
    'serves',
  ],
] as const)('%s', (_, asked, presence) => {
  expect(
    presenceIn(table, [key], NO_ORDERS)({ keys: [key], group: null, realServers: [asked] }),
  ).toEqual([presence]);
});

test('nothing is concluded from a service of somebody else, or none', () => {
  const server = { keys: [key], group: null, realServers: [real] };
  expect(presenceIn(table, [], NO_ORDERS)(server)).toEqual(['unknown']);
  expect(presenceIn(columnsOf({ services: [] }), [key], NO_ORDERS)(server)).toEqual(['unknown']);
});

test('of a group, whoever serves in one of our services serves', () => {
  const [other, third] = [
    { ...key, address: '192.0.2.11', port: 443 },
    { ...key, address: '192.0.2.12' },
  ];
  const both = holding(
    [key, ['198.51.100.21', 80, 3], ['198.51.100.22', 80, 0]],
    [other, ['198.51.100.22', 443, 1], ['198.51.100.23', 443, 0]],
  );
  const realServers = [21, 22, 23, 24].map((last) =>
    realServer(`198.51.100.${last}`, { port: 0, weight: 3 }),
  );
  const presence = (owned: readonly ServiceKey[]) =>
    presenceIn(both, owned, NO_ORDERS)({ keys: [key, other, third], group: 'web', realServers });
  expect(presence([key, other])).toEqual(['serves', 'serves', 'withdrawn', 'withdrawn']);
  expect(presence([key])).toEqual(['serves', 'withdrawn', 'withdrawn', 'withdrawn']);
  expect(presence([third])).toEqual(['unknown', 'unknown', 'unknown', 'unknown']);
});

describe('of a real server that an operator has taken from service', () => {
  const drained = { ...real, address: '198.51.100.22' };
  const orders: OrderPort = {
    isEmpty: false,
    orderOf: (virtualServer, realServer) =>
      virtualServer === '192.0.2.10:80 tcp' && realServer !== '198.51.100.21:80' ? DISABLED : null,
  };
  const DISABLED = {
    kind: 'disable',
    realServer: '',
    virtualServer: null,
    sinceMs: 0,
    ...GIVEN,
  } as const;

  test.each([
    ['weight 0 does not tell that it had failed', drained, 'serves'],
    [
      'weight 0 may tell just that with inhibit_on_failure',
      { ...drained, inhibitOnFailure: true },
      'withdrawn',
    ],
    ['one that is absent has to answer', { ...real, address: '198.51.100.23' }, 'withdrawn'],
  ] as const)('%s', (_, asked, presence) => {
    const server = { keys: [key], group: null, realServers: [asked] };
    expect(presenceIn(table, [key], orders)(server)).toEqual([presence]);
    expect(presenceIn(table, [key], NO_ORDERS)(server)).toEqual(['withdrawn']);
  });
});
