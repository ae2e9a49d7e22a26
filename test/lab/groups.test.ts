// needs: ipvs; takes 45 s
/**
 * Everything that a virtual server can be, from its configuration to the kernel: groups of services, tunnels, port 0,
 * SCTP, one-packet scheduling, persistence and flags. ipvsadm judges, and keepalived on the same file.
 */
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openControl } from '../../src/api/client.ts';
import type { Snapshot } from '../../src/api/protocol.ts';
import type { Agent } from './agent-client.ts';
import { eventually, Lab, type Running } from './lab.ts';

const FILE = '/run/groups.conf';

/** Each kind once. What keepalived does otherwise, and we say so, is not in it. */
const EVERY_KIND = `virtual_server_group web {
    10.0.0.1 80
    10.0.0.2-4 443
    10.0.0.8/30 81
    fwmark 7
}
virtual_server group web {
    lvs_sched rr
    lvs_method DR
    protocol TCP
    real_server 10.1.0.3 { }
    real_server 10.1.0.4 { lvs_method NAT }
    real_server 10.1.0.5 8080 { lvs_method NAT
        weight 3 }
    real_server 10.1.0.6 { lvs_method TUN
        uthreshold 100
        lthreshold 50 }
    sorry_server 10.1.0.9
    sorry_server_inhibit
}
virtual_server_group six {
    fd00::5-7 53
    fwmark 11
}
virtual_server group six {
    lvs_sched wlc
    lvs_method DR
    protocol TCP
    real_server fd00:1::3 53 { }
}
virtual_server_group names {
    fd00::5 53
}
virtual_server group names {
    lvs_sched wlc
    lvs_method TUN
    protocol UDP
    ops
    real_server fd00:1::3 53 { }
    real_server 10.1.0.3 53 { }
}
virtual_server_group marks {
    fwmark 21
    fwmark 22
}
virtual_server group marks {
    ip_family inet6
    lvs_sched nq
    lvs_method TUN
    real_server 10.1.0.3 { }
}
virtual_server_group both {
    10.0.1.1 80
    fd00::1:1 80
}
virtual_server group both {
    lvs_sched wrr
    lvs_method TUN
    protocol TCP
    persistence_timeout 50
    real_server 10.1.0.3 80 { }
    real_server fd00:1::3 80 { }
}
virtual_server 10.0.2.1 80 {
    lvs_sched mh
    mh-fallback
    mh-port
    lvs_method TUN type gue port 6080 csum
    protocol TCP
    real_server 10.1.0.3 80 { }
    real_server 10.1.0.4 80 { lvs_method TUN }
    real_server 10.1.0.5 80 { lvs_method TUN type gre csum }
    real_server 10.1.0.6 80 { lvs_method TUN type gre }
    real_server 10.1.0.7 80 { lvs_method TUN type gue port 6081 remcsum }
    real_server 10.1.0.8 80 { lvs_method DR }
    real_server fd00:1::8 80 { }
    sorry_server 10.1.0.9 80
    sorry_server_lvs_method TUN type gue port 6082 nocsum
    sorry_server_inhibit
}
virtual_server fd00::2:1 80 {
    lvs_sched sh
    sh-port
    lvs_method TUN type gue port 6080
    protocol TCP
    persistence_timeout 300
    persistence_granularity 64
    real_server 10.1.0.3 80 { }
}
virtual_server 10.0.2.2 5060 {
    lvs_sched rr
    lvs_method NAT
    protocol UDP
    persistence_timeout 60
    persistence_engine sip
    ops
    real_server 10.1.0.3 5060 { }
}
virtual_server 10.0.2.3 9899 {
    lvs_sched wlc
    flag-1
    flag-3
    lvs_method NAT
    protocol SCTP
    real_server 10.1.0.3 9900 { }
}
virtual_server 10.0.2.4 0 {
    lvs_sched lblcr
    lvs_method DR
    protocol TCP
    persistence_timeout 90
    persistence_granularity 255.255.255.0
    real_server 10.1.0.3 0 { }
}
`;

