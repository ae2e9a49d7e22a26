import { expect, test } from 'vitest';
import { presenceIn } from '../../src/daemon/adopt.ts';
import type { ServiceKey } from '../../src/model/virtual-server.ts';
import type { TableColumns } from '../../src/wire/ipvs/table.ts';
import { columnsOf, SimulatedIpvs } from '../world/ipvs.ts';

const key: ServiceKey = {
  kind: 'address',
  family: 'ipv4',
  protocol: 'tcp',
  address: '192.0.2.10',
  port: 80,
};

const holding = (...weights: readonly (readonly [string, number])[]): TableColumns => {
  const ipvs = new SimulatedIpvs();
  const service = {
    key,
    scheduler: 'wrr',
    persistent: false,
    onePacket: false,
    schedulerFlags: { fallback: false, port: false, third: false },
    timeoutSeconds: 0,
    granularityBits: 32,
    engine: null,
  };
  const rest = { port: 80, forwarding: 'dr', tunnel: null } as const;
  const thresholds = { upperThreshold: 0, lowerThreshold: 0 };
  ipvs.make({ do: 'add-service', service });
  for (const [address, weight] of weights) {
    const destination = { address, weight, ...rest, ...thresholds };
    ipvs.make({ do: 'add-destination', key, destination });
  }
  return columnsOf(ipvs.table());
};

const real = { address: '198.51.100.21', port: 80, weight: 3 };
const table = holding(['198.51.100.21', 3], ['198.51.100.22', 0]);

test.each([
  ['a real server with weight serves', real, 'serves'],
  ['one with weight 0 is withdrawn', { ...real, address: '198.51.100.22' }, 'withdrawn'],
  ['one that is absent is withdrawn', { ...real, address: '198.51.100.23' }, 'withdrawn'],
  ['one that is to have weight 0 is not withdrawn', { ...real, port: 81, weight: 0 }, 'serves'],
] as const)('%s', (_, asked, presence) => {
  expect(presenceIn(table, [key])(key, asked)).toBe(presence);
});

test('nothing is concluded from a service of somebody else, or none', () => {
  expect(presenceIn(table, [])(key, real)).toBe('unknown');
  expect(presenceIn(columnsOf({ services: [] }), [key])(key, real)).toBe('unknown');
});
