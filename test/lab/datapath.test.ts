// needs: ipvs; takes 40 s
/**
 * What becomes of the packets: a table that lvsd programs from its file, and real traffic through it. Octets come
 * back as they were sent, each connection goes where the weights say, and answers take the way that the method
 * promises: through the director in NAT, past it in DR and TUN, which the captured frames show.
 *
 *      client .100 ──┬── front 192.0.2.0/24, fd00:2::/64 ──┬──────────┬── …
 *                director .2                            rs1 .21    rs2 .22   rs3 .23
 *                    └── back 198.51.100.0/24, fd00:51::/64 ┴──────────┴── …
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Agent } from './agent-client.ts';
import { eventually, Lab, pause } from './lab.ts';

const SERVERS = ['rs1', 'rs2', 'rs3'] as const;
const WEIGHTS = [1, 2, 5] as const;
const PORT = 7000;
const OTHER_PORT = 7001;
const MARK = 7;
const MEGABYTES = 2;
/** The last ones do not fit into one packet. */
const DATAGRAMS = [1, 500, 1_400, 1_472, 4_000, 20_000] as const;
/** Whole rounds of the weights 1, 2 and 5. */
const CONNECTIONS = 80;

/** What the kernel has: both may be missing. GUE is taken apart by the module fou. */
const hasIpv6 = existsSync('/proc/sys/net/ipv6');
const hasGue = loadsModule('fou');
const GUE_PORT = 6080;

function loadsModule(name: string): boolean {
  const modprobe = readFileSync('/proc/sys/kernel/modprobe', 'utf8').trim();
  return spawnSync(modprobe, ['-q', name]).status === 0;
}

type Method = 'NAT' | 'DR' | 'TUN';
type Family = 'ipv4' | 'ipv6';

interface VirtualServer {
  readonly name: string;
  readonly method: Method;
  /** Of a tunnel that is not ipip. */
  readonly type?: string;
  readonly family: Family;
  /** Of the real servers; another one than the virtual server's only in a tunnel. */
  readonly serversFamily: Family;
}

const FAMILIES: readonly Family[] = hasIpv6 ? ['ipv4', 'ipv6'] : ['ipv4'];
const TUNNEL = { method: 'TUN', family: 'ipv4', serversFamily: 'ipv4' } as const;
const SPREAD: readonly VirtualServer[] = [
  ...FAMILIES.flatMap((family) =>
    (['NAT', 'DR', 'TUN'] as const).map((method) => ({
      name: `${method} ${family}`,
      method,
      family,
      serversFamily: family,
    })),
  ),
  ...(hasGue ? [{ ...TUNNEL, name: 'TUN gue', type: `type gue port ${GUE_PORT}` }] : []),
  { ...TUNNEL, name: 'TUN gre', type: 'type gre' },
  ...(hasIpv6
    ? [{ name: 'TUN ipv6 in ipv4', method: 'TUN', family: 'ipv6', serversFamily: 'ipv4' } as const]
    : []),
];

const FRONT: Readonly<Record<Family, string>> = { ipv4: '192.0.2.', ipv6: 'fd00:2::' };
const BACK: Readonly<Record<Family, string>> = { ipv4: '198.51.100.', ipv6: 'fd00:51::' };
const BITS: Readonly<Record<Family, number>> = { ipv4: 24, ipv6: 64 };

function front(family: Family, host: number): string {
  return `${FRONT[family]}${host}`;
}

function back(family: Family, host: number): string {
  return `${BACK[family]}${host}`;
}

/** One a row of SPREAD; then those of the other scenarios. */
function vipOf(virtual: VirtualServer): string {
  return front(virtual.family, 10 + SPREAD.indexOf(virtual));
}

const OTHERS = { roundRobin: 30, marked: 31, persistent: 32, anyPort: 33 } as const;

/** In DR on the front, where the client is; else behind the director. */
function realServers(method: Method, family: Family, port: number, weighted = true): string {
  return SERVERS.map((_, at) => {
    const address = (method === 'DR' ? front : back)(family, 21 + at);
    return `    real_server ${address} ${port} {\n        weight ${weighted ? WEIGHTS[at] : 1}\n    }\n`;
  }).join('');
}

interface Block {
  readonly head: string;
  readonly protocol: 'TCP' | 'UDP';
  readonly method: string;
  readonly scheduler: string;
  readonly more?: string;
  readonly servers: string;
}

