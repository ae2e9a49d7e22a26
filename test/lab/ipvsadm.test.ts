// needs: ipvs; takes 100 s
/**
 * `lvsctl show --ipvsadm` beside ipvsadm: with each switch both print the same octets. Uses the IPVS table of the
 * network namespace that it runs in, which must be nobody else's.
 */
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { describeError } from '../../src/base/error.ts';
import { type Ipvs, openIpvs } from '../../src/kernel/ipvs.ts';
import { needsStatistics, renderTable, type TableView } from '../../src/reconcile/ipvsadm/table.ts';
import type { IpvsChange } from '../../src/wire/ipvs/request.ts';
import { EXAMPLE } from '../reconcile/ipvsadm/example.ts';
import { pause } from './lab.ts';

const opened: Ipvs | string = await openIpvs().catch(describeError);
const missing = typeof opened === 'string' ? opened : null;
const ipvs = opened as Ipvs;

const VIP = '10.99.0.1';
/** More than the pipe to a reader holds. */
const MANY = 3_000;
/** So that the octets are told in K. */
const MEGABYTES = 120;
/** The kernel counts anew each 2 s, and rates live a little longer. */
const COUNTED_MS = 2_500;

/** Rates first: they fade. */
const SWITCHES: readonly (readonly string[])[] = [
  ['--rate'],
  ['--rate', '--exact'],
  [],
  ['--exact'],
  ['--stats'],
  ['--stats', '--exact'],
  ['--thresholds'],
  ['--persistent-conn'],
  ['--tun-info'],
  ['--timeout'],
  ['--daemon'],
];

const SETTINGS: readonly string[] = ['--timeout', '--daemon'];

const VIEWS: Readonly<Record<string, TableView>> = {
  '--stats': 'statistics',
  '--rate': 'rates',
  '--thresholds': 'thresholds',
  '--persistent-conn': 'persistent-connections',
  '--tun-info': 'tunnels',
};

function ipvsadm(...argv: readonly string[]): string {
  return execFileSync('ipvsadm', argv, { encoding: 'latin1' });
}

function ours(switches: readonly string[]): Promise<string> {
  const argv = ['dist/bin/lvsctl.js', 'show', '--ipvsadm', ...switches];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, argv, { encoding: 'latin1', maxBuffer: 1 << 26 }, (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    );
  });
}

/** If they differ, ours lies between two of theirs that are the same: nothing was counted meanwhile. */
async function both(
  switches: readonly string[],
  print: (switches: readonly string[]) => Promise<string> = ours,
): Promise<{ ours: string; theirs: string }> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const theirs = ipvsadm('-L', '-n', ...switches);
    const printed = await print(switches);
    if (printed === theirs || ipvsadm('-L', '-n', ...switches) === theirs) {
      return { ours: printed, theirs };
    }
  }
  throw new Error(`ipvsadm ${switches.join(' ')} never printed the same twice`);
}

/** Without a process: for many tables. */
async function rendered(switches: readonly string[]): Promise<string> {
  const view = VIEWS[switches[0] ?? ''] ?? 'forwarding';
  const info = await ipvs.info();
  const table = await ipvs.readColumns({ withStatistics: needsStatistics(view) });
  const exact = switches.includes('--exact');
  return Array.from(renderTable(info, table, { view, exact }), (piece) =>
    Buffer.from(piece).toString('latin1'),
  ).join('');
}

