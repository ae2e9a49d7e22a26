// needs: ipvs; takes 55 s
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
import type { EchoAttempt } from './agent-protocol.ts';
import { eventually, Lab, pause } from './lab.ts';

const SERVERS = ['rs1', 'rs2', 'rs3'] as const;
const WEIGHTS = [1, 2, 5] as const;
const PORT = 7000;
const OTHER_PORT = 7001;
const MARK = 7;
const SIP_PORT = 5060;
const MEGABYTES = 2;
/** The last ones do not fit into one packet. */
const DATAGRAMS = [1, 500, 1_400, 1_472, 4_000, 20_000] as const;
/** Whole rounds of the weights 1, 2 and 5. */
const ROUND = 8;
const ROUNDS = 10;

/** What the kernel has: both may be missing. GUE is taken apart by the module fou. */
const hasIpv6 = existsSync('/proc/sys/net/ipv6');
const hasGue = loadsModule('fou');
const hasSip = loadsModule('ip_vs_pe_sip');
const hasSctp = loadsModule('sctp');
const GUE_PORT = 6080;

function loadsModule(name: string): boolean {
  const modprobe = readFileSync('/proc/sys/kernel/modprobe', 'utf8').trim();
  return spawnSync(modprobe, ['-q', name]).status === 0;
}

const METHODS = ['NAT', 'DR', 'TUN'] as const;
type Method = (typeof METHODS)[number];
type Family = 'ipv4' | 'ipv6';

interface VirtualServer {
  readonly name: string;
  readonly method: Method;
  /** Of a tunnel that is not ipip. */
  readonly type?: string;
  readonly family: Family;
  /** Of the real servers; another one than the virtual server's only in a tunnel. */
  readonly serversFamily: Family;
  /** How many rounds of the weights are tried. */
  readonly rounds: number;
}

const FAMILIES: readonly Family[] = hasIpv6 ? ['ipv4', 'ipv6'] : ['ipv4'];
const TUNNEL = { method: 'TUN', family: 'ipv4', serversFamily: 'ipv4', rounds: ROUNDS } as const;
const SPREAD: readonly VirtualServer[] = [
  ...FAMILIES.flatMap((family) =>
    METHODS.map((method) => ({
      name: `${method} ${family}`,
      method,
      family,
      serversFamily: family,
      rounds: ROUNDS,
    })),
  ),
  ...(hasGue
    ? ['', ' csum', ' remcsum'].map((sums) => ({
        ...TUNNEL,
        name: `TUN gue${sums}`,
        type: `type gue port ${GUE_PORT}${sums}`,
        rounds: sums === '' ? ROUNDS : 1,
      }))
    : []),
  { ...TUNNEL, name: 'TUN gre', type: 'type gre' },
  ...(hasIpv6
    ? [
        { ...TUNNEL, name: 'TUN ipv6 in ipv4', family: 'ipv6' } as const,
        { ...TUNNEL, name: 'TUN ipv4 in ipv6', serversFamily: 'ipv6', rounds: 1 } as const,
      ]
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
  return front(virtual.family, 70 + SPREAD.indexOf(virtual));
}

const OTHERS = { roundRobin: 30, bounded: 31, onePacket: 32, calls: 33, sctp: 34 } as const;
/** What there is of each method. */
const KINDS = {
  NAT: { marked: 40, persistent: 41, anyPort: 42 },
  DR: { marked: 50, persistent: 51, anyPort: 52 },
  TUN: { marked: 60, persistent: 61, anyPort: 62 },
} as const;
/** Of SCTP by NAT; by DR it is one of the others. */
const SCTP_NAT = 43;
/** At so many connections the first real server of `bounded` is sent no more. */
const CONNECTIONS_MAX = 4;

/** In DR on the front, where the client is; else behind the director. */
function realServers(method: Method, family: Family, port: number, weighted = true): string {
  return SERVERS.map((_, at) => {
    const address = (method === 'DR' ? front : back)(family, 21 + at);
    return `    real_server ${address} ${port} {\n        weight ${weighted ? WEIGHTS[at] : 1}\n    }\n`;
  }).join('');
}

/** By firewall mark, with persistence, and of every port: each by TCP and UDP, which a mark is anyhow. */
function kindsOf(method: Method, family: Family): readonly string[] {
  const { marked, persistent, anyPort } = KINDS[method];
  const rr = { method, scheduler: 'rr' } as const;
  const even = (port: number): string => realServers(method, family, port, false);
  const kept = '    persistence_timeout 300\n';
  const mark = family === 'ipv6' ? '    ip_family inet6\n' : '';
  return [
    block({
      ...rr,
      head: `fwmark ${MARK + marked}`,
      protocol: 'TCP',
      more: mark,
      servers: even(0),
    }),
    ...(['TCP', 'UDP'] as const).flatMap((protocol) => [
      block({
        ...rr,
        head: `${front(family, persistent)} ${PORT}`,
        protocol,
        more: kept,
        servers: even(PORT),
      }),
      block({ ...rr, head: `${front(family, anyPort)} 0`, protocol, more: kept, servers: even(0) }),
    ]),
  ];
}

interface Block {
  readonly head: string;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
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
    const bounded = even(PORT).replace('{', `{\n        uthreshold ${CONNECTIONS_MAX}`);
    const udp = { ...dr, protocol: 'UDP' } as const;
    const bySip = '    persistence_timeout 300\n    persistence_engine sip\n';
    return [
      block({ ...dr, head: `${front(family, OTHERS.roundRobin)} ${PORT}`, servers: even(PORT) }),
      block({ ...dr, head: `${front(family, OTHERS.bounded)} ${PORT}`, servers: bounded }),
      block({
        ...udp,
        head: `${front(family, OTHERS.onePacket)} ${PORT}`,
        more: '    ops\n',
        servers: even(PORT),
      }),
      ...(hasSip
        ? [
            block({
              ...udp,
              head: `${front(family, OTHERS.calls)} ${SIP_PORT}`,
              more: bySip,
              servers: even(SIP_PORT),
            }),
          ]
        : []),
      ...sctp(family),
      ...METHODS.flatMap((method) => kindsOf(method, family)),
    ];
  });
  return `global_defs {\n    router_id datapath\n}\n${[...spread, ...others].join('')}`;
}