/** Groups of one service and another, real servers that are checked, and both forwarded by NAT. */
function serving(first: string, second: string): string {
  return `virtual_server_group front {
    ${first}
}
virtual_server_group back {
    ${second}
}
${['front', 'back']
  .map(
    (name) => `virtual_server group ${name} {
    delay_loop 1
    retry 1
    delay_before_retry 0.5
    warmup 0
    lvs_sched rr
    lvs_method NAT
    protocol TCP
    real_server 198.51.100.21 80 { TCP_CHECK { } }
    real_server 198.51.100.22 80 { TCP_CHECK { } }
}
`,
  )
  .join('')}`;
}

const ON = (bridge: string, address: string) => ({ bridge, address });
const VIPS = [1, 2, 3, 4].map((last) => `10.0.0.${last}`);

let lab: Lab;
let client: Agent;
const realServers: Agent[] = [];

beforeAll(async () => {
  lab = new Lab('groups');
  await lab.bridge('clients');
  await lab.bridge('servers');
  const [front, back] = [ON('clients', '192.0.2.2/24'), ON('servers', '198.51.100.2/24')];
  await lab.host('director1', { eth0: front, eth1: back });
  await lab.host('director2', { eth0: ON('clients', '192.0.2.3/24') });
  await lab.host('client', { eth0: ON('clients', '192.0.2.100/24') }, '192.0.2.2');
  await lab.run('director1', 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
  for (const vip of VIPS) await lab.ip('director1', 'addr', 'add', `${vip}/32`, 'dev', 'lo');
  for (const last of [21, 22]) {
    const name = `rs${last}`;
    const link = ON('servers', `198.51.100.${last}/24`);
    await lab.host(name, { eth0: link }, '198.51.100.2');
    const agent = lab.agent(name);
    await agent.serve(80, name);
    realServers.push(agent);
  }
  client = lab.agent('client');
});

afterAll(() => lab.close());

function startLvsd(text: string): Running {
  writeFileSync(FILE, text);
  const args = ['-n', '-f', FILE, '--run-dir', '/run/groups'];
  return lab.start('director1', 'lvsd', process.execPath, 'dist/bin/lvsd.js', ...args);
}

async function reload(text: string): Promise<void> {
  writeFileSync(FILE, text);
  const done = await lab.lvsctl('director1', '--run-dir', '/run/groups', 'reload');
  expect(done).toMatchObject({ code: 0 });
}

function snapshot(): Promise<Snapshot | null> {
  return openControl('/run/groups')
    .snapshot()
    .catch(() => null);
}

async function stop(daemon: Running): Promise<void> {
  daemon.kill('SIGTERM');
  await daemon.ended;
}

async function ipvsadm(host: string, ...args: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await lab.run(host, 'ipvsadm', ...args);
  return stdout.split('\n').slice(0, -1);
}

/** `10.1.0.6:80 100 50`: real servers with thresholds, each as often as there are services with it. */
async function thresholds(host: string): Promise<readonly string[]> {
  const lines = await ipvsadm(host, '-L', '-n', '--thresholds');
  const shown = lines.map((line) => / -> (\S+) +(\d+) +(\d+) /.exec(line)?.slice(1) ?? []);
  const bounded = shown.filter(([, upper, lower]) => Number(upper) + Number(lower) > 0);
  return bounded.map((words) => words.join(' ')).toSorted();
}

/** The table without its order. */
async function saved(host: string): Promise<readonly string[]> {
  return (await ipvsadm(host, '-S', '-n')).toSorted();
}

/**
 * Addresses of the real servers of a service, with the connections that each was sent since it is there. The kernel
 * sums them up every two seconds.
 */
async function counted(vip: string): Promise<Readonly<Record<string, number>>> {
  const lines = await ipvsadm('director1', '-L', '-n', '--stats', '--exact', '-t', `${vip}:80`);
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, address = '', connections] = / -> (\S+):80 +(\d+)/.exec(line) ?? [];
      return connections === undefined ? [] : [[address, Number(connections)]];
    }),
  );
}