describe.skipIf(missing !== null)(`beside ipvsadm${missing ? `: ${missing}` : ''}`, () => {
  beforeEach(() => ipvs.flush());
  afterAll(async () => {
    await ipvs.flush();
    ipvs.close();
  });

  test.each(SWITCHES.map((switches) => [switches.join(' ') || 'no switch', switches] as const))(
    'a table with something of everything: %s',
    async (_, switches) => {
      const outcomes = await ipvs.apply(EXAMPLE);
      expect(outcomes.filter(({ done }) => !done)).toEqual([]);
      ipvsadm('-A', '-t', '10.0.0.9:80', '-s', 'rr', '-p', '60', '-M', '255.0.255.0');
      const told = await both(switches);
      expect(told.ours).toBe(told.theirs);
    },
  );

  test('an empty table', async () => {
    for (const switches of [[], ['--stats'], ['--daemon']]) {
      const told = await both(switches);
      expect(told.ours).toBe(told.theirs);
    }
  });

  test('timeouts that were set, and sync daemons that run', async () => {
    const before = await ipvs.readTimeouts();
    for (const command of [
      'ip link add d1 type dummy',
      'ip address add 192.0.2.77/24 dev d1',
      'ip link set d1 up',
      'ipvsadm --set 1800 60 30',
      'ipvsadm --start-daemon backup --mcast-interface d1 --syncid 7 --sync-maxlen 1400',
      'ipvsadm --start-daemon master --mcast-interface d1 --syncid 255 --mcast-ttl 3 --mcast-port 9999',
    ]) {
      execFileSync('sh', ['-c', command]);
    }
    for (const switches of [['--timeout'], ['--daemon']]) {
      const told = await both(switches);
      expect(told.ours).toBe(told.theirs);
    }
    expect(ipvsadm('-L', '--daemon').split('\n')).toHaveLength(3);
    await ipvs.setTimeouts(before);
    for (const role of ['master', 'backup'] as const) await ipvs.stopDaemon(role);
    execFileSync('ip', ['link', 'del', 'd1']);
  });

  test('any table, in the order of ipvsadm even where its comparison contradicts itself (property)', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryChanges, async (changes) => {
        await ipvs.flush();
        await ipvs.apply(changes);
        for (const switches of [[], ['--stats'], ['--thresholds'], ['--tun-info']]) {
          const told = await both(switches, rendered);
          expect(told.ours).toBe(told.theirs);
        }
      }),
      { numRuns: 25 },
    );
  });

  test('a table that is larger than the pipe to its reader, who may leave early', async () => {
    const key = { kind: 'fwmark', family: 'ipv4', mark: 7 } as const;
    const base = EXAMPLE.find((change) => change.do === 'add-destination');
    if (base?.do !== 'add-destination') throw new Error('the example has no real server');
    await ipvs.apply([
      ...EXAMPLE.filter((change) => change.do === 'add-service'),
      ...Array.from({ length: MANY }, (_, at): IpvsChange => {
        const address = `10.2.${at >> 8}.${at & 0xff}`;
        return { do: 'add-destination', key, destination: { ...base.destination, address } };
      }),
    ]);
    const told = await both([]);
    expect(told.ours).toBe(told.theirs);
    const command = `{ ${process.execPath} dist/bin/lvsctl.js show --ipvsadm; echo "exit $?" >&2; } | head -1`;
    const cut = spawnSync('sh', ['-c', command], { encoding: 'latin1' });
    expect(cut.stdout).toMatch(/^IP Virtual Server version .*\n$/);
    expect(cut.stderr).toBe('exit 0\n');
  });

  test('a full disk is told, and so is what the user may not ask', () => {
    const run = (command: string) => spawnSync('sh', ['-c', command], { encoding: 'latin1' });
    const lvsctl = `${process.execPath} dist/bin/lvsctl.js show --ipvsadm`;
    expect(run(`${lvsctl} > /dev/full`)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('standard output: ENOSPC'),
    });
    expect(run(`setpriv --reuid 65534 ${lvsctl}`)).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining('CAP_NET_ADMIN'),
    });
  });

  describe('with traffic', () => {
    let server: Server;
    const open: Socket[] = [];

    afterEach(() => {
      for (const socket of open.splice(0)) socket.destroy();
      server.close();
      execFileSync('ip', ['address', 'del', `${VIP}/32`, 'dev', 'lo']);
    });

    test('counters, rates and connections', async () => {
      execFileSync('ip', ['address', 'add', `${VIP}/32`, 'dev', 'lo']);
      server = createServer((socket) => socket.on('error', () => {}).resume());
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      ipvsadm('-A', '-t', `${VIP}:80`, '-s', 'rr', '-p', '300');
      ipvsadm('-a', '-t', `${VIP}:80`, '-r', `127.0.0.1:${port}`, '-m', '-w', '3');
      ipvsadm('-A', '-t', `${VIP}:81`, '-s', 'rr');
      ipvsadm('-a', '-t', `${VIP}:81`, '-r', `127.0.0.1:${port}`, '-m', '-w', '3');

      const held = connect(80, VIP);
      open.push(held);
      const megabyte = Buffer.alloc(1 << 20);
      for (let sent = 0; sent < MEGABYTES; sent += 1) {
        await new Promise((resolve) => held.write(megabyte, resolve));
      }
      for (let count = 0; count < 20; count += 1) {
        const socket = connect(81, VIP);
        open.push(socket);
        await once(socket, 'connect');
        if (count % 2 === 0) socket.end();
      }
      await pause(COUNTED_MS);

      const told = new Map<string, string>();
      // A process takes as long as the kernel needs to count anew.
      for (const switches of SWITCHES.filter((words) => !SETTINGS.includes(words[0] ?? ''))) {
        const { ours: printed, theirs } = await both(switches, rendered);
        expect(printed).toBe(theirs);
        told.set(switches.join(' '), printed);
      }
      // That there was something to compare.
      expect(told.get('--stats')).toMatch(/-> 127\.0\.0\.1:\d+ +1 .* \d+K +\d+\n/);
      expect(told.get('--stats')).toMatch(/-> 127\.0\.0\.1:\d+ +20 /);
      expect(told.get('--stats --exact')).not.toContain('K');
      expect(told.get('')).toMatch(/Masq +3 +10 +10 +\n/);
      expect(told.get('--persistent-conn')).toMatch(/-> 127\.0\.0\.1:\d+ +3 +1 +1 +0 +\n/);
      expect(told.get('--rate')).toMatch(/-> 127\.0\.0\.1:\d+ .* [1-9]\d* +\d+\n/);
    });
  });
});