/** By DR and by NAT. */
function sctp(family: Family): readonly string[] {
  if (!hasSctp || family === 'ipv6') return [];
  return (['DR', 'NAT'] as const).map((method) =>
    block({
      head: `${front(family, method === 'DR' ? OTHERS.sctp : SCTP_NAT)} ${PORT}`,
      protocol: 'SCTP',
      method,
      scheduler: 'rr',
      servers: realServers(method, family, PORT, false),
    }),
  );
}

function vips(family: Family): readonly string[] {
  const spread = SPREAD.filter((virtual) => virtual.family === family).map(vipOf);
  const others = [OTHERS, ...Object.values(KINDS)].flatMap((hosts) => Object.values(hosts));
  return [...spread, ...[...others, SCTP_NAT].map((host) => front(family, host))];
}

/** No real server has these. */
function natVips(family: Family): readonly string[] {
  const spread = SPREAD.filter((one) => one.method === 'NAT' && one.family === family).map(vipOf);
  const others = [...Object.values(KINDS.NAT), SCTP_NAT];
  return [...spread, ...others.map((host) => front(family, host))];
}

/** Of each kind the one that takes what no other does. */
const TUNNELS = { ipip: 'tunl0', gre: 'gre0', ip6tnl: 'ip6tnl0', sit: 'sit0' } as const;

/** Node has no SCTP. Each is one address: an association may move to others of its ends, which the director knows not. */
const SCTP_SERVER = `import socket, sys
server = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132)
server.bind((sys.argv[1], ${PORT}))
server.listen(8)
while True:
    peer, _ = server.accept()
    peer.sendall(sys.argv[2].encode() + b"\\n" + peer.recv(65536))
    peer.close()`;