async function countsAtLeast(vip: string, wanted: Readonly<Record<string, number>>): Promise<void> {
  await eventually(`${vip} has counted ${JSON.stringify(wanted)}`, async () => {
    const counts = await counted(vip);
    return Object.entries(wanted).every(([address, count]) => (counts[address] ?? 0) >= count);
  });
}

describe('every kind of virtual server', () => {
  let ours: readonly string[];
  let daemon: Running;

  beforeAll(async () => {
    daemon = startLvsd(EVERY_KIND);
    await eventually('the table is full', async () => (await saved('director1')).length > 60);
    ours = await saved('director1');
  });

  afterAll(() => stop(daemon));

  test('is in the kernel as ipvsadm would have made it', () => {
    expect(ours).toEqual(EXPECTED.toSorted());
  });

  test('has its thresholds, which -S leaves out', async () => {
    expect(await thresholds('director1')).toEqual(bounded(100, 50));
  });

  test('is the same as keepalived makes of the same file', async () => {
    const pids = ['-p', '/run/groups-k.pid', '-c', '/run/groups-kc.pid'];
    const keepalived = ['keepalived', '-n', '-l', '-C', '-f', FILE, ...pids];
    const peer = lab.start('director2', 'keepalived', ...keepalived);
    await eventually('its table is full', async () => {
      return (await saved('director2')).length >= ours.length;
    });
    expect(await saved('director2')).toEqual(ours);
    expect(await thresholds('director2')).toEqual(bounded(100, 50));
    await stop(peer);
  });

  test('is compared without finding a difference, and shown', async () => {
    const told = lab.logOf('lvsd').length;
    await reload(EVERY_KIND);
    expect(await saved('director1')).toEqual(ours);
    expect(lab.logOf('lvsd').slice(told)).not.toContain('IPVS table changed');
    expect(lab.logOf('lvsd')).not.toContain('refused');
    const { stdout } = await lab.lvsctl('director1', '--run-dir', '/run/groups', 'show');
    expect(stdout).toContain('group web tcp  rr  quorum met');
    expect(stdout).toContain('9 services: 10.0.0.1:80 tcp, 10.0.0.2:443 tcp, 10.0.0.3:443 tcp');
    expect(stdout).toContain('TUN gue port 6081 remcsum');
    expect(stdout).not.toContain('absent');
    const [web] = (await snapshot())?.health?.virtualServers ?? [];
    expect(web).toMatchObject({ group: 'web', realServers: { length: 4 } });
    expect(web?.keys).toHaveLength(9);
  });

  test('has other thresholds after a reload that changes nothing else', async () => {
    const told = lab.logOf('lvsd').length;
    const other = EVERY_KIND.replace('uthreshold 100', 'uthreshold 200');
    await reload(other.replace('lthreshold 50', 'lthreshold 0'));
    expect(await thresholds('director1')).toEqual(bounded(200, 0));
    expect(await saved('director1')).toEqual(ours);
    // keepalived sends none of them.
    const line =
      /~ real server 10\.1\.0\.6:\d+ of .*: upper threshold 100 → 200, lower threshold 50 → 0/;
    expect(lab.logOf('lvsd').slice(told)).toMatch(line);
  });

  test('is gone from the kernel when the daemon stops', async () => {
    await stop(daemon);
    expect(await saved('director1')).toEqual([]);
  });
});

test('a scheduler that the kernel does not have is refused with the name of its module; the rest serves', async () => {
  const missing = serving('10.0.0.1 80', '10.0.0.2 80').replace('lvs_sched rr', 'lvs_sched mine');
  const daemon = startLvsd(missing);
  await eventually('it serves', async () => (await saved('director1')).length === 3);
  expect((await saved('director1'))[0]).toBe('-A -t 10.0.0.2:80 -s rr');
  await eventually('it is told', () => lab.logOf('lvsd').includes('modprobe ip_vs_mine'));
  await stop(daemon);
});