function block({ head, protocol, method, scheduler, more = '', servers }: Block): string {
  return `virtual_server ${head} {
    lvs_sched ${scheduler}
    lvs_method ${method}
    protocol ${protocol}
${more}${servers}}
`;
}

function configuration(): string {
  const spread = SPREAD.flatMap((virtual) =>
    (['TCP', 'UDP'] as const).map((protocol) =>
      block({
        head: `${vipOf(virtual)} ${PORT}`,
        protocol,
        method: [virtual.method, virtual.type].join(' ').trim(),
        scheduler: 'wrr',
        servers: realServers(virtual.method, virtual.serversFamily, PORT),
      }),
    ),
  );
  const others = FAMILIES.flatMap((family) => {
    const dr = { protocol: 'TCP', method: 'DR', scheduler: 'rr' } as const;
    const even = (port: number): string => realServers('DR', family, port, false);
    const persistent = '    persistence_timeout 300\n';
    const marked = family === 'ipv6' ? '    ip_family inet6\n' : '';
    return [
      block({ ...dr, head: `${front(family, OTHERS.roundRobin)} ${PORT}`, servers: even(PORT) }),
      block({ ...dr, head: `fwmark ${MARK}`, more: marked, servers: even(0) }),
      block({
        ...dr,
        head: `${front(family, OTHERS.persistent)} ${PORT}`,
        more: persistent,
        servers: even(PORT),
      }),
      block({
        ...dr,
        head: `${front(family, OTHERS.anyPort)} 0`,
        more: persistent,
        servers: even(0),
      }),
    ];
  });
  return `global_defs {\n    router_id datapath\n}\n${[...spread, ...others].join('')}`;
}

function vips(family: Family): readonly string[] {
  const spread = SPREAD.filter((virtual) => virtual.family === family).map(vipOf);
  return [...spread, ...Object.values(OTHERS).map((host) => front(family, host))];
}

/** Of each kind the one that takes what no other does. */
const TUNNELS = { ipip: 'tunl0', gre: 'gre0', ip6tnl: 'ip6tnl0', sit: 'sit0' } as const;

class DataPath {
  readonly lab: Lab = new Lab('datapath');
  client!: Agent;
  /** MACs of the hosts on the front. */
  readonly macs = new Map<string, string>();

  async layOut(): Promise<void> {
    const { lab } = this;
    await lab.bridge('front');
    await lab.bridge('back');
    await this.host('client', 100, ['front']);
    for (const family of FAMILIES) await this.address('client', 'eth0', front(family, 101), family);
    await this.host('director', 2, ['front', 'back']);
    await this.sysctl('director', 'net.ipv4.ip_forward=1');
    if (hasIpv6) await this.sysctl('director', 'net.ipv6.conf.all.forwarding=1');
    for (const family of FAMILIES) {
      for (const vip of vips(family)) await this.address('director', 'eth0', vip, family);
    }
    for (const [at, name] of SERVERS.entries()) await this.realServer(name, 21 + at);
    this.client = lab.agent('client');
  }

  /** What a real server needs for each method: the director as gateway, the addresses on lo, tunnels. */
  private async realServer(name: string, host: number): Promise<void> {
    const { lab } = this;
    await this.host(name, host, ['front', 'back']);
    for (const family of FAMILIES) {
      const six = family === 'ipv6' ? ['-6'] : [];
      const from = [...six, 'rule', 'add', 'from', `${back(family, 0)}/${BITS[family]}`];
      await lab.ip(name, ...from, 'lookup', '100');
      const route = [...six, 'route', 'add', 'default', 'via', back(family, 2)];
      await lab.ip(name, ...route, 'table', '100');
    }
    const withoutNat = FAMILIES.flatMap(vips).filter(
      (vip) => !SPREAD.some((one) => one.method === 'NAT' && vipOf(one) === vip),
    );
    const setUp = ['realserver', 'setup', '--state-dir', `/run/${name}`, '--vip', ...withoutNat];
    const { code, stderr } = await lab.lvsctl(name, ...setUp);
    if (code !== 0) throw new Error(stderr);
    await this.tunnels(name);
    if (hasGue) await lab.ip(name, 'fou', 'add', 'port', `${GUE_PORT}`, 'gue');
    for (const link of ['all', 'tunl0', 'gre0'])
      await this.sysctl(name, `net.ipv4.conf.${link}.rp_filter=0`);
    const agent = lab.agent(name);
    await agent.serveEcho(name, PORT);
    await agent.serveEcho(name, OTHER_PORT);
  }