const SCTP_CLIENT = `import os, socket, sys
for _ in range(int(sys.argv[2])):
    own = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132)
    own.settimeout(10)
    own.bind(("${front('ipv4', 100)}", 0))
    own.connect((sys.argv[1], ${PORT}))
    sent = os.urandom(1000)
    own.sendall(sent)
    heard = own.recv(65536)
    name, back = heard.split(b"\\n", 1)
    print(name.decode() if back == sent else "damaged")
    own.close()`;

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
    const nat = new Set(FAMILIES.flatMap(natVips));
    const withoutNat = FAMILIES.flatMap(vips).filter((vip) => !nat.has(vip));
    const setUp = ['realserver', 'setup', '--state-dir', `/run/${name}`, '--vip', ...withoutNat];
    const { code, stderr } = await lab.lvsctl(name, ...setUp);
    if (code !== 0) throw new Error(stderr);
    await this.tunnels(name);
    if (hasGue) await lab.ip(name, 'fou', 'add', 'port', `${GUE_PORT}`, 'gue');
    for (const link of ['all', 'tunl0', 'gre0', ...(hasIpv6 ? ['ip6tnl0'] : [])])
      await this.sysctl(name, `net.ipv4.conf.${link}.rp_filter=0`);
    const agent = lab.agent(name);
    await agent.serveEcho(name, PORT);
    await agent.serveEcho(name, OTHER_PORT);
    if (hasSip) await agent.serveEcho(name, SIP_PORT);
    if (!hasSctp) return;
    for (const own of [front('ipv4', OTHERS.sctp), back('ipv4', host)]) {
      this.lab.start(name, `${name}-sctp`, 'python3', '-c', SCTP_SERVER, own, name);
    }
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
    // It takes IPv6 only, unless it is told.
    if (hasIpv6) await this.lab.ip(name, '-6', 'tunnel', 'change', 'ip6tnl0', 'mode', 'any');
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

  /** The mark that the kernel gives to what comes in for an address: by nft, or by tc where it has none. */
  async mark(family: Family, vip: string, mark: number): Promise<void> {
    const word = family === 'ipv4' ? 'ip' : 'ip6';
    const rules = [
      `add table ${word} lab`,
      `add chain ${word} lab pre { type filter hook prerouting priority -150; }`,
      `add rule ${word} lab pre ${word} daddr ${vip} meta mark set ${mark}`,
    ];
    const { code } = await this.lab.run('director', 'nft', rules.join('; '));
    if (code === 0) return;
    await this.lab.run('director', 'tc', 'qdisc', 'add', 'dev', 'eth0', 'clsact');
    const match = `protocol ${family === 'ipv4' ? 'ip' : 'ipv6'} flower dst_ip ${vip}`;
    const action = `action skbedit mark ${mark}`;
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
    const times = ROUND * virtual.rounds;
    const many = await path.client.echo({ ...tcp, times, sizes: [1, 100, 3_000] });
    expect(many).toEqual({ servers: byWeight(times), damaged: 0 });
    const large = await path.client.echo({ ...tcp, times: ROUND, sizes: [MEGABYTES * 1_000_003] });
    expect(large).toEqual({ servers: byWeight(ROUND), damaged: 0 });
  });

  test('UDP: the same, for datagrams of every size', async () => {
    const udp = { ...to, protocol: 'udp' } as const;
    const times = ROUND * Math.min(virtual.rounds, DATAGRAMS.length);
    const many = await path.client.echo({ ...udp, times, sizes: DATAGRAMS });
    expect(many).toEqual({ servers: byWeight(times), damaged: 0 });
  });

  test('answers come from where they should', async () => {
    const expected = virtual.method === 'NAT' ? ['director'] : [...SERVERS];
    expect(await path.sendersOf(vip, expected.length)).toEqual(expected);
  });
});

/** Thirty TCP connections of a thousand octets, unless something else is said. */
function echo(
  address: string,
  over: Partial<EchoAttempt> = {},
): Promise<{ readonly servers: Readonly<Record<string, number>>; readonly damaged: number }> {
  const tcp = { protocol: 'tcp', address, port: PORT, times: 30, sizes: [1_000] } as const;
  return path.client.echo({ ...tcp, from: null, ...over });
}