/** Answers of both real servers, however many. */
const BOTH = { rs21: expect.any(Number), rs22: expect.any(Number) };

describe('a group that serves', () => {
  let daemon: Running;

  beforeAll(async () => {
    daemon = startLvsd(serving('10.0.0.1 80\n10.0.0.2 80', '10.0.0.3-4 80'));
    await eventually('all is there', async () => (await saved('director1')).length === 12);
  });

  afterAll(() => stop(daemon));

  test('serves at each of its addresses', async () => {
    // How connections are shared out exactly is the data path's to prove.
    for (const vip of VIPS) expect(await client.fetch(`http://${vip}/`, 4)).toEqual(BOTH);
  });

  test('gains, loses and exchanges services at a reload, and the others do not notice', async () => {
    await countsAtLeast('10.0.0.1', { '198.51.100.21': 1, '198.51.100.22': 1 });
    // The kernel sums its counts up every two seconds.
    await countsAtLeast('10.0.0.2', { '198.51.100.21': 2, '198.51.100.22': 2 });
    const before = await counted('10.0.0.2');
    await client.watch('http://10.0.0.1/');
    // The second moves to the other group, which loses its last one.
    await reload(serving('10.0.0.1 80', '10.0.0.2-3 80'));
    expect(await saved('director1')).toHaveLength(9);
    expect(await counted('10.0.0.2')).toEqual(before);
    await reload(serving('10.0.0.1 80\n10.0.0.4 80', '10.0.0.2-3 80'));
    const { answers, longestSilenceMs } = await client.endWatch();
    expect(answers).toBeGreaterThan(10);
    expect(longestSilenceMs).toBeLessThan(1_000);
    // A service that was made anew would count from 0.
    const half = 1 + Math.floor(answers / 2);
    await countsAtLeast('10.0.0.1', { '198.51.100.21': half, '198.51.100.22': half });
    expect(await counted('10.0.0.2')).toEqual(before);
    expect(await client.fetch('http://10.0.0.4/', 4)).toEqual(BOTH);
  });

  test('loses a failed real server in all its services, and not by a new name of it', async () => {
    await realServers[1]?.stopServing();
    await eventually('it is out', async () => (await saved('director1')).length === 8);
    const renamed = serving('10.0.0.1 80\n10.0.0.4 80', '10.0.0.2-3 80').replaceAll('front', 'web');
    const out = await saved('director1');
    await reload(renamed);
    expect(await saved('director1')).toEqual(out);
    for (const vip of VIPS) expect(await client.fetch(`http://${vip}/`, 2)).toEqual({ rs21: 2 });
  });

  test('is adopted by the next life of the daemon: who is out stays out until it answers', async () => {
    const out = await saved('director1');
    daemon.kill('SIGKILL');
    await daemon.ended;
    const told = lab.logOf('lvsd').length;
    daemon = startLvsd(
      serving('10.0.0.1 80\n10.0.0.4 80', '10.0.0.2-3 80').replaceAll('front', 'web'),
    );
    await eventually('it runs', async () => ((await snapshot())?.health ?? null) !== null);
    expect(await saved('director1')).toEqual(out);
    expect(lab.logOf('lvsd').slice(told)).not.toContain('IPVS table changed');
    await realServers[1]?.serve(80, 'rs22');
    await eventually('it is back', async () => (await saved('director1')).length === 12);
  });
});

const WEB = [
  ['-t 10.0.0.1:80', 80],
  ...[2, 3, 4].map((last) => [`-t 10.0.0.${last}:443`, 443] as const),
  ...[8, 9, 10, 11].map((last) => [`-t 10.0.0.${last}:81`, 81] as const),
  ['-f 7', 0],
] as const;

