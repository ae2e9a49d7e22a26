// needs: ipvs; takes 255 s
/**
 * What lvsd sets in the kernel besides virtual servers, seen by sysctl and ipvsadm: timeouts, sysctls and the
 * sync daemon; and what is left of it when it reloads, dies or stops.
 *
 *      client .100 ── director1 .2 ── director2 .3 ── rs .21    all on one link, DR mode
 */
import { writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openControl } from '../../src/api/client.ts';
import type { Snapshot } from '../../src/api/protocol.ts';
import { LVS_SYSCTL } from '../../src/config/keywords/sysctl.ts';
import { eventually, Lab, pause, type Running } from './lab.ts';

const VIP = '192.0.2.10';
const REAL = '192.0.2.21';
/** The kernel is asked each 9 s. */
const REPAIRED_MS_MAX = 10_000;
/** On a busy machine anything may take longer once. */
const REPAIR_TRIES = 3;

/** What somebody changes is right again in time. */
async function isPutRight(
  change: () => Promise<unknown>,
  isRight: () => boolean | Promise<boolean>,
): Promise<void> {
  const took: number[] = [];
  while (took.length < REPAIR_TRIES && !took.some((ms) => ms <= REPAIRED_MS_MAX)) {
    await change();
    took.push(await eventually('it is put right', isRight, 3 * REPAIRED_MS_MAX));
  }
  expect(Math.min(...took)).toBeLessThanOrEqual(REPAIRED_MS_MAX);
}

function configuration(globals: string, priority: number): string {
  return `global_defs {
${globals}
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority ${priority}
    virtual_ipaddress {
        ${VIP}/24
    }
}
virtual_server ${VIP} 7000 {
    lvs_sched rr
    lvs_method DR
    protocol TCP
    real_server ${REAL} 7000 {
    }
}
`;
}

type Name = 'director1' | 'director2';

class Directors {
  readonly lab: Lab;
  private readonly name: string;
  private readonly daemons = new Map<Name, Running>();

  private constructor(name: string, lab: Lab) {
    this.name = name;
    this.lab = lab;
  }

  static async layOut(name: string): Promise<Directors> {
    const lab = new Lab(name);
    await lab.bridge('link');
    const on = (part: number) => ({ eth0: { bridge: 'link', address: `192.0.2.${part}/24` } });
    await lab.host('director1', on(2));
    await lab.host('director2', on(3));
    await lab.host('client', on(100));
    await lab.host('rs', on(21));
    await lab.lvsctl('rs', 'realserver', 'setup', '--vip', VIP, '--state-dir', `/run/${name}-rs`);
    return new Directors(name, lab);
  }

  start(host: Name, text: string): Running {
    this.write(host, text);
    const args = ['dist/bin/lvsd.js', '-n', '-f', this.file(host), '--run-dir', this.runDir(host)];
    const daemon = this.lab.start(host, host, process.execPath, ...args);
    this.daemons.set(host, daemon);
    return daemon;
  }

  write(host: Name, text: string): void {
    writeFileSync(this.file(host), text);
  }

  /** What a program has printed; nothing before it does. */
  log(name: string): string {
    try {
      return this.lab.logOf(name);
    } catch {
      return '';
    }
  }

  async ready(host: Name): Promise<void> {
    await eventually(`${host} is ready`, () => this.log(host).includes('lvsd is ready'));
  }

  async reload(host: Name, text: string): Promise<void> {
    this.write(host, text);
    const { code, stderr } = await this.lvsctl(host, 'reload');
    expect(`${code} ${stderr}`).toMatch(/^0 /);
  }

  async stop(host: Name): Promise<void> {
    const daemon = this.daemons.get(host);
    daemon?.kill('SIGTERM');
    await daemon?.ended;
  }

  lvsctl(host: Name, ...args: readonly string[]) {
    return this.lab.lvsctl(host, '--run-dir', this.runDir(host), ...args);
  }

  snapshot(host: Name): Promise<Snapshot | null> {
    return openControl(this.runDir(host))
      .snapshot()
      .catch(() => null);
  }