describe.each(FAMILIES)('%s', (family) => {
  const vip = (host: number): string => front(family, host);

  test('rr gives each real server its turn', async () => {
    const servers = { rs1: 10, rs2: 10, rs3: 10 };
    expect(await echo(vip(OTHERS.roundRobin))).toEqual({ servers, damaged: 0 });
  });

  test('a real server at its upper threshold gets no more, and the others get them', async () => {
    const { servers, damaged } = await echo(vip(OTHERS.bounded), { times: 20 });
    expect(damaged).toBe(0);
    // Those that are being closed count, too.
    expect(servers).toEqual({ rs1: CONNECTIONS_MAX, rs2: 8, rs3: 8 });
  });

  test('with one-packet scheduling each datagram of one port goes elsewhere', async () => {
    const udp = { protocol: 'udp', times: 9, fromPort: 9_000 } as const;
    const servers = { rs1: 3, rs2: 3, rs3: 3 };
    expect(await echo(vip(OTHERS.onePacket), udp)).toEqual({ servers, damaged: 0 });
    // As it is without.
    const usual = SPREAD.find((one) => one.method === 'DR' && one.family === family);
    const kept = await echo(vipOf(usual as VirtualServer), { ...udp, times: 3 });
    expect(Object.values(kept.servers)).toEqual([3]);
  });

  test.skipIf(!hasSip)(
    'a call stays where it is, and another one of its client goes elsewhere',
    async () => {
      const call = (id: string) =>
        echo(vip(OTHERS.calls), {
          protocol: 'udp',
          port: SIP_PORT,
          text: `OPTIONS sip:lab SIP/2.0\r\nVia: SIP/2.0/UDP lab\r\nCall-ID: ${id}@lab\r\n\r\n`,
          times: 4,
        });
      const [first, second] = [await call('first'), await call('second')];
      for (const { servers, damaged } of [first, second]) {
        expect(Object.values(servers)).toEqual([4]);
        expect(damaged).toBe(0);
      }
      expect(Object.keys(second.servers)).not.toEqual(Object.keys(first.servers));
      expect(await call('first')).toEqual(first);
    },
  );
});

test.skipIf(!hasSctp).each([
  ['DR', OTHERS.sctp],
  ['NAT', SCTP_NAT],
] as const)(
  'SCTP by %s: each real server has its turn, and octets come back as they were sent',
  async (_, host) => {
    const args = ['-c', SCTP_CLIENT, front('ipv4', host), '6'];
    const { stdout, stderr } = await path.lab.run('client', 'python3', ...args);
    expect(stderr).toBe('');
    expect(stdout.trim().split('\n').toSorted()).toEqual([
      'rs1',
      'rs1',
      'rs2',
      'rs2',
      'rs3',
      'rs3',
    ]);
  },
);

const EACH_WAY = FAMILIES.flatMap((family) => METHODS.map((method) => ({ family, method })));

describe.each(EACH_WAY)('$method $family', ({ family, method }) => {
  const [marked, persistent, anyPort] = (['marked', 'persistent', 'anyPort'] as const).map((kind) =>
    front(family, KINDS[method][kind]),
  ) as [string, string, string];

  test('a firewall mark stands for every port and protocol of its address', async () => {
    await path.mark(family, marked, MARK + KINDS[method].marked);
    const servers = { rs1: 3, rs2: 3, rs3: 3 };
    for (const protocol of ['tcp', 'udp'] as const) {
      for (const port of [PORT, OTHER_PORT]) {
        expect(await echo(marked, { protocol, port, times: 9 })).toEqual({ servers, damaged: 0 });
      }
    }
  });

  test.each(['tcp', 'udp'] as const)(
    'with persistence a client stays where it is, and another goes elsewhere: %s',
    async (protocol) => {
      const by = (host: number) =>
        echo(persistent, { protocol, from: front(family, host), times: 9 });
      const first = await by(100);
      const other = await by(101);
      for (const { servers, damaged } of [first, other]) {
        expect(Object.values(servers)).toEqual([9]);
        expect(damaged).toBe(0);
      }
      expect(Object.keys(other.servers)).not.toEqual(Object.keys(first.servers));
      expect(await by(100)).toEqual(first);
    },
  );

  test.each(['tcp', 'udp'] as const)(
    'port 0 is every port, and a client has one real server for all of them: %s',
    async (protocol) => {
      const first = await echo(anyPort, { protocol, times: 9 });
      expect(Object.values(first.servers)).toEqual([9]);
      expect(first.damaged).toBe(0);
      expect(await echo(anyPort, { protocol, port: OTHER_PORT, times: 9 })).toEqual(first);
    },
  );
});