  /** To make any tunnel of a kind makes the one that takes what no other does. */
  private async tunnels(name: string): Promise<void> {
    const kinds = ['ipip', 'gre', ...(hasIpv6 ? (['ip6tnl', 'sit'] as const) : [])] as const;
    for (const kind of kinds) {
      const [local, remote] = [98, 99].map((host) =>
        back(kind === 'ip6tnl' ? 'ipv6' : 'ipv4', host),
      );
      const ends = ['local', local ?? '', 'remote', remote ?? ''];
      await this.lab.ip(name, 'link', 'add', `own-${kind}`, 'type', kind, ...ends);
      await this.lab.ip(name, 'link', 'set', TUNNELS[kind], 'up');
    }
  }

  private async host(
    name: string,
    host: number,
    links: readonly ('front' | 'back')[],
  ): Promise<void> {
    const addressOn = { front, back };
    await this.lab.host(
      name,
      Object.fromEntries(
        links.map((bridge, at) => [
          `eth${at}`,
          { bridge, address: `${addressOn[bridge]('ipv4', host)}/${BITS.ipv4}` },
        ]),
      ),
    );
    for (const [at, bridge] of links.entries()) {
      if (hasIpv6) await this.address(name, `eth${at}`, addressOn[bridge]('ipv6', host), 'ipv6');
    }
    const { stdout } = await this.lab.ip(name, '-br', 'link', 'show', 'dev', 'eth0');
    this.macs.set(name, /([0-9a-f]{2}:){5}[0-9a-f]{2}/.exec(stdout)?.[0] ?? 'none');
  }

  private async address(
    host: string,
    link: string,
    address: string,
    family: Family,
  ): Promise<void> {
    const quickly = family === 'ipv6' ? ['nodad'] : [];
    await this.lab.ip(host, 'addr', 'add', `${address}/${BITS[family]}`, 'dev', link, ...quickly);
  }

  private async sysctl(host: string, setting: string): Promise<void> {
    await this.lab.run(host, 'sysctl', '-qw', setting);
  }

  /** The marks that the kernel gives to what comes in for an address: by nft, or by tc where it has none. */
  async mark(family: Family, vip: string): Promise<void> {
    const word = family === 'ipv4' ? 'ip' : 'ip6';
    const rules = [
      `add table ${word} lab`,
      `add chain ${word} lab pre { type filter hook prerouting priority -150; }`,
      `add rule ${word} lab pre ${word} daddr ${vip} meta mark set ${MARK}`,
    ];
    const { code } = await this.lab.run('director', 'nft', rules.join('; '));
    if (code === 0) return;
    await this.lab.run('director', 'tc', 'qdisc', 'add', 'dev', 'eth0', 'clsact');
    const match = `protocol ${family === 'ipv4' ? 'ip' : 'ipv6'} flower dst_ip ${vip}`;
    const action = `action skbedit mark ${MARK}`;
    const words = `filter add dev eth0 ingress ${match} ${action}`.split(' ');
    const { code: failed, stderr } = await this.lab.run('director', 'tc', ...words);
    if (failed !== 0) throw new Error(stderr);
  }

  /** Hosts whose frames on the front had an address for their source: as soon as there are so many, or in the end. */
  async sendersOf(address: string, count: number): Promise<readonly string[]> {
    for (let again = 0; again < 20; again += 1) {
      await pause(200);
      const senders = await this.sendersNow(address);
      if (senders.length >= count) return senders;
    }
    return this.sendersNow(address);
  }

  private async sendersNow(address: string): Promise<readonly string[]> {
    const wanted = `(tcp or udp or ip6 proto 44) and src host ${address}`;
    const words = ['-nner', join(this.lab.folder, 'front.pcap'), wanted];
    // The capture goes on, so that the last packet may be cut short.
    const { stdout } = await this.lab.run('switch', 'tcpdump', ...words);
    const macs = new Set([...stdout.matchAll(/^\S+ (\S+) > /gm)].map(([, mac = '']) => mac));
    return [...this.macs].filter(([, mac]) => macs.has(mac)).map(([name]) => name);
  }

