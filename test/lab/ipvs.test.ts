// needs: ipvs; takes 16 s
/**
 * Our IPVS on a real kernel: what we write is what ipvsadm shows, and the simulated kernel that the
 * unit tests trust (world/ipvs.ts) refuses and holds the same. Uses the IPVS table of the network
 * namespace that it runs in, which must be nobody else's.
 */
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { describeError } from '../../src/base/error.ts';
import { systemClock } from '../../src/base/time.ts';
import { SCHEDULERS } from '../../src/config/keywords/schedulers.ts';
import { loadAddon } from '../../src/kernel/addon.ts';
import { type Ipvs, type IpvsTable, openIpvs } from '../../src/kernel/ipvs.ts';
import { openSocketOver } from '../../src/kernel/netlink-native.ts';
import { formatService } from '../../src/model/names.ts';
import { IpvsReconciler } from '../../src/reconcile/apply.ts';
import { renderChange } from '../../src/reconcile/render.ts';
import type { Destination } from '../../src/wire/ipvs/destination.ts';
import type { IpvsChange } from '../../src/wire/ipvs/request.ts';
import type { Service, ServiceKey } from '../../src/wire/ipvs/service.ts';
import { NO_STATISTICS } from '../../src/wire/ipvs/statistics.ts';
import { arbitraryTable } from '../reconcile/arbitrary.ts';
import { SimulatedIpvs } from '../world/ipvs.ts';

const opened: Ipvs | string = await openIpvs().catch(describeError);
const missing = typeof opened === 'string' ? opened : null;
const ipvs = opened as Ipvs;

const WEB: ServiceKey = {
  kind: 'address',
  family: 'ipv4',
  protocol: 'tcp',
  address: '10.0.0.1',
  port: 80,
};

const service = (over: Partial<Service> = {}): Service => ({
  key: WEB,
  scheduler: 'wrr',
  persistent: false,
  onePacket: false,
  schedulerFlags: { fallback: false, port: false, third: false },
  timeoutSeconds: 0,
  granularityBits: over.key?.family === 'ipv6' ? 128 : 32,
  engine: null,
  ...over,
});

const server = (address: string, over: Partial<Destination> = {}): Destination => ({
  address,
  port: 80,
  forwarding: 'dr',
  tunnel: null,
  weight: 1,
  upperThreshold: 0,
  lowerThreshold: 0,
  ...over,
});

const TABLE = {
  services: [
    {
      service: service(),
      destinations: [
        server('10.1.0.3', { weight: 2, upperThreshold: 100, lowerThreshold: 50 }),
        server('10.1.0.4', { port: 8080, forwarding: 'nat' }),
      ],
    },
    {
      service: service({
        key: { kind: 'address', family: 'ipv6', protocol: 'tcp', address: 'fd00::1', port: 443 },
        scheduler: 'mh',
        schedulerFlags: { fallback: true, port: true, third: false },
        persistent: true,
        timeoutSeconds: 300,
        granularityBits: 64,
      }),
      destinations: [
        server('fd00::3', { port: 443 }),
        server('10.1.0.9', {
          port: 443,
          forwarding: 'tun',
          tunnel: { type: 'gue', port: 6080, flags: 1 },
        }),
      ],
    },
    {
      service: service({
        key: { kind: 'fwmark', family: 'ipv4', mark: 7 },
        scheduler: 'sh',
        persistent: true,
        timeoutSeconds: 360,
        granularityBits: 24,
      }),
      destinations: [server('10.1.0.3', { port: 0 })],
    },
    {
      service: service({
        key: { kind: 'address', family: 'ipv4', protocol: 'udp', address: '10.0.0.1', port: 53 },
        scheduler: 'rr',
        onePacket: true,
      }),
      destinations: [],
    },
  ],
};

/** Each combination of the three flags, by their places. */
const FLAG_SETS: readonly (readonly number[])[] = [0, 1, 2, 3, 4, 5, 6, 7].map((bits) =>
  [0, 1, 2].filter((flag) => (bits >> flag) & 1),
);

/** Leaves a socket of this process the least room for answers that the kernel allows; gives it back. */
function narrowed(fd: number): number {
  const script = `import ctypes, socket
libc = ctypes.CDLL(None, use_errno=True)
theirs = libc.syscall(438, libc.syscall(434, ${process.pid}, 0), ${fd}, 0)  # pidfd_getfd(pidfd_open())
assert theirs >= 0, ctypes.get_errno()
socket.socket(fileno=theirs).setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)`;
  execFileSync('python3', ['-c', script]);
  return fd;
}

