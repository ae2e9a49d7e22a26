import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type {
  RealServer,
  ServiceKey,
  SorryServer,
  VirtualServer,
} from '../../src/model/virtual-server.ts';
import { desiredTable } from '../../src/reconcile/desired.ts';

const key = (address: string, port: number): ServiceKey => ({
  kind: 'address',
  family: address.includes(':') ? 'ipv6' : 'ipv4',
  protocol: 'tcp',
  address,
  port,
});

const realServer = (host: number, over: Partial<RealServer> = {}): RealServer => ({
  address: `10.1.0.${host}`,
  port: 80,
  forwarding: 'dr',
  tunnel: null,
  weight: 1,
  upperThreshold: 0,
  lowerThreshold: 0,
  inhibitOnFailure: false,
  checks: [],
  notifyUp: null,
  notifyDown: null,
  mails: false,
  ...over,
});

const SORRY: SorryServer = {
  address: '10.1.0.9',
  port: 80,
  forwarding: 'nat',
  tunnel: null,
  inhibit: false,
};

const virtualServer = (over: Partial<VirtualServer> = {}): VirtualServer => ({
  keys: [key('10.0.0.1', 80)],
  group: null,
  scheduler: 'wrr',
  schedulerFlags: { fallback: false, port: false, third: false },
  onePacket: false,
  persistence: null,
  realServers: [realServer(3), realServer(4)],
  sorryServer: SORRY,
  quorum: 1,
  hysteresis: 0,
  quorumUp: null,
  quorumDown: null,
  mails: false,
  omega: false,
  drainOnRemoveMs: 0,
  ...over,
});

const only = (
  server: VirtualServer,
  weights: readonly (number | null)[],
  sorryWeight: number | null,
) => desiredTable([server], [{ weights, sorryWeight }]).services[0];

describe('the service of a virtual server', () => {
  test('without persistence has no timeout and a mask of all ones', () => {
    expect(only(virtualServer(), [1, 1], null)?.service).toEqual({
      key: key('10.0.0.1', 80),
      scheduler: 'wrr',
      persistent: false,
      onePacket: false,
      schedulerFlags: { fallback: false, port: false, third: false },
      timeoutSeconds: 0,
      granularityBits: 32,
      engine: null,
    });
  });

  test('of IPv6 or of a firewall mark has the mask of its family', () => {
    const mark = virtualServer({ keys: [{ kind: 'fwmark', family: 'ipv6', mark: 7 }] });
    expect(only(mark, [1, 1], null)?.service.granularityBits).toBe(128);
  });

  test('with persistence has its timeout and granularity', () => {
    const persistence = {
      timeoutSeconds: 360,
      granularityBits: { ipv4: 24, ipv6: 128 },
      engine: 'sip',
    };
    expect(only(virtualServer({ persistence }), [1, 1], null)?.service).toMatchObject({
      persistent: true,
      timeoutSeconds: 360,
      granularityBits: 24,
      engine: 'sip',
    });
  });

  test('keeps the flags of its scheduler and of one-packet scheduling', () => {
    const flagged = virtualServer({
      onePacket: true,
      scheduler: 'sh',
      schedulerFlags: { fallback: true, port: true, third: true },
    });
    expect(only(flagged, [1, 1], null)?.service).toMatchObject({
      onePacket: true,
      schedulerFlags: { fallback: true, port: true, third: true },
    });
  });
});

describe('the destinations of a virtual server', () => {
  const weights = (server: VirtualServer, ...serving: [(number | null)[], number | null]) =>
    only(server, ...serving)?.destinations.map(({ address, weight }) => `${address}=${weight}`);

  test('are the real servers that health wants in the kernel, with the weights it says', () => {
    expect(weights(virtualServer(), [5, null], null)).toEqual(['10.1.0.3=5']);
    expect(weights(virtualServer(), [5, 0], null)).toEqual(['10.1.0.3=5', '10.1.0.4=0']);
  });

  test('are the sorry server when health wants it', () => {
    expect(weights(virtualServer(), [null, null], 1)).toEqual(['10.1.0.9=1']);
    expect(only(virtualServer(), [null, null], 1)?.destinations[0]).toMatchObject({
      forwarding: 'nat',
      upperThreshold: 0,
    });
  });

  test('hold a sorry server that is a real server too once, with the larger weight', () => {
    const shared = virtualServer({ sorryServer: { ...SORRY, address: '10.1.0.3' } });
    expect(weights(shared, [null, null], 1)).toEqual(['10.1.0.3=1']);
    expect(weights(shared, [0, 0], 1)).toEqual(['10.1.0.3=1', '10.1.0.4=0']);
    expect(weights(shared, [4, 4], 0)).toEqual(['10.1.0.3=4', '10.1.0.4=4']);
  });

  test('carry thresholds, and plain IP in IP for a tunnel without options', () => {
    const [tunnelled] = virtualServer({
      realServers: [realServer(3, { forwarding: 'tun', upperThreshold: 10, lowerThreshold: 5 })],
    }).realServers;
    expect(
      only(virtualServer({ realServers: [tunnelled as RealServer] }), [2], null)?.destinations,
    ).toEqual([
      {
        address: '10.1.0.3',
        port: 80,
        forwarding: 'tun',
        tunnel: { type: 'ipip', port: 0, flags: 0 },
        weight: 2,
        upperThreshold: 10,
        lowerThreshold: 5,
      },
    ]);
  });
});

