// needs: root, nftables; takes 60 s
/**
 * `acceptor etcd` with a cluster of three members on hosts of their own, with the etcd of Debian: the leader dies, members
 * are cut from a director or stopped. The directors hear nothing of each other all the time, so that it is etcd which
 * decides. The client asks by ARP who has the address; at the end it was never two.
 */
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Duo, type DuoHost } from './duo.ts';
import { eventually, type Running } from './lab.ts';

const KEY = '0123456789abcdef0123456789abcdef';
const KEY_FILE = '/run/lease-cluster-key';
const ADDRESS: Readonly<Record<DuoHost, string>> = {
  director1: '192.0.2.2',
  director2: '192.0.2.3',
};
const MEMBERS = ['etcd1', 'etcd2', 'etcd3'] as const;
type Member = (typeof MEMBERS)[number];

const addressOf = (member: Member): string => `192.0.2.11${member.at(-1)}`;
const urlOf = (member: Member): string => `http://${addressOf(member)}:2379`;
const peerUrlOf = (member: Member): string => `http://${addressOf(member)}:2380`;
const dataOf = (member: Member): string => `/run/lease-cluster-${member}`;

/** A lease of two seconds outlasts an election, which takes up to one with these. */
const LEASE_SECONDS = 2;
const ELECTION = ['--heartbeat-interval', '50', '--election-timeout', '500'];

const config = (priority: number): string => `global_defs {
    split_brain_policy lease
}
lease {
    acceptor ${ADDRESS.director1}
    acceptor ${ADDRESS.director2}
    acceptor etcd
    key ${KEY}
    time ${LEASE_SECONDS}
}
vrrp_instance VI_1 {
    version 3
    advert_int 0.2
    interface eth0
    virtual_router_id 51
    priority ${priority}
    virtual_ipaddress {
        192.0.2.10/24
    }
}
`;

let pair: Duo;
const members = new Map<Member, Running>();

function startMember(member: Member): void {
  const cluster = MEMBERS.map((one) => `${one}=${peerUrlOf(one)}`).join();
  const urls = [
    ...['--listen-client-urls', urlOf(member), '--advertise-client-urls', urlOf(member)],
    ...['--listen-peer-urls', peerUrlOf(member)],
    ...['--initial-advertise-peer-urls', peerUrlOf(member)],
  ];
  const self = ['--name', member, '--data-dir', dataOf(member), '--log-level', 'error'];
  const more = ['--initial-cluster', cluster, ...ELECTION];
  members.set(member, pair.lab.start(member, member, 'etcd', ...self, ...urls, ...more));
}

beforeAll(async () => {
  for (const member of MEMBERS) rmSync(dataOf(member), { recursive: true, force: true });
  writeFileSync(KEY_FILE, `${KEY}\n`);
  chmodSync(KEY_FILE, 0o600);
  pair = await Duo.withText('lease-etcd-cluster', {
    director1: config(150),
    director2: config(100),
  });
  for (const member of MEMBERS) {
    await pair.lab.host(member, { eth0: { bridge: 'link', address: `${addressOf(member)}/24` } });
  }
  for (const member of MEMBERS) startMember(member);
  const etcd = ['--key-file', KEY_FILE, '--etcd', ...MEMBERS.map(urlOf), '--json'];
  for (const host of ['director1', 'director2'] as const) {
    const args = ['dist/bin/lvsctl.js', 'witness', '--listen', '127.0.0.1:4471', ...etcd];
    pair.lab.start(host, `etcd-${host}`, process.execPath, ...args);
    pair.start(host);
  }
  await pair.movesTo('director1');
  await eventually('etcd has answered', async () =>
    /acceptor etcd by 127\.0\.0\.1:4471: granted/.test(await pair.show('director1')),
  );
  await cut();
});

afterAll(async () => {
  await pair.close();
  for (const member of MEMBERS) rmSync(dataOf(member), { recursive: true, force: true });
});

/** The directors hear nothing of each other, and director1 nothing of these members. */
async function cut(...gone: readonly Member[]): Promise<void> {
  await pair.heal();
  for (const host of ['director1', 'director2'] as const) {
    const other = ADDRESS[host === 'director1' ? 'director2' : 'director1'];
    const silent = host === 'director1' ? gone.map((one) => `ip saddr ${addressOf(one)}`) : [];
    await pair.deafen(host, 'ip protocol vrrp', `ip saddr ${other}`, ...silent);
  }
}

async function post(member: Member, path: string, body: object): Promise<Record<string, unknown>> {
  const script = `const reply = await fetch('${urlOf(member)}${path}', {
      method: 'POST', body: '${JSON.stringify(body)}', signal: AbortSignal.timeout(3000) });
    console.log(await reply.text());`;
  const { stdout } = await pair.lab.run(
    'client',
    ...([process.execPath, '--input-type=module', '-e', script] as const),
  );
  return JSON.parse(stdout) as Record<string, unknown>;
}

async function leader(): Promise<Member> {
  for (const member of MEMBERS) {
    const status = await post(member, '/v3/maintenance/status', {}).catch(() => null);
    const { member_id: id } = (status?.header ?? {}) as { readonly member_id?: string };
    if (status !== null && status.leader === id) return member;
  }
  throw new Error('there is no leader');
}

/** One director has the address, and not both; which one is not said. */
function isServed(): Promise<number> {
  return eventually('one director has the address', async () => {
    const holding = [await pair.holds('director1'), await pair.holds('director2')];
    expect(holding).not.toEqual([true, true]);
    return holding.includes(true);
  });
}

test('the MASTER keeps the lease while the directors do not hear each other', async () => {
  expect(await pair.holdsAlone('director1', 3 * LEASE_SECONDS * 1_000)).toBe(true);
});

test('a member that is cut from the MASTER, or two of them, cost it nothing', async () => {
  for (const member of MEMBERS) {
    await cut(member);
    expect(await pair.holdsAlone('director1', 1.5 * LEASE_SECONDS * 1_000)).toBe(true);
  }
  await cut('etcd3', 'etcd1');
  expect(await pair.holdsAlone('director1', 2 * LEASE_SECONDS * 1_000)).toBe(true);
  await cut();
});

test('a compaction of the history changes nothing', async () => {
  const { header } = await post('etcd1', '/v3/kv/range', { key: 'AA==' });
  const { revision } = header as { readonly revision: string };
  await post('etcd1', '/v3/kv/compaction', { revision, physical: true });
  await post('etcd2', '/v3/maintenance/defragment', {});
  expect(await pair.holdsAlone('director1', 2 * LEASE_SECONDS * 1_000)).toBe(true);
});

test('the leader is killed: the MASTER stays, or the other follows, and never both', async () => {
  const victim = await leader();
  members.get(victim)?.kill('SIGKILL');
  await members.get(victim)?.ended;
  await isServed();
  await eventually(
    'there is another leader',
    async () => (await leader().catch(() => null)) !== null,
  );
  await isServed();
  startMember(victim);
  await isServed();
});

test('the leader is stopped for longer than a lease, and goes on', async () => {
  const victim = await leader();
  const pids = pair.lab.processesOf(victim);
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  const until = performance.now() + 2 * LEASE_SECONDS * 1_000;
  while (performance.now() < until) await isServed();
  for (const pid of pids) process.kill(pid, 'SIGCONT');
  await isServed();
});

test('cut from all members the MASTER stands down, and the other takes over', async () => {
  await pair.heal();
  await pair.movesTo('director1');
  await cut(...MEMBERS);
  await pair.movesTo('director2');
  await pair.heal();
  await pair.movesTo('director1');
});