function ipvsadm(...argv: readonly string[]): readonly string[] {
  return execFileSync('ipvsadm', argv, { encoding: 'utf8' }).split('\n').slice(0, -1);
}

describe.skipIf(missing !== null)(`IPVS on this kernel${missing ? `: ${missing}` : ''}`, () => {
  beforeEach(() => ipvs.flush());
  afterAll(async () => {
    await ipvs.flush();
    ipvs.close();
  });

  const reconciler = () => new IpvsReconciler({ ipvs, owned: [] });

  test('what we write is what ipvsadm shows', async () => {
    expect((await reconciler().reconcile(TABLE)).refused).toEqual([]);
    expect(ipvsadm('-S', '-n').toSorted()).toEqual(
      [
        '-A -t 10.0.0.1:80 -s wrr',
        '-a -t 10.0.0.1:80 -r 10.1.0.3:80 -g -w 2',
        '-a -t 10.0.0.1:80 -r 10.1.0.4:8080 -m -w 1',
        '-A -t [fd00::1]:443 -s mh -p 300 -M 64 -b mh-fallback,mh-port',
        '-a -t [fd00::1]:443 -r [fd00::3]:443 -g -w 1',
        '-a -t [fd00::1]:443 -r 10.1.0.9:443 -i -w 1 --tun-type gue --tun-port 6080 --tun-csum',
        '-A -f 7 -s sh -p 360 -M 255.255.255.0',
        '-a -f 7 -r 10.1.0.3:0 -g -w 1',
        '-A -u 10.0.0.1:53 -s rr -o',
      ].toSorted(),
    );
    // -S leaves the thresholds out.
    expect(ipvsadm('-L', '-n', '--thresholds').join('\n')).toMatch(/10\.1\.0\.3:80 +100 +50/);
  });

  test('every scheduler of the kernel takes every combination of its flags', async () => {
    const each = SCHEDULERS.flatMap((scheduler, row) =>
      FLAG_SETS.map((flags, at) => ({ scheduler, flags, port: 1 + row * FLAG_SETS.length + at })),
    );
    const table = {
      services: each.map(({ scheduler, flags, port }) => ({
        service: service({
          key: { ...WEB, port } as ServiceKey,
          scheduler,
          schedulerFlags: {
            fallback: flags.includes(0),
            port: flags.includes(1),
            third: flags.includes(2),
          },
        }),
        destinations: [server('10.1.0.3')],
      })),
    };
    const { refused } = await reconciler().reconcile(table);
    // Debian's kernels are built without it.
    const missing = refused.length === 0 ? [] : ['twos'];
    expect(refused.filter(({ error }) => error.hint?.includes('modprobe ip_vs_twos'))).toHaveLength(
      missing.length * FLAG_SETS.length,
    );
    // The third one of these two has no name for ipvsadm, which prints nothing then.
    const named = (scheduler: string): readonly string[] =>
      scheduler === 'sh' || scheduler === 'mh'
        ? [`${scheduler}-fallback`, `${scheduler}-port`]
        : ['flag-1', 'flag-2', 'flag-3'];
    const wanted = each
      .filter(({ scheduler }) => !missing.includes(scheduler))
      .flatMap(({ scheduler, flags, port }) => {
        const names = flags.flatMap((flag) => named(scheduler)[flag] ?? []).join(',');
        return [
          `-A -t 10.0.0.1:${port} -s ${scheduler}${flags.length === 0 ? '' : ` -b ${names}`}`,
          `-a -t 10.0.0.1:${port} -r 10.1.0.3:80 -g -w 1`,
        ];
      });
    expect(ipvsadm('-S', '-n').toSorted()).toEqual(wanted.toSorted());
    // The kernel holds all three, or the next comparison would find a difference.
    expect((await reconciler().reconcile(table)).applied).toEqual([]);
  });

  test('an mh service is filled before it is bound; more than its table holds is refused', async () => {
    const fill = (count: number): IpvsTable => ({
      services: [
        {
          service: { ...service({ scheduler: 'mh' }), statistics: NO_STATISTICS },
          destinations: Array.from({ length: count }, (_, at) => ({
            ...server(`10.2.${at >> 8}.${at & 0xff}`),
            activeConnections: 0,
            inactiveConnections: 0,
            persistentConnections: 0,
            statistics: NO_STATISTICS,
          })),
        },
      ],
    });
    const report = await reconciler().reconcile(fill(1000));
    expect(report).toMatchObject({ refused: [], converged: true });
    expect(report.applied).toHaveLength(1 + 1000 + 1);
    expect(ipvsadm('-S', '-n')[0]).toBe('-A -t 10.0.0.1:80 -s mh');
    expect((await reconciler().reconcile(fill(1000))).applied).toEqual([]);

    await ipvs.flush();
    const { refused } = await reconciler().reconcile(fill(4094));
    expect(refused.map(({ error }) => [error.message, error.hint])).toEqual([
      [
        'the kernel refused to change virtual server 10.0.0.1:80 tcp: EINVAL',
        expect.stringContaining('4093'),
      ],
    ]);
    expect(ipvsadm('-S', '-n')[0]).toBe('-A -t 10.0.0.1:80 -s none');
  });

  test('a full mh service has never more than its table holds while real servers are replaced', async () => {
    const from = (first: number): IpvsTable => ({
      services: [
        {
          service: { ...service({ scheduler: 'mh' }), statistics: NO_STATISTICS },
          destinations: Array.from({ length: 4093 }, (_, at) => ({
            ...server(`10.2.${(first + at) >> 8}.${(first + at) & 0xff}`),
            activeConnections: 0,
            inactiveConnections: 0,
            persistentConnections: 0,
            statistics: NO_STATISTICS,
          })),
        },
      ],
    });
    const ours = reconciler();
    await ours.reconcile(from(0));
    const { applied, refused } = await ours.reconcile(from(50));
    expect(refused).toEqual([]);
    expect(applied.map((change) => change.do)).toEqual(
      Array.from({ length: 50 }, () => ['remove-destination', 'add-destination']).flat(),
    );
    const lines = ipvsadm('-S', '-n');
    expect(lines).toHaveLength(1 + 4093);
    // The kernel still builds a table of them: of one more it refuses to.
    expect(lines[0]).toBe('-A -t 10.0.0.1:80 -s mh');
    ipvsadm('-E', '-t', '10.0.0.1:80', '-s', 'rr');
    ipvsadm('-E', '-t', '10.0.0.1:80', '-s', 'mh');
    ipvsadm('-E', '-t', '10.0.0.1:80', '-s', 'rr');
    ipvsadm('-a', '-t', '10.0.0.1:80', '-r', '10.9.9.9', '-g');
    expect(() => ipvsadm('-E', '-t', '10.0.0.1:80', '-s', 'mh')).toThrow();
  });

  test('a table that we wrote is adopted by the next process without a change', async () => {
    await reconciler().reconcile(TABLE);
    const report = await reconciler().reconcile(structuredClone(TABLE));
    expect(report).toMatchObject({ applied: [], foreign: [], readings: 1 });
  });

  test('what others change by hand is repaired, and what is theirs stays', async () => {
    const ours = reconciler();
    await ours.reconcile(TABLE);
    ipvsadm('-e', '-t', '10.0.0.1:80', '-r', '10.1.0.3', '-g', '-w', '9', '-x', '100', '-y', '50');
    ipvsadm('-d', '-t', '10.0.0.1:80', '-r', '10.1.0.4:8080');
    ipvsadm('-a', '-t', '10.0.0.1:80', '-r', '10.1.0.77', '-m');
    ipvsadm('-E', '-t', '10.0.0.1:80', '-s', 'lc');
    ipvsadm('-D', '-f', '7');
    ipvsadm('-A', '-t', '10.9.9.9:9');
    const report = await ours.verify();
    expect(report.applied.map(renderChange)).toEqual([
      '~ virtual server 10.0.0.1:80 tcp: lc → wrr',
      '+ real server 10.1.0.4:8080 of 10.0.0.1:80 tcp: nat, weight 1',
      '~ real server 10.1.0.3:80 of 10.0.0.1:80 tcp: weight 9 → 2',
      '- real server 10.1.0.77:80 of 10.0.0.1:80 tcp',
      '+ virtual server fwmark 7 ipv4: sh, persistence 360 s, granularity /24',
      '+ real server 10.1.0.3:0 of fwmark 7 ipv4: dr, weight 1',
    ]);
    expect(report.foreign.map(formatService)).toEqual(['10.9.9.9:9 tcp']);
    expect((await ours.verify()).applied).toEqual([]);
    await ours.reconcile({ services: [] });
    expect(ipvsadm('-S', '-n')).toEqual(['-A -t 10.9.9.9:9 -s wlc']);
  });

  test('a thousand changes and a thousand refusals are each answered', async () => {
    const adds = Array.from({ length: 1000 }, (_, at): IpvsChange => {
      const destination = server(`10.2.${at >> 8}.${at & 0xff}`);
      return { do: 'add-destination', key: WEB, destination };
    });
    await ipvs.apply([{ do: 'add-service', service: service() }]);
    // 10.2.0.0 and 10.2.1.255 are ordinary addresses here: no network of ours is around them.
    const outcomes = await ipvs.apply(adds);
    expect(outcomes.filter(({ done }) => !done)).toEqual([]);
    const again = await ipvs.apply(adds);
    expect(again.filter((outcome) => !outcome.done && outcome.name === 'EEXIST')).toHaveLength(
      1000,
    );
    expect((await ipvs.readTable()).services[0]?.destinations).toHaveLength(1000);
  });

  test('answers that the socket has no room for: the table is read anew, and made right', async () => {
    let losses = 0;
    const addon = loadAddon();
    const narrow = await openIpvs(systemClock, (protocol, { onDatagram, onFault }) =>
      openSocketOver(
        {
          ...addon,
          openNetlinkRequests: (number) => narrowed(addon.openNetlinkRequests(number)),
        },
        protocol,
        {
          onDatagram,
          onFault: (error) => {
            losses += error.message.includes('ENOBUFS') ? 1 : 0;
            onFault(error);
          },
        },
      ),
    );
    const tableOf = (weight: number) => ({
      services: [
        {
          service: service(),
          destinations: Array.from({ length: 300 }, (_, at) =>
            server(`10.2.${at >> 8}.${at & 0xff}`, { weight }),
          ),
        },
      ],
    });
    const ours = new IpvsReconciler({ ipvs: narrow, owned: [] });
    await ours.reconcile(tableOf(1));
    const [entry] = tableOf(1).services;
    // Somebody takes all of them away: 300 changes of weights are refused at once.
    execFileSync('ipvsadm', ['-R'], {
      input: (entry?.destinations ?? [])
        .map(({ address }) => `-d -t 10.0.0.1:80 -r ${address}:80\n`)
        .join(''),
    });
    const report = await ours.reconcile(tableOf(2));
    narrow.close();
    expect(losses).toBeGreaterThan(0);
    expect(report).toMatchObject({ refused: [], converged: true });
    const lines = ipvsadm('-S', '-n').filter((line) => line.startsWith('-a'));
    expect(lines).toHaveLength(300);
    expect(lines.every((line) => line.endsWith(' -g -w 2'))).toBe(true);
  });

  test('timeouts and sync daemons are what ipvsadm shows', async () => {
    const before = await ipvs.readTimeouts();
    await ipvs.setTimeouts({ tcpSeconds: 1800, tcpFinSeconds: 0, udpSeconds: 30 });
    const timeouts = `${before.tcpFinSeconds} 30`;
    expect(ipvsadm('-L', '--timeout')).toEqual([`Timeout (tcp tcpfin udp): 1800 ${timeouts}`]);
    await ipvs.setTimeouts(before);
    expect(await ipvs.readTimeouts()).toEqual(before);

    for (const command of [
      'ip link add d0 type dummy',
      'ip address add 192.0.2.77/24 dev d0',
      'ip link set d0 up',
    ]) {
      execFileSync('sh', ['-c', command]);
    }
    const daemon = { interface: 'd0', maxlen: null, group: null, port: null, ttl: null };
    await ipvs.startDaemon({ ...daemon, role: 'backup', syncId: 7, maxlen: 1400 });
    await ipvs.startDaemon({ ...daemon, role: 'master', syncId: 51, group: '224.0.0.82', ttl: 2 });
    expect(await ipvs.readDaemons()).toMatchObject([
      { role: 'master', interface: 'd0', syncId: 51, group: '224.0.0.82', port: 8848, ttl: 2 },
      { role: 'backup', interface: 'd0', syncId: 7, group: '224.0.0.81', maxlen: 1400 },
    ]);
    expect(ipvsadm('-L', '--daemon').join('\n')).toMatch(/master sync daemon.*d0.*51/);
    await expect(ipvs.startDaemon({ ...daemon, role: 'master', syncId: 51 })).rejects.toMatchObject(
      { message: expect.stringContaining('EEXIST') },
    );
    await expect(
      ipvs.startDaemon({ ...daemon, role: 'master', syncId: 51, interface: 'd9' }),
    ).rejects.toMatchObject({ message: expect.stringMatching(/EEXIST|ENODEV/) });
    for (const role of ['master', 'backup', 'backup'] as const) await ipvs.stopDaemon(role);
    expect(await ipvs.readDaemons()).toEqual([]);
    execFileSync('ip', ['link', 'del', 'd0']);
  });

  test('counters are set to 0, of what is there', async () => {
    await reconciler().reconcile(TABLE);
    await ipvs.zero(WEB);
    await ipvs.zero(null);
    await expect(ipvs.zero({ ...WEB, port: 9 } as ServiceKey)).rejects.toMatchObject({
      message: expect.stringContaining('ESRCH'),
    });
  });

  test.each<[string, readonly IpvsChange[]]>([
    ['an unknown scheduler', [{ do: 'add-service', service: service({ scheduler: 'wdr' }) }]],
    ['a service twice', [add(), add()]],
    ['an absent service', [{ do: 'remove-service', key: WEB }]],
    ['an absent service edited', [{ do: 'edit-service', service: service() }]],
    ['an unknown scheduler at an edit', [add(), edit(service({ scheduler: 'wdr' }))]],
    ['a destination without service', [addTo(server('10.1.0.3'))]],
    ['a destination twice', [add(), addTo(server('10.1.0.3')), addTo(server('10.1.0.3'))]],
    ['an absent destination', [add(), dropFrom(server('10.1.0.3')), setIn(server('10.1.0.3'))]],
    ['a multicast address', [add(), addTo(server('224.0.0.1')), addTo(server('0.0.0.0'))]],
    ['thresholds the wrong way', [add(), addTo(server('10.1.0.3', { lowerThreshold: 1 }))]],
    ['another family without tunnel', [add(), addTo(server('fd00::3'))]],
    [
      'GUE without port',
      [
        add(),
        addTo(
          server('10.1.0.3', { forwarding: 'tun', tunnel: { type: 'gue', port: 0, flags: 0 } }),
        ),
      ],
    ],
  ])('the simulated kernel refuses as this one does: %s', async (_, changes) => {
    await expectAgreement(changes);
  });

  test('the simulated kernel ends where this one does, whatever it is told (property)', async () => {
    const tables = fc.array(arbitraryTable, { minLength: 2, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(tables, async (each) => {
        await ipvs.flush();
        const [real, simulated] = [reconciler(), new SimulatedIpvs()];
        const twin = new IpvsReconciler({ ipvs: simulated, owned: [] });
        for (const table of each) {
          const [ours, theirs] = [await real.reconcile(table), await twin.reconcile(table)];
          expect(ours.applied).toEqual(theirs.applied);
          expect(ours.refused.map(({ error }) => error.message)).toEqual(
            theirs.refused.map(({ error }) => error.message),
          );
        }
        expect(comparable(await ipvs.readTable())).toEqual(comparable(simulated.table()));
      }),
      { numRuns: 30 },
    );
  });

  async function expectAgreement(changes: readonly IpvsChange[]): Promise<void> {
    const simulated = new SimulatedIpvs();
    const [ours, theirs] = [await ipvs.apply(changes), await simulated.apply(changes)];
    expect(theirs).toEqual(ours);
    expect(comparable(await ipvs.readTable())).toEqual(comparable(simulated.table()));
  }
});

function add(): IpvsChange {
  return { do: 'add-service', service: service() };
}

function edit(edited: Service): IpvsChange {
  return { do: 'edit-service', service: edited };
}

function addTo(destination: Destination): IpvsChange {
  return { do: 'add-destination', key: WEB, destination };
}

function setIn(destination: Destination): IpvsChange {
  return { do: 'edit-destination', key: WEB, destination };
}

function dropFrom(destination: Destination): IpvsChange {
  return { do: 'remove-destination', key: WEB, destination };
}

/** In an order of its own, and without counters. */
function comparable({ services }: IpvsTable): unknown {
  return Object.fromEntries(
    services.map(({ service: held, destinations }) => [
      formatService(held.key),
      {
        ...held,
        statistics: NO_STATISTICS,
        destinations: Object.fromEntries(
          destinations.map((one) => [
            `${one.address} ${one.port}`,
            { ...one, statistics: NO_STATISTICS },
          ]),
        ),
      },
    ]),
  );
}
