/** Replies of the kernel that are cut short or lack something, from the socket up to the reconciliation. */
import { describe, expect, test } from 'vitest';
import { openIpvs } from '../../src/kernel/ipvs.ts';
import type { Destination, IpvsTable, Service } from '../../src/model/ipvs-table.ts';
import { IpvsReconciler } from '../../src/reconcile/apply.ts';
import type { IpvsRequest } from '../../src/wire/ipvs/request.ts';
import { simulatedClock } from '../world/clock.ts';
import { SimulatedIpvs } from '../world/ipvs.ts';
import { simulatedIpvsSocket } from '../world/ipvs-socket.ts';

const service = (port: number): Service => ({
  key: { kind: 'address', family: 'ipv4', protocol: 'tcp', address: '10.0.0.1', port },
  scheduler: 'rr',
  persistent: false,
  onePacket: false,
  schedulerFlags: { fallback: false, port: false, third: false },
  timeoutSeconds: 0,
  granularityBits: 32,
  engine: null,
});

const server = (host: number): Destination => ({
  address: `10.1.0.${host}`,
  port: 80,
  forwarding: 'dr',
  tunnel: null,
  weight: 1,
  upperThreshold: 0,
  lowerThreshold: 0,
});

const TABLE: IpvsTable = {
  services: [
    { service: service(80), destinations: [server(3), server(4)] },
    { service: service(81), destinations: [server(5)] },
  ],
};

async function working() {
  const kernel = new SimulatedIpvs();
  const { openSocket, behaviour } = simulatedIpvsSocket(kernel);
  const ipvs = await openIpvs(simulatedClock(), openSocket);
  const reconciler = new IpvsReconciler({ ipvs, owned: [] });
  await reconciler.reconcile(TABLE);
  return { kernel, behaviour, ipvs, reconciler };
}

/** The second of all replies to this question, done to. */
function second(asked: IpvsRequest['do'], damage: (payload: Uint8Array) => Uint8Array) {
  let count = 0;
  return (payload: Uint8Array, request: IpvsRequest): Uint8Array => {
    if (request.do !== asked) return payload;
    count += 1;
    return count === 2 ? damage(payload) : payload;
  };
}

const cutTo = (octets: number) => (payload: Uint8Array) => payload.subarray(0, octets);

/** 4 octets at a time: what is padded to that has the same messages in between. */
const CUTS = Array.from({ length: 20 }, (_, at) => 4 * at);

describe('a damaged reply', () => {
  test('about a virtual server names it by its place, wherever it is cut', async () => {
    const { behaviour, ipvs } = await working();
    for (const octets of CUTS) {
      behaviour.tells = second('get-services', cutTo(octets));
      const message = /^the kernel's reply about virtual server 2 of 2 of the table is damaged \(/;
      for (const withStatistics of [false, true]) {
        behaviour.tells = second('get-services', cutTo(octets));
        await expect(ipvs.readColumns({ withStatistics })).rejects.toMatchObject({
          code: 'NETLINK_DAMAGED',
          message: expect.stringMatching(message),
          hint: expect.stringMatching(/nothing is changed until a reading is whole/),
        });
      }
    }
  });

  test('about a real server names its virtual server, wherever it is cut', async () => {
    const { behaviour, ipvs } = await working();
    for (const octets of CUTS) {
      behaviour.tells = second('get-destinations', cutTo(octets));
      await expect(ipvs.readTable()).rejects.toMatchObject({
        code: 'NETLINK_DAMAGED',
        message: expect.stringMatching(
          /^the kernel's reply about a real server of virtual server 10\.0\.0\.1:80 tcp is damaged/,
        ),
      });
      behaviour.tells = second('get-destinations', cutTo(octets));
      const counted = ipvs.readDestinationsOf([service(80).key]);
      await expect(counted).rejects.toMatchObject({ code: 'NETLINK_DAMAGED' });
    }
  });

  test('does not count for the next reading', async () => {
    const { behaviour, ipvs } = await working();
    behaviour.tells = second('get-destinations', cutTo(20));
    await expect(ipvs.readTable()).rejects.toMatchObject({ code: 'NETLINK_DAMAGED' });
    expect((await ipvs.readTable()).services).toHaveLength(2);
  });

  test('about timeouts, the version or a sync daemon is told as such', async () => {
    const { behaviour, ipvs } = await working();
    await ipvs.startDaemon({
      role: 'backup',
      interface: 'eth0',
      syncId: 1,
      maxlen: null,
      group: null,
      port: null,
      ttl: null,
    });
    behaviour.tells = cutTo(9);
    for (const [asking, about] of [
      [ipvs.readTimeouts(), 'the timeouts of IPVS'],
      [ipvs.info(), 'the version of IPVS'],
      [ipvs.readDaemons(), 'sync daemon 1 of 1'],
    ] as const) {
      await expect(asking).rejects.toMatchObject({
        code: 'NETLINK_DAMAGED',
        message: expect.stringContaining(`about ${about} is damaged (9 octets: `),
      });
    }
  });

  test.each(['get-services', 'get-destinations'] as const)(
    'to %s changes nothing at a verification, and the next one is as if it had not been',
    async (asked) => {
      const { kernel, behaviour, reconciler } = await working();
      behaviour.tells = second(asked, cutTo(24));
      const before = kernel.table();
      const done: unknown[] = [];
      const make = kernel.make.bind(kernel);
      kernel.make = (change) => {
        done.push(change);
        return make(change);
      };
      await expect(reconciler.verify()).rejects.toMatchObject({ code: 'NETLINK_DAMAGED' });
      expect(done).toEqual([]);
      expect(kernel.table()).toEqual(before);
      const report = await reconciler.verify();
      expect(report).toMatchObject({ drift: [], applied: [], refused: [], converged: true });
      expect(report.owned).toHaveLength(2);
    },
  );

  test('at the start changes nothing, and the next reconciliation makes the table', async () => {
    const { behaviour, ipvs, kernel } = await working();
    const next = new IpvsReconciler({ ipvs, owned: TABLE.services.map((one) => one.service.key) });
    const [first] = TABLE.services;
    const half = { services: first === undefined ? [] : [first] };
    behaviour.tells = second('get-destinations', cutTo(24));
    await expect(next.reconcile(half)).rejects.toMatchObject({ code: 'NETLINK_DAMAGED' });
    expect(kernel.table().services).toHaveLength(2);
    expect((await next.reconcile(half)).applied).toHaveLength(1);
    expect(kernel.table().services).toHaveLength(1);
  });
});

test('a service of a protocol that is none of ours is left out, and is no damage', async () => {
  const { behaviour, ipvs } = await working();
  behaviour.tells = second('get-services', (payload) => {
    const other = Uint8Array.from(payload);
    // TCP, as the kernel writes it: the attribute 2 of 6 octets, then 6.
    const at = other.findIndex((_, place) =>
      [6, 0, 2, 0, 6, 0].every((octet, more) => other[place + more] === octet),
    );
    expect(at).toBeGreaterThan(0);
    other[at + 4] = 50;
    return other;
  });
  const { services } = await ipvs.readTable();
  expect(services.map((one) => one.service.key)).toEqual([service(80).key]);
});