  async start(): Promise<void> {
    writeFileSync('/run/datapath.conf', configuration());
    const args = ['-n', '-C', '-f', '/run/datapath.conf', '--run-dir', '/run/datapath'];
    this.lab.start('director', 'lvsd', process.execPath, 'dist/bin/lvsd.js', ...args);
    const wanted = configuration().match(/real_server /g)?.length ?? 0;
    await eventually(
      'every real server is in the table',
      async () => {
        const { stdout } = await this.lab.run('director', 'ipvsadm', '-Ln');
        return (stdout.match(/ -> [^R]/g)?.length ?? 0) === wanted;
      },
      60_000,
    );
  }
}

const path = new DataPath();

beforeAll(async () => {
  await path.layOut();
  await path.start();
}, 180_000);

afterAll(() => path.lab.close());

/** 10, 20 and 50 of 80. */
function byWeight(times: number): Readonly<Record<string, number>> {
  const all = WEIGHTS.reduce((sum, weight) => sum + weight, 0);
  return Object.fromEntries(SERVERS.map((name, at) => [name, (times * (WEIGHTS[at] ?? 0)) / all]));
}

test.skipIf(!hasIpv6)('this kernel has IPv6', () => expect(FAMILIES).toContain('ipv6'));
test.skipIf(!hasGue)('this kernel has GUE', () => expect(configuration()).toContain('type gue'));

describe.each(SPREAD)('$name', (virtual) => {
  const vip = vipOf(virtual);
  const to = { address: vip, port: PORT, from: null };

  test('TCP: connections are spread exactly by weight, and octets come back as they were sent', async () => {
    const tcp = { ...to, protocol: 'tcp' } as const;
    const many = await path.client.echo({ ...tcp, times: CONNECTIONS, sizes: [1, 100, 3_000] });
    expect(many).toEqual({ servers: byWeight(CONNECTIONS), damaged: 0 });
    const large = await path.client.echo({ ...tcp, times: 8, sizes: [MEGABYTES * 1_000_003] });
    expect(large).toEqual({ servers: byWeight(8), damaged: 0 });
  });

  test('UDP: the same, for datagrams of every size', async () => {
    const udp = { ...to, protocol: 'udp' } as const;
    const many = await path.client.echo({ ...udp, times: 48, sizes: DATAGRAMS });
    expect(many).toEqual({ servers: byWeight(48), damaged: 0 });
  });

  test('answers come from where they should', async () => {
    const expected = virtual.method === 'NAT' ? ['director'] : [...SERVERS];
    expect(await path.sendersOf(vip, expected.length)).toEqual(expected);
  });
});

describe.each(FAMILIES)('%s', (family) => {
  const tcp = (host: number, over: object = {}) =>
    path.client.echo({
      protocol: 'tcp',
      address: front(family, host),
      port: PORT,
      times: 30,
      sizes: [1_000],
      from: null,
      ...over,
    });

  test('rr gives each real server its turn', async () => {
    expect(await tcp(OTHERS.roundRobin)).toEqual({
      servers: { rs1: 10, rs2: 10, rs3: 10 },
      damaged: 0,
    });
  });

  test('a firewall mark stands for every port of its address', async () => {
    await path.mark(family, front(family, OTHERS.marked));
    for (const port of [PORT, OTHER_PORT]) {
      expect(await tcp(OTHERS.marked, { port })).toEqual({
        servers: { rs1: 10, rs2: 10, rs3: 10 },
        damaged: 0,
      });
    }
  });

  test('with persistence a client stays where it is, and another goes elsewhere', async () => {
    const one = { from: front(family, 100) };
    const first = await tcp(OTHERS.persistent, one);
    const other = await tcp(OTHERS.persistent, { from: front(family, 101) });
    for (const { servers, damaged } of [first, other]) {
      expect(Object.values(servers)).toEqual([30]);
      expect(damaged).toBe(0);
    }
    expect(Object.keys(other.servers)).not.toEqual(Object.keys(first.servers));
    expect(await tcp(OTHERS.persistent, one)).toEqual(first);
  });

  test('port 0 is every port, and a client has one real server for all of them', async () => {
    const first = await tcp(OTHERS.anyPort);
    expect(Object.values(first.servers)).toEqual([30]);
    expect(first.damaged).toBe(0);
    expect(await tcp(OTHERS.anyPort, { port: OTHER_PORT })).toEqual(first);
  });
});