test.each([
  [
    { type: 'gue', port: 6080, checksum: 'remote' },
    { type: 'gue', port: 6080, flags: 2 },
  ],
  [
    { type: 'gre', port: 0, checksum: 'full' },
    { type: 'gre', port: 0, flags: 1 },
  ],
  [
    { type: 'ipip', port: 0, checksum: 'none' },
    { type: 'ipip', port: 0, flags: 0 },
  ],
] as const)('a tunnel %j becomes %j, of real servers and sorry servers', (tunnel, held) => {
  const server = virtualServer({
    realServers: [realServer(3, { forwarding: 'tun', tunnel })],
    sorryServer: { ...SORRY, forwarding: 'tun', tunnel },
  });
  const { destinations = [] } = only(server, [1], 1) ?? {};
  expect(destinations.map((one) => one.tunnel)).toEqual([held, held]);
});

describe('a group', () => {
  const keys = [key('10.0.0.1', 80), key('10.0.0.2', 80), key('10.0.0.2', 443)];
  const fwmark: ServiceKey = { kind: 'fwmark', family: 'ipv4', mark: 7 };
  const server = virtualServer({
    group: 'web',
    keys: [...keys, fwmark],
    realServers: [
      realServer(3, { port: 0 }),
      realServer(4, { port: 8080, forwarding: 'nat' }),
      realServer(5, { port: 0, forwarding: 'nat' }),
    ],
    sorryServer: { ...SORRY, port: 0, forwarding: 'tun' },
  });
  const { services } = desiredTable([server], [{ weights: [1, 2, 3], sorryWeight: 0 }]);

  test('is a service each of its addresses and marks', () => {
    expect(services.map(({ service }) => service.key)).toEqual(server.keys);
  });

  test('has real servers at the port of each service, unless NAT changes it', () => {
    const ports = services.map(({ destinations }) => destinations.map(({ port }) => port));
    expect(ports).toEqual([
      [80, 8080, 0, 80],
      [80, 8080, 0, 80],
      [443, 8080, 0, 443],
      [0, 8080, 0, 0],
    ]);
  });

  test('makes the real servers of services with one port once', () => {
    expect(services[1]?.destinations).toBe(services[0]?.destinations);
  });

  test('may have more services than a call takes arguments', () => {
    const many = Array.from({ length: 131_072 }, (_, at) => key(`10.${at >> 16}.${at >> 8}.1`, at));
    const large = virtualServer({ group: 'web', keys: many });
    const table = desiredTable([large], [{ weights: [1, 1], sorryWeight: null }]);
    expect(table.services).toHaveLength(131_072);
  });

  test('of both families has the granularity of each', () => {
    const mixed = virtualServer({
      group: 'web',
      keys: [key('10.0.0.1', 80), key('fd00::1', 80)],
      persistence: { timeoutSeconds: 360, granularityBits: { ipv4: 24, ipv6: 64 }, engine: null },
    });
    const table = desiredTable([mixed], [{ weights: [null, null], sorryWeight: null }]);
    expect(table.services.map(({ service }) => service.granularityBits)).toEqual([24, 64]);
  });
});

test('a serving that has not changed gives the same entry', () => {
  const server = virtualServer();
  const serving = { weights: [1, 1], sorryWeight: null };
  const [first, again] = [desiredTable([server], [serving]), desiredTable([server], [serving])];
  expect(again.services[0]).toBe(first.services[0]);
  expect(desiredTable([virtualServer()], [serving]).services[0]).not.toBe(first.services[0]);
});

describe('what was made before', () => {
  const pool = [1, 2, 3, 4].map((host) => realServer(host));
  const state = fc.record({
    realServers: fc.uniqueArray(fc.constantFrom(...pool, realServer(9)), { minLength: 1 }),
    weights: fc.array(fc.constantFrom(1, 1, 1, 2, null), { minLength: 5, maxLength: 5 }),
    sorryServer: fc.constantFrom(null, null, SORRY),
    sorryWeight: fc.constantFrom(null, null, 1),
    ports: fc.constantFrom([80], [80], [81], [80, 81]),
  });

  test('changes nothing about the table (property)', () => {
    fc.assert(
      fc.property(fc.array(state, { minLength: 2 }), (states) => {
        for (const { realServers, weights, sorryServer, sorryWeight, ports } of states) {
          const keys = ports.map((port) => key('10.0.0.1', port));
          const server = virtualServer({ keys, realServers, sorryServer });
          const serving = { weights: weights.slice(0, realServers.length), sorryWeight };
          const alone = desiredTable([structuredClone(server)], [structuredClone(serving)]);
          expect(desiredTable([server], [serving])).toEqual(alone);
        }
      }),
    );
  });

  test('is kept but for the real server that has changed', () => {
    const tableOf = (realServers: readonly RealServer[]) => {
      const weights = realServers.map(({ weight }) => weight);
      const server = virtualServer({ realServers, sorryServer: null });
      return desiredTable([server], [{ weights, sorryWeight: null }]).services[0]?.destinations;
    };
    for (const at of [0, 2, 3]) {
      const before = tableOf(pool);
      const after = tableOf(pool.with(at, realServer(at + 1, { weight: 7 })));
      expect(after?.map((one, place) => one === before?.[place])).toEqual(
        pool.map((_, place) => place !== at),
      );
    }
  });
});