const word16 = fc.oneof(fc.constantFrom(0, 0, 0, 1, 0xffff), fc.nat(0xffff));
const arbitraryIpv6 = fc
  .array(word16, { minLength: 8, maxLength: 8 })
  .map((groups) => canonical(groups));
const arbitraryIpv4 = fc
  .tuple(fc.integer({ min: 1, max: 223 }), fc.nat(255), fc.nat(255), fc.nat(255))
  .map((octets) => octets.join('.'));

const arbitraryService: fc.Arbitrary<IpvsChange> = fc
  .record({
    family: fc.constantFrom('ipv4' as const, 'ipv6' as const),
    ipv4: arbitraryIpv4,
    ipv6: arbitraryIpv6,
    port: fc.nat(65535),
    protocol: fc.constantFrom('tcp' as const, 'udp' as const, 'sctp' as const),
    mark: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 0xffff_ffff })),
    scheduler: fc.constantFrom('rr', 'wrr', 'sh', 'mh', 'wlc'),
    persistent: fc.boolean(),
    onePacket: fc.boolean(),
    flags: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
    bits: fc.integer({ min: 1, max: 32 }),
  })
  .map((made) => {
    const { family, port, protocol, mark, scheduler, persistent, onePacket, flags } = made;
    const [fallback, viaPort, third] = flags;
    return {
      do: 'add-service',
      service: {
        key:
          mark > 0
            ? { kind: 'fwmark', family, mark }
            : { kind: 'address', family, protocol, address: made[family], port },
        scheduler,
        persistent,
        onePacket,
        schedulerFlags: { fallback, port: viaPort, third },
        timeoutSeconds: persistent ? 360 : 0,
        granularityBits: family === 'ipv6' ? 4 * made.bits : made.bits,
        engine: null,
      },
    };
  });

/** A table, of which the kernel takes what it can. */
const arbitraryChanges: fc.Arbitrary<readonly IpvsChange[]> = fc
  .array(
    fc.tuple(
      arbitraryService,
      fc.array(
        fc.record({
          address: fc.oneof(arbitraryIpv4, arbitraryIpv6),
          port: fc.nat(65535),
          forwarding: fc.constantFrom('nat' as const, 'dr' as const, 'tun' as const),
          type: fc.constantFrom('ipip' as const, 'gue' as const, 'gre' as const),
          flags: fc.nat(1),
          weight: fc.oneof(fc.nat(10), fc.nat(0x7fff_ffff)),
          upperThreshold: fc.nat(100_000),
        }),
        { maxLength: 12 },
      ),
    ),
    { maxLength: 12 },
  )
  .map((entries) =>
    entries.flatMap(([made, servers]): readonly IpvsChange[] => {
      if (made.do !== 'add-service') return [];
      const { key } = made.service;
      return [
        made,
        ...servers.map(({ type, flags, ...rest }): IpvsChange => {
          const tunnel = { type, port: type === 'gue' ? 6080 : 0, flags };
          const destination = {
            ...rest,
            tunnel: rest.forwarding === 'tun' ? tunnel : null,
            lowerThreshold: rest.upperThreshold >> 1,
          };
          return { do: 'add-destination', key, destination };
        }),
      ];
    }),
  );

/** Of eight groups: the whole program writes addresses in one way only (base/address.ts). */
function canonical(groups: readonly number[]): string {
  const text = new URL(`http://[${groups.map((group) => group.toString(16)).join(':')}]/`).hostname;
  return text.slice(1, -1);
}