/** What `thresholds` gives for the one that has some, in each service of its group. */
function bounded(upper: number, lower: number): readonly string[] {
  return WEB.map(([, port]) => `10.1.0.6:${port} ${upper} ${lower}`).toSorted();
}

const EXPECTED: readonly string[] = [
  ...WEB.flatMap(([service, port]) => [
    `-A ${service} -s rr`,
    `-a ${service} -r 10.1.0.3:${port} -g -w 1`,
    `-a ${service} -r 10.1.0.4:0 -m -w 1`,
    `-a ${service} -r 10.1.0.5:8080 -m -w 3`,
    `-a ${service} -r 10.1.0.6:${port} -i -w 1 --tun-type ipip`,
    `-a ${service} -r 10.1.0.9:${port} -g -w 0`,
  ]),
  ...[5, 6, 7].flatMap((last) => [
    `-A -t [fd00::${last}]:53 -s wlc`,
    `-a -t [fd00::${last}]:53 -r [fd00:1::3]:53 -g -w 1`,
  ]),
  '-A -f 11 -6 -s wlc',
  '-a -f 11 -6 -r [fd00:1::3]:0 -g -w 1',
  '-A -u [fd00::5]:53 -s wlc -o',
  '-a -u [fd00::5]:53 -r [fd00:1::3]:53 -i -w 1 --tun-type ipip',
  '-a -u [fd00::5]:53 -r 10.1.0.3:53 -i -w 1 --tun-type ipip',
  ...[21, 22].flatMap((mark) => [
    `-A -f ${mark} -6 -s nq`,
    `-a -f ${mark} -6 -r 10.1.0.3:0 -i -w 1 --tun-type ipip`,
  ]),
  ...['10.0.1.1', '[fd00::1:1]'].flatMap((vip) => [
    `-A -t ${vip}:80 -s wrr -p 50`,
    `-a -t ${vip}:80 -r 10.1.0.3:80 -i -w 1 --tun-type ipip`,
    `-a -t ${vip}:80 -r [fd00:1::3]:80 -i -w 1 --tun-type ipip`,
  ]),
  '-A -t 10.0.2.1:80 -s mh -b mh-fallback,mh-port',
  '-a -t 10.0.2.1:80 -r 10.1.0.3:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-csum',
  '-a -t 10.0.2.1:80 -r 10.1.0.4:80 -i -w 1 --tun-type ipip',
  '-a -t 10.0.2.1:80 -r 10.1.0.5:80 -i -w 1 --tun-type gre --tun-csum',
  '-a -t 10.0.2.1:80 -r 10.1.0.6:80 -i -w 1 --tun-type gre --tun-nocsum',
  '-a -t 10.0.2.1:80 -r 10.1.0.7:80 -i -w 1 --tun-type gue --tun-port 6081 --tun-remcsum',
  '-a -t 10.0.2.1:80 -r 10.1.0.8:80 -g -w 1',
  '-a -t 10.0.2.1:80 -r [fd00:1::8]:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-csum',
  '-a -t 10.0.2.1:80 -r 10.1.0.9:80 -i -w 0 --tun-type gue --tun-port 6082 --tun-nocsum',
  '-A -t [fd00::2:1]:80 -s sh -p 300 -M 64 -b sh-port',
  '-a -t [fd00::2:1]:80 -r 10.1.0.3:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-nocsum',
  '-A -u 10.0.2.2:5060 -s rr -p 60 --pe sip -o',
  '-a -u 10.0.2.2:5060 -r 10.1.0.3:5060 -m -w 1',
  '-A --sctp-service 10.0.2.3:9899 -s wlc -b flag-1,flag-3',
  '-a --sctp-service 10.0.2.3:9899 -r 10.1.0.3:9900 -m -w 1',
  '-A -t 10.0.2.4:0 -s lblcr -p 90 -M 255.255.255.0',
  '-a -t 10.0.2.4:0 -r 10.1.0.3:0 -g -w 1',
];