  async pidOf(host: Name, name: 'health' | 'vrrp'): Promise<number> {
    const found = (await this.snapshot(host))?.processes.find((one) => one.name === name)?.pid;
    if (found === null || found === undefined) throw new Error(`${name} is not running`);
    return found;
  }

  async sysctl(host: string, name: string): Promise<string> {
    const { stdout } = await this.lab.run(host, 'sysctl', '-n', `net.ipv4.vs.${name}`);
    return stdout.trim().replace(/\s+/g, ' ');
  }

  /** All of them, by their names. */
  async sysctls(host: Name): Promise<Readonly<Record<string, string>>> {
    const { stdout } = await this.lab.run(host, 'sysctl', 'net.ipv4.vs');
    const pairs = [...stdout.matchAll(/^net\.ipv4\.vs\.(\w+) = (.*)$/gm)];
    return Object.fromEntries(
      pairs.map(([, name = '', value = '']) => [name, value.replace(/\s+/g, ' ')]),
    );
  }

  async timeouts(host: Name): Promise<string> {
    const { stdout } = await this.lab.run(host, 'ipvsadm', '-l', '--timeout');
    return /: ([\d ]+)/.exec(stdout)?.[1]?.trim() ?? stdout;
  }

  /** `master eth0 51`, one for each that runs. */
  async syncDaemons(host: Name): Promise<readonly string[]> {
    const { stdout } = await this.lab.run(host, 'ipvsadm', '-l', '--daemon');
    return [...stdout.matchAll(/(master|backup) sync daemon \(mcast=([^,]+), syncid=(\d+)/g)].map(
      ([, role, link, id]) => `${role} ${link} ${id}`,
    );
  }

  file(host: Name): string {
    return `/run/${this.name}-${host}.conf`;
  }

  runDir(host: Name): string {
    return `/run/${this.name}-${host}`;
  }
}

/** The last two of a row are the ends of its range. */
const SYSCTLS: readonly (readonly [
  name: string,
  begins: string | RegExp,
  least: string,
  most: string,
])[] = [
  ['am_droprate', '10', '1', '2147483647'],
  ['amemthresh', '1024', '0', '2147483647'],
  ['conn_reuse_mode', '1', '0', '3'],
  ...['drop_entry', 'drop_packet', 'secure_tcp'].map((name) => [name, '0', '0', '3'] as const),
  ...(
    'backup_only cache_bypass conntrack expire_nodest_conn expire_quiescent_template ignore_tunneled ' +
    'nat_icmp_send schedule_icmp sloppy_sctp sloppy_tcp sync_persist_mode'
  )
    .split(' ')
    .map((name) => [name, '0', '0', '1'] as const),
  ...['pmtu_disc', 'run_estimation', 'snat_reroute', 'sync_version'].map(
    (name) => [name, '1', '0', '1'] as const,
  ),
  ['sync_ports', '1', '1', '64'],
  // 1/32 of the pages of memory.
  ['sync_qlen_max', /^[1-9]\d+$/, '1', '2147483647'],
  ['sync_refresh_period', '0', '0', '2147483'],
  ['sync_retries', '0', '0', '3'],
  ['sync_sock_size', '0', '0', '2147483647'],
  ['sync_threshold', '3 50', '0 0', '2147483646 2147483647'],
];
/** Of kernels that count in threads of their own. */
const SINCE_6_2 = ['est_cpulist', 'est_nice'];

describe('timeouts and sysctls', () => {
  let directors: Directors;
  let before: { readonly timeouts: string; readonly reuse: string };

  beforeEach(async () => {
    directors = await Directors.layOut('settings');
    // The module is loaded by the first question.
    const timeouts = await directors.timeouts('director1');
    before = { timeouts, reuse: await directors.sysctl('director1', 'conn_reuse_mode') };
  });

  afterEach(() => directors.lab.close());

  const SETTINGS = `lvs_timeouts tcp 1800 udp 30
    lvs_sysctl {
        conn_reuse_mode 0
        expire_nodest_conn 1
        sync_threshold 2 40
        est_nice 5
    }`;

  test('are set at the start, changed at a reload, and as before after the stop', async () => {
    const [tcp, fin, udp] = before.timeouts.split(' ');
    directors.start('director1', configuration(SETTINGS, 100));
    await directors.ready('director1');
    expect(await directors.timeouts('director1')).toBe(`1800 ${fin} 30`);
    expect(await directors.sysctl('director1', 'conn_reuse_mode')).toBe('0');
    expect(await directors.sysctl('director1', 'expire_nodest_conn')).toBe('1');
    expect(await directors.sysctl('director1', 'sync_threshold')).toBe('2 40');
    if ((await directors.sysctl('director1', 'est_nice')) === '') {
      expect(directors.log('director1')).toMatch(/net\.ipv4\.vs\.est_nice.*no such sysctl/);
    }
    const { stdout } = await directors.lvsctl('director1', 'show');
    expect(stdout).toContain(`timeouts tcp 1800 s (was ${tcp}), udp 30 s (was ${udp})`);
    expect(stdout).toContain(`net.ipv4.vs.conn_reuse_mode 0 (was ${before.reuse})`);

    const changed = `lvs_timeouts tcp 600 tcpfin 60
      lvs_sysctl {
          conn_reuse_mode 2
      }`;
    await directors.reload('director1', configuration(changed, 100));
    expect(await directors.timeouts('director1')).toBe(`600 60 ${udp}`);
    expect(await directors.sysctl('director1', 'conn_reuse_mode')).toBe('2');
    // What the file does not ask for any more is as before us.
    expect(await directors.sysctl('director1', 'expire_nodest_conn')).toBe('0');
    expect(await directors.sysctl('director1', 'sync_threshold')).toBe('3 50');

    await directors.stop('director1');
    expect(await directors.timeouts('director1')).toBe(before.timeouts);
    expect(await directors.sysctl('director1', 'conn_reuse_mode')).toBe(before.reuse);
  });

  test('are each as documented at first, take both ends of their range, and are as before in the end', async () => {
    expect([...SYSCTLS.map(([name]) => name), ...SINCE_6_2].toSorted()).toEqual(
      [...LVS_SYSCTL.keys()].toSorted(),
    );
    const begins = await directors.sysctls('director1');
    const asDocumented = SYSCTLS.map(([name, value]) => [
      name,
      typeof value === 'string' ? value : expect.stringMatching(value),
    ]);
    expect(begins).toMatchObject(Object.fromEntries(asDocumented));
    const blockOf = (end: 2 | 3): string =>
      `lvs_sysctl {\n${SYSCTLS.map((row) => `${row[0]} ${row[end]}\n`).join('')}}`;
    const endsAt = (end: 2 | 3) => Object.fromEntries(SYSCTLS.map((row) => [row[0], row[end]]));
    directors.start('director1', configuration(blockOf(2), 100));
    await directors.ready('director1');
    expect(await directors.sysctls('director1')).toMatchObject(endsAt(2));
    await directors.reload('director1', configuration(blockOf(3), 100));
    expect(await directors.sysctls('director1')).toMatchObject(endsAt(3));
    expect(directors.log('director1')).not.toContain('cannot set');
    await directors.stop('director1');
    expect(await directors.sysctls('director1')).toEqual(begins);
  });

  test('that somebody changes are put right within 10 s, and told', async () => {
    directors.start('director1', configuration(SETTINGS, 100));
    await directors.ready('director1');
    await isPutRight(
      async () => {
        await directors.lab.run('director1', 'ipvsadm', '--set', '700', '70', '70');
        await directors.lab.run('director1', 'sysctl', '-qw', 'net.ipv4.vs.expire_nodest_conn=0');
      },
      async () =>
        (await directors.timeouts('director1')) === '1800 70 30' &&
        (await directors.sysctl('director1', 'expire_nodest_conn')) === '1',
    );
    expect(directors.log('director1')).toMatch(
      /"warn".*"drift".*timeouts tcp 700 → 1800 s, udp 70 → 30 s/,
    );
  });

  test('are restored after a crash of everything, and a start with another file', async () => {
    directors.start('director1', configuration(SETTINGS, 100));
    await directors.ready('director1');
    await directors.lab.powerOff('director1');
    expect(await directors.timeouts('director1')).toMatch(/^1800 /);
    directors.start('director1', configuration('', 100));
    await eventually(
      'what the new file does not ask for is as before',
      async () => (await directors.timeouts('director1')) === before.timeouts,
    );
    expect(await directors.sysctl('director1', 'conn_reuse_mode')).toBe(before.reuse);
  });

  test('are restored by a health process that began after another one was killed', async () => {
    directors.start('director1', configuration(SETTINGS, 100));
    await directors.ready('director1');
    const pid = await directors.pidOf('director1', 'health');
    process.kill(pid, 'SIGKILL');
    await eventually('there is another one', async () => {
      const now = await directors.pidOf('director1', 'health').catch(() => pid);
      return now !== pid;
    });
    expect(await directors.timeouts('director1')).toMatch(/^1800 /);
    await directors.stop('director1');
    expect(await directors.timeouts('director1')).toBe(before.timeouts);
    expect(await directors.sysctl('director1', 'conn_reuse_mode')).toBe(before.reuse);
  });

  test.each([
    ['lvs_flush_on_stop', 2, 0],
    ['lvs_flush_on_stop VS', 2, 1],
    ['lvs_flush', 1, 0],
    ['', 2, 1],
  ] as const)(
    '"%s": so many services at the start %i, at the stop %i',
    async (keyword, made, left) => {
      await directors.lab.run('director1', 'ipvsadm', '-A', '-t', '192.0.2.99:99', '-s', 'rr');
      directors.start('director1', configuration(keyword, 100));
      await directors.ready('director1');
      const services = (): number =>
        directors.lab.readNet('director1', 'ip_vs').match(/^TCP/gm)?.length ?? 0;
      expect(services()).toBe(made);
      await directors.stop('director1');
      expect(services()).toBe(left);
    },
  );
});

describe('network namespaces', () => {
  let directors: Directors;

  beforeEach(async () => {
    directors = await Directors.layOut('namespaces');
  });

  afterEach(() => directors.lab.close());

  const services = (host: string): number =>
    directors.lab.readNet(host, 'ip_vs').match(/^TCP/gm)?.length ?? 0;
  const settings = 'lvs_timeouts udp 33\n lvs_sync_daemon eth0 VI_1\n lvs_sysctl { sloppy_tcp 1 }';

  test('net_namespace: both processes live there, and the run directory has its name', async () => {
    const name = directors.lab.netns('director1');
    const file = directors.file('director1');
    writeFileSync(file, `net_namespace ${name}\n${configuration(settings, 100)}`);
    // Started elsewhere, where no such interface or IPVS is asked for.
    const lvsd = ['dist/bin/lvsd.js', '-n', '-f', file];
    const daemon = directors.lab.start('client', 'elsewhere', process.execPath, ...lvsd);
    await eventually('it is ready', () => directors.log('elsewhere').includes('lvsd is ready'));
    expect(directors.log('elsewhere')).not.toContain('unknown-interface');
    const pids = (await directors.lab.run('client', 'ip', 'netns', 'pids', name)).stdout;
    const snapshot = await openControl(`/run/lvsd/${name}`).snapshot();
    const inside = (pid: number | null): boolean => pids.split('\n').includes(`${pid}`);
    expect(snapshot.processes.map(({ name: one, pid }) => [one, inside(pid)])).toEqual([
      ['supervisor', false],
      ['vrrp', true],
      ['health', true],
    ]);
    await eventually('the address is there', async () =>
      (await directors.lab.ip('director1', 'addr', 'show', 'dev', 'eth0')).stdout.includes(VIP),
    );
    expect([services('director1'), services('client')]).toEqual([1, 0]);
    expect(await directors.timeouts('director1')).toMatch(/ 33$/);
    expect(await directors.sysctl('director1', 'sloppy_tcp')).toBe('1');
    expect(await directors.sysctl('client', 'sloppy_tcp')).toBe('0');
    await eventually(
      'the sync daemon follows',
      async () => (await directors.syncDaemons('director1')).join() === 'master eth0 51',
    );

    // A process stays where it was started.
    const runDir = ['--run-dir', `/run/lvsd/${name}`];
    directors.write('director1', configuration(settings, 100));
    const { code, stdout, stderr } = await directors.lab.lvsctl('client', ...runDir, 'reload');
    expect(code).toBe(1);
    expect(stdout + stderr).toContain(`net_namespace cannot change while lvsd runs: it is ${name}`);

    daemon.kill('SIGTERM');
    expect(await daemon.ended).toBe(0);
    expect([services('director1'), await directors.sysctl('director1', 'sloppy_tcp')]).toEqual([
      0,
      '0',
    ]);
  });

  test('net_namespace_ipvs: IPVS and its settings are there, all else is here', async () => {
    const there = directors.lab.netns('director2');
    const text = `net_namespace_ipvs ${there}\n${configuration(settings, 100)}`;
    directors.start('director1', text);
    await directors.ready('director1');
    await eventually('the address is here', async () =>
      (await directors.lab.ip('director1', 'addr', 'show', 'dev', 'eth0')).stdout.includes(VIP),
    );
    expect([services('director1'), services('director2')]).toEqual([0, 1]);
    expect(await directors.timeouts('director2')).toMatch(/ 33$/);
    expect(await directors.sysctl('director2', 'sloppy_tcp')).toBe('1');
    expect(await directors.sysctl('director1', 'sloppy_tcp')).toBe('0');
    await eventually(
      'the sync daemon follows',
      async () => (await directors.syncDaemons('director2')).join() === 'master eth0 51',
    );
    const { sync } = (await directors.snapshot('director1'))?.settings ?? {};
    expect(sync).toMatchObject({ deaf: null, learnt: { connections: 0, isAll: true } });
    await directors.stop('director1');
    expect(services('director2')).toBe(0);
    expect(await directors.syncDaemons('director2')).toEqual([]);
    expect(await directors.sysctl('director2', 'sloppy_tcp')).toBe('0');
  });

  test.each(['net_namespace', 'net_namespace_ipvs'])(
    '%s that is not there: says so, and ends',
    async (keyword) => {
      const daemon = directors.start('director1', `${keyword} nowhere\n${configuration('', 100)}`);
      expect(await daemon.ended).toBe(1);
      expect(directors.log('director1')).toMatch(
        /there is no network namespace nowhere.*ip netns add nowhere; there are /,
      );
    },
  );
});

/** Says a line each 100 ms on one connection, and what came back. */
const TALKER = `
  const socket = require('node:net').connect(7000, '${VIP}', () => {
    let count = 0;
    setInterval(() => socket.write('line ' + (count += 1) + '\\n'), 100);
  });
  socket.on('data', (octets) => process.stdout.write(octets));
  socket.on('close', () => console.log('closed'));
  socket.on('error', (error) => console.log('failed ' + error.message));
`;
/** Sends a datagram each 100 ms from one port. */
const KNOCKER = `
  const socket = require('node:dgram').createSocket('udp4');
  setInterval(() => socket.send('knock', 7000, '192.0.2.3'), 100);
`;
const ECHO = `require('node:net').createServer((socket) => {
  socket.on('error', () => {});
  socket.pipe(socket);
}).listen(7000, '0.0.0.0')`;

describe('the sync daemon', () => {
  let directors: Directors;
  const follows =
    'lvs_sync_daemon eth0 inst VI_1 id 7 maxlen 1400 port 8850 ttl 2 group 224.0.0.82';

  beforeAll(async () => {
    directors = await Directors.layOut('sync');
    directors.lab.start('rs', 'echo', process.execPath, '-e', ECHO);
    directors.start('director1', configuration(follows, 150));
    directors.start('director2', configuration(follows, 100));
    await directors.ready('director1');
    await directors.ready('director2');
  });

  afterAll(() => directors.lab.close());

  const roles = async (first: string, second: string, withinMs = 20_000): Promise<void> => {
    await eventually(
      `director1 is ${first}, director2 ${second}`,
      async () =>
        (await directors.syncDaemons('director1')).join() === `${first} eth0 7` &&
        (await directors.syncDaemons('director2')).join() === `${second} eth0 7`,
      withinMs,
    );
  };

  test('follows the VRRP instance, with all that was asked', async () => {
    await roles('master', 'backup');
    const [daemon] = (await directors.snapshot('director1'))?.settings?.sync.daemons ?? [];
    expect(daemon).toEqual({
      role: 'master',
      interface: 'eth0',
      syncId: 7,
      maxlen: 1400,
      port: 8850,
      ttl: 2,
      group: '224.0.0.82',
      owned: true,
    });
  });

  test('that somebody stops runs again within 10 s, and it is told', async () => {
    const isMaster = async (): Promise<boolean> =>
      (await directors.syncDaemons('director1')).join() === 'master eth0 7';
    await isPutRight(
      () => directors.lab.run('director1', 'ipvsadm', '--stop-daemon', 'master'),
      isMaster,
    );
    const told = /"warn".*"drift".*\+ sync daemon master on eth0, id 7/;
    await eventually('it is told', () => told.test(directors.log('director1')));
  });

  test('tells the backup of connections, which lvsctl show shows', async () => {
    const before = (await directors.snapshot('director2'))?.settings?.sync.heard;
    directors.lab.start('client', 'talker', process.execPath, '-e', TALKER);
    await eventually('it talks', () => directors.log('talker').includes('line 5\n'));
    await eventually('the backup has learnt it', async () => {
      const { sync } = (await directors.snapshot('director2'))?.settings ?? {};
      return (
        sync?.learnt?.connections === 1 &&
        (sync.heard?.entries ?? 0) > (before?.entries ?? 0) &&
        sync.heard?.lastFrom === '192.0.2.2'
      );
    });
    const { stdout } = await directors.lvsctl('director2', 'show');
    expect(stdout).toMatch(/BACKUP +on eth0, id 7, to 224\.0\.0\.82 port 8850, ttl 2/);
    expect(stdout).toContain('1 connection of the table learnt from another director');
    expect(stdout).toMatch(/heard \d+ entr(y|ies) in \d+ messages? .* ago from 192\.0\.2\.2/);
  });

  test('a connection outlives its director, and the roles follow', async () => {
    const linesOf = (): number => directors.log('talker').split('\n').length;
    await directors.lab.powerOff('director1');
    await directors.lab.plug('director1', 'eth0', false);
    await eventually('director2 is master', async () =>
      (await directors.syncDaemons('director2')).includes('master eth0 7'),
    );
    const at = linesOf();
    await eventually('it talks on', () => linesOf() > at + 20, 30_000);
    expect(directors.log('talker')).not.toMatch(/closed|failed/);
    expect(await directors.syncDaemons('director2')).toEqual(['master eth0 7']);
  });

  test('the old master learns before it is master again, and the other one is backup', async () => {
    await directors.lab.run('director1', 'ip', 'addr', 'del', `${VIP}/24`, 'dev', 'eth0');
    await directors.lab.run('director1', 'ipvsadm', '-C');
    await directors.lab.plug('director1', 'eth0', true);
    directors.start('director1', configuration(follows, 150));
    await roles('master', 'backup', 30_000);
    const log = directors.log('director1').split('lvsd starts').at(-1) ?? '';
    expect(log).toMatch(/sync daemon backup on eth0[\s\S]*sync daemon master on eth0/);
  });

  test('a VRRP process that dies is master of nothing', async () => {
    const pid = await directors.pidOf('director1', 'vrrp');
    process.kill(pid, 'SIGKILL');
    await eventually('it is backup meanwhile', () =>
      /"VRRP".*\+ sync daemon backup/.test(
        directors.log('director1').split('process died').at(-1) ?? '',
      ),
    );
    await roles('master', 'backup', 30_000);
  });

  test('speaks to an IPv6 group, over as many ports as sync_ports says', async () => {
    const group = 'ff02::8251';
    const six = `${follows.replace('224.0.0.82', group)}\n lvs_sysctl { sync_ports 2 }`;
    await directors.reload('director1', configuration(six, 150));
    await directors.reload('director2', configuration(six, 100));
    await roles('master', 'backup');
    const { stdout } = await directors.lab.run('director1', 'ipvsadm', '-l', '--daemon');
    expect(stdout).toContain(group);
    // 8850 and 8851: the kernel's daemon, and we beside it.
    const ports = directors.lab.readNet('director2', 'udp6').match(/:229[23] /g);
    expect(new Set(ports)).toEqual(new Set([':2292 ', ':2293 ']));
    await eventually('the backup hears the master', async () => {
      const heard = (await directors.snapshot('director2'))?.settings?.sync.heard;
      return (heard?.entries ?? 0) > 0 && heard?.lastFrom?.startsWith('fe80::') === true;
    });
    expect((await directors.snapshot('director2'))?.settings?.sync.deaf).toBeNull();
    // Nothing differs at the next comparison: it is not started again and again.
    const started = (): number => directors.log('director1').split('+ sync daemon').length;
    const before = started();
    expect((await directors.lvsctl('director1', 'reload')).code).toBe(0);
    expect(started()).toBe(before);
    await directors.reload('director1', configuration(follows, 150));
  });

  test('a reload changes it, and a stop ends it', async () => {
    await directors.reload('director2', configuration('lvs_sync_daemon eth0 VI_1', 100));
    await eventually('the id is that of the instance', async () => {
      return (await directors.syncDaemons('director2')).join() === 'backup eth0 51';
    });
    // Without an instance both roles.
    await directors.reload('director2', configuration('lvs_sync_daemon eth0 id 9', 100));
    expect(await directors.syncDaemons('director2')).toEqual(['master eth0 9', 'backup eth0 9']);
    await directors.stop('director2');
    expect(await directors.syncDaemons('director2')).toEqual([]);
  });

  test('without its interface it waits, says why, and starts when there is one', async () => {
    directors.start('director2', configuration('lvs_sync_daemon dmy0 VI_1 id 7', 100));
    await eventually('it says why', () =>
      /"error".*sync daemon.*dmy0.*ENODEV.*check the name of the interface/.test(
        directors.log('director2'),
      ),
    );
    const link = async (...args: readonly string[]): Promise<void> => {
      await directors.lab.ip('director2', ...args);
    };
    const make = async (): Promise<void> => {
      await link('link', 'add', 'dmy0', 'type', 'dummy');
      await link('address', 'add', '203.0.113.1/24', 'dev', 'dmy0');
      await link('link', 'set', 'dmy0', 'up');
    };
    await make();
    const runs = async (): Promise<boolean> =>
      (await directors.syncDaemons('director2')).join() === 'backup dmy0 7';
    await eventually('it runs', runs);
    const starts = (): number =>
      directors.log('director2').split('+ sync daemon backup on dmy0').length;
    const before = starts();
    // The kernel keeps the daemon of an interface that is gone, and it hears nothing on the next one.
    await link('link', 'del', 'dmy0');
    await make();
    await eventually('it was started anew', () => starts() > before);
    expect(await runs()).toBe(true);
    await directors.stop('director2');
  });

  test('whoever sends as a second master is told', async () => {
    await eventually('director1 is master', async () =>
      (await directors.syncDaemons('director1')).includes('master eth0 7'),
    );
    // Beyond the time in which an old master may still send.
    await pause(6_000);
    const daemon = ['--syncid', '7', '--mcast-interface', 'eth0', '--mcast-group', '224.0.0.82'];
    await directors.lab.run(
      'director2',
      'ipvsadm',
      '--start-daemon',
      'master',
      ...daemon,
      '--mcast-port',
      '8850',
    );
    const service = ['-u', '192.0.2.3:7000'];
    await directors.lab.run('director2', 'ipvsadm', '-A', ...service, '-s', 'rr');
    await directors.lab.run('director2', 'ipvsadm', '-a', ...service, '-r', `${REAL}:7000`, '-g');
    directors.lab.start('client', 'knock', process.execPath, '-e', KNOCKER);
    await eventually('it is told', () =>
      /another director sends connections as a master/.test(directors.log('director1')),
    );
    expect(directors.log('director1')).toMatch(
      /"source":"192\.0\.2\.3".*both directors are MASTER/,
    );
  });
});
