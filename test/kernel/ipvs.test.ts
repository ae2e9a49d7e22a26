import { constants } from 'node:os';
import { describe, expect, test } from 'vitest';
import { openIpvs } from '../../src/kernel/ipvs.ts';
import type { SyncDaemon } from '../../src/wire/ipvs/daemon.ts';
import type { Destination } from '../../src/wire/ipvs/destination.ts';
import type { IpvsChange } from '../../src/wire/ipvs/request.ts';
import type { Service } from '../../src/wire/ipvs/service.ts';
import { settled, simulatedClock } from '../world/clock.ts';
import { SimulatedIpvs } from '../world/ipvs.ts';
import { simulatedIpvsSocket } from '../world/ipvs-socket.ts';

const { errno } = constants;

const WEB: Service = {
  key: { kind: 'address', family: 'ipv4', protocol: 'tcp', address: '10.0.0.1', port: 80 },
  scheduler: 'wrr',
  persistent: false,
  onePacket: false,
  schedulerFlags: { fallback: false, port: false, third: false },
  timeoutSeconds: 0,
  granularityBits: 32,
  engine: null,
};

const MASTER: SyncDaemon = {
  role: 'master',
  interface: 'eth0',
  syncId: 51,
  maxlen: null,
  group: null,
  port: null,
  ttl: null,
};

async function open() {
  const kernel = new SimulatedIpvs();
  const { openSocket, behaviour } = simulatedIpvsSocket(kernel);
  const clock = simulatedClock();
  return { kernel, behaviour, clock, ipvs: await openIpvs(clock, openSocket) };
}

describe('timeouts', () => {
  test('are read, and set one by one', async () => {
    const { ipvs } = await open();
    expect(await ipvs.readTimeouts()).toEqual({
      tcpSeconds: 900,
      tcpFinSeconds: 120,
      udpSeconds: 300,
    });
    await ipvs.setTimeouts({ tcpSeconds: 0, tcpFinSeconds: 60, udpSeconds: 0 });
    expect(await ipvs.readTimeouts()).toMatchObject({ tcpSeconds: 900, tcpFinSeconds: 60 });
  });

  test('too long for the kernel are refused with the limit', async () => {
    const { ipvs, behaviour } = await open();
    behaviour.refuses = () => errno.EINVAL;
    const refused = ipvs.setTimeouts({ tcpSeconds: 2 ** 31, tcpFinSeconds: 0, udpSeconds: 0 });
    await expect(refused).rejects.toMatchObject({
      message: 'the kernel refused the timeouts tcp 2147483648 s, tcpfin 0 s, udp 0 s: EINVAL',
      hint: 'no timeout may be longer than 2147483 s',
      errno: errno.EINVAL,
    });
  });
});

describe('sync daemons', () => {
  test('are started, read with what the kernel has filled in, and stopped', async () => {
    const { ipvs } = await open();
    await ipvs.startDaemon({ ...MASTER, role: 'backup', syncId: 7 });
    await ipvs.startDaemon(MASTER);
    expect(await ipvs.readDaemons()).toMatchObject([
      { role: 'master', syncId: 51, group: '224.0.0.81', port: 8848, maxlen: 1472, ttl: 1 },
      { role: 'backup', syncId: 7 },
    ]);
    await ipvs.stopDaemon('master');
    expect(await ipvs.readDaemons()).toMatchObject([{ role: 'backup' }]);
  });

  test('one of a role: the second is refused, and says what to do', async () => {
    const { ipvs } = await open();
    await ipvs.startDaemon(MASTER);
    await expect(ipvs.startDaemon(MASTER)).rejects.toMatchObject({
      message: 'the kernel refused the start of the sync daemon (master) on eth0: EEXIST',
      hint: expect.stringContaining('stop it first'),
    });
  });

  test.each([
    ['ENODEV', 'interface'],
    ['ENETUNREACH', 'route'],
    ['EINVAL', 'multicast'],
  ] as const)('refused with %s hint at the cause', async (name, hint) => {
    const { ipvs, behaviour } = await open();
    behaviour.refuses = () => errno[name];
    await expect(ipvs.startDaemon(MASTER)).rejects.toMatchObject({
      errno: errno[name],
      hint: expect.stringContaining(hint),
    });
  });

  test('that do not run are stopped all the same', async () => {
    const { ipvs, behaviour } = await open();
    behaviour.refuses = (request) => (request.do === 'stop-daemon' ? errno.ESRCH : undefined);
    await ipvs.stopDaemon('backup');
  });

  test('whose stop the kernel does not acknowledge are looked for after a second', async () => {
    const { ipvs, behaviour, clock, kernel } = await open();
    behaviour.refuses = (request) => {
      if (request.do !== 'stop-daemon') return undefined;
      void kernel.stopDaemon(request.role);
      return null;
    };
    await ipvs.startDaemon(MASTER);
    const stopped = ipvs.stopDaemon('master');
    await settled();
    await clock.settleBy(1_100);
    await clock.settleBy(100);
    await stopped;
    expect(await ipvs.readDaemons()).toEqual([]);
  });

  test('that are still there after that are told of', async () => {
    const { ipvs, behaviour, clock } = await open();
    behaviour.refuses = (request) => (request.do === 'stop-daemon' ? null : undefined);
    await ipvs.startDaemon(MASTER);
    const stopped = expect(ipvs.stopDaemon('master')).rejects.toMatchObject({
      code: 'NETLINK_TIMEOUT',
    });
    await settled();
    await clock.settleBy(1_100);
    await clock.settleBy(100);
    await stopped;
  });
});

describe('counters', () => {
  test('are set to 0 of one service, or of all', async () => {
    const { ipvs, behaviour } = await open();
    await ipvs.apply([{ do: 'add-service', service: WEB }]);
    const asked: unknown[] = [];
    behaviour.refuses = (request) => {
      asked.push(request);
      return undefined;
    };
    await ipvs.zero(WEB.key);
    await ipvs.zero(null);
    expect(asked).toEqual([
      { do: 'zero', key: WEB.key },
      { do: 'zero', key: null },
    ]);
  });

  test('of a service that is not there name it', async () => {
    const { ipvs, behaviour } = await open();
    behaviour.refuses = () => errno.ESRCH;
    await expect(ipvs.zero(WEB.key)).rejects.toMatchObject({
      message:
        'the kernel refused setting the counters of virtual server 10.0.0.1:80 tcp to 0: ESRCH',
      hint: expect.stringContaining('lvsctl show'),
    });
  });
});

describe('the family', () => {
  test('that has moved is looked up again, for a question and for a dump', async () => {
    const { ipvs, behaviour, kernel } = await open();
    kernel.make({ do: 'add-service', service: WEB });
    behaviour.familyId = 0x21;
    expect((await ipvs.info()).version).toBe('1.2.1');
    behaviour.familyId = 0x22;
    expect((await ipvs.readTable()).services).toHaveLength(1);
  });

  test('that has moved before changes means that the table is another', async () => {
    const { ipvs, behaviour } = await open();
    behaviour.familyId = 0x21;
    const changes = [{ do: 'add-service', service: WEB }] as const;
    await expect(ipvs.apply(changes)).rejects.toMatchObject({ code: 'NETLINK_OVERRUN' });
    expect(await ipvs.apply(changes)).toEqual([{ done: true }]);
  });

  test('without permission is told with the capability', async () => {
    const { ipvs, behaviour } = await open();
    behaviour.refuses = () => errno.EPERM;
    await expect(ipvs.apply([{ do: 'add-service', service: WEB }])).rejects.toMatchObject({
      code: 'NOT_PERMITTED',
      hint: expect.stringContaining('CAP_NET_ADMIN'),
    });
  });
});

describe('a send', () => {
  const server = (host: number): Destination => ({
    address: `10.1.${host >> 8}.${host & 255}`,
    port: 80,
    forwarding: 'dr',
    tunnel: null,
    weight: 1,
    upperThreshold: 0,
    lowerThreshold: 0,
  });
  const servers = (key: Service['key'], from: number): readonly IpvsChange[] =>
    Array.from({ length: 500 }, (_, at) => ({
      do: 'add-destination' as const,
      key,
      destination: server(from + at),
    }));

  test('is short where each real server has mh build its table anew, also after cheap ones', async () => {
    const { ipvs, behaviour, kernel } = await open();
    const { key } = WEB;
    kernel.make({ do: 'add-service', service: WEB });
    await ipvs.apply(servers(key, 0));
    behaviour.sends.length = 0;
    await ipvs.apply(servers(key, 1000));
    expect(behaviour.sends[0]).toBe(256);
    // Somebody else gives it mh, and a reading shows it.
    kernel.make({ do: 'edit-service', service: { ...WEB, scheduler: 'mh' } });
    await ipvs.readColumns({ withStatistics: false });
    behaviour.sends.length = 0;
    await ipvs.apply(servers(key, 2000));
    expect(behaviour.sends[0]).toBe(16);
    const wrr = { ...WEB, scheduler: 'wrr' };
    behaviour.sends.length = 0;
    await ipvs.apply([{ do: 'edit-service', service: wrr }, ...servers(key, 3000)]);
    expect(behaviour.sends[0]).toBeLessThan(8);
    expect(behaviour.sends[1]).toBe(256);
  });

  test('of real servers is short after a change of ours to mh, and not for other services', async () => {
    const { ipvs, behaviour, kernel } = await open();
    const other: Service = { ...WEB, key: { kind: 'fwmark', family: 'ipv4', mark: 7 } };
    kernel.make({ do: 'add-service', service: other });
    await ipvs.apply(servers(other.key, 0));
    await ipvs.apply([{ do: 'add-service', service: { ...WEB, scheduler: 'mh' } }]);
    behaviour.sends.length = 0;
    await ipvs.apply(servers(other.key, 1000));
    expect(behaviour.sends[0]).toBe(256);
    behaviour.sends.length = 0;
    await ipvs.apply(servers(WEB.key, 0));
    expect(behaviour.sends[0]).toBe(16);
    behaviour.sends.length = 0;
    await ipvs.apply([{ do: 'remove-service', key: WEB.key }]);
    await ipvs.apply(servers(other.key, 2000));
    expect(behaviour.sends).toEqual([1, 256, 244]);
  });
});
