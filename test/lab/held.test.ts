// needs: root
/** What a MASTER holds on the real kernel: over the death of its process, against others, and as keepalived holds it. */
import { afterEach, describe, expect, test } from 'vitest';
import { Duo } from './duo.ts';
import { eventually, pause } from './lab.ts';

const VIP = '192.0.2.10';
/** 500 on an idle machine; a process starts more slowly beside others that start. */
const FIRST_ADVERT_MS_MAX = 1_000;
/** A busy machine may lose a packet; an address that is away is away for longer. */
const SILENCE_MS_MAX = 150;

let pair: Duo | null = null;

afterEach(async () => {
  await pair?.close();
  pair = null;
});

function instance(priority: number, more = ''): string {
  return `vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority ${priority}
    advert_int 1
    virtual_ipaddress {
        ${VIP}/24
    }
    ${more}
}
`;
}

async function layOut(first: string, second: string): Promise<Duo> {
  pair = await Duo.withText('held', { director1: first, director2: second });
  return pair;
}

/** Times of the advertisements since `sinceMs`, as tcpdump has printed them. */
function advertsSince(text: string, source: string, sinceMs: number): readonly number[] {
  return text
    .split('\n')
    .filter((line) => line.includes(`${source} >`))
    .map((line) => Number(line.split(' ')[0]) * 1000)
    .filter((atMs) => atMs >= sinceMs);
}

test('F2: a MASTER whose vrrp process is killed stays MASTER, and its address never goes', async () => {
  const duo = await layOut(instance(150), instance(100));
  duo.start('director1');
  await duo.movesTo('director1');
  duo.start('director2');
  await pause(1_500);
  const [before] = (await duo.snapshot('director1'))?.vrrp?.instances ?? [];
  duo.lab.start('client', 'adverts', 'tcpdump', '-l', '-tt', '-n', '-i', 'eth0', 'ip proto 112');
  duo.lab.start('director1', 'monitor', 'ip', 'monitor', 'address');
  const client = duo.lab.agent('client');
  await client.observe(VIP, '192.0.2.100');
  await pause(1_500);
  const pid = await duo.pidOf('director1', 'vrrp');
  const killedAtMs = Date.now();
  process.kill(pid, 'SIGKILL');
  await eventually(
    'it advertises again',
    async () => advertsSince(duo.lab.logOf('adverts'), '192.0.2.2', killedAtMs).length > 0,
    3_000,
  );
  const [firstMs = 0] = advertsSince(duo.lab.logOf('adverts'), '192.0.2.2', killedAtMs);
  await pause(2_500);
  const { answeredAtMs } = await client.endObserve();
  const gaps = answeredAtMs.slice(1).map((at, index) => at - (answeredAtMs[index] as number));
  expect(Math.max(...gaps)).toBeLessThan(SILENCE_MS_MAX);
  expect(duo.lab.logOf('adverts')).not.toContain('192.0.2.3 >');
  expect(duo.lab.logOf('adverts')).not.toMatch(/prio 0\b/);
  expect(duo.lab.logOf('monitor')).not.toContain('Deleted');
  const [after] = (await duo.snapshot('director1'))?.vrrp?.instances ?? [];
  expect(after).toMatchObject({ state: 'master', sinceMs: before?.sinceMs });
  expect(await duo.pidOf('director1', 'vrrp')).not.toBe(pid);
  expect(firstMs - killedAtMs).toBeLessThan(FIRST_ADVERT_MS_MAX);
}, 60_000);

const PATHS = `virtual_ipaddress_excluded {
        198.51.100.7/32 dev eth0 scope link
        2001:db8::7/128
        203.0.113.1/24 brd + label eth0:p
    }
    virtual_routes {
        198.18.0.0/16 via 192.0.2.100 dev eth0 src ${VIP} metric 7 mtu lock 1400
        198.19.0.0/16 nexthop via 192.0.2.100 weight 2 nexthop via 192.0.2.3
        blackhole 198.51.100.128/25
        default via 192.0.2.100 table 300
        2001:db8:1::/48 via fe80::1 dev eth0
        192.88.99.0/24 dev eth0 realms 5/6 initcwnd 12
    }
    virtual_rules {
        from ${VIP}/32 table 300 priority 500
        from 198.18.7.0/24 to 198.19.0.0/16 lookup 300 fwmark 0x10/0xff iif eth0 preference 501
        not from 10.9.9.9 dport 80-81 ipproto tcp blackhole preference 40000
        from 2001:db8::7 table main preference 503
    }`;

/** An interface that leads nowhere: this kernel may have no dummy ones. */
async function makeLink(duo: Duo): Promise<void> {
  await duo.lab.ip('director1', 'link', 'add', 'dum0', 'type', 'veth', 'peer', 'name', 'dum1');
  await duo.lab.ip('director1', 'link', 'set', 'dum0', 'up');
  await duo.lab.ip('director1', 'link', 'set', 'dum1', 'up');
}

/** What ip(8) shows of everything that is held, without what differs by itself. */
async function shown(duo: Duo): Promise<readonly string[]> {
  const ask = async (...words: readonly string[]): Promise<readonly string[]> =>
    (await duo.lab.ip('director1', ...words)).stdout
      .split('\n')
      .filter((line) => line.trim() !== '' && !line.includes('proto kernel'));
  const addresses = await ask('-o', 'addr', 'show', 'dev', 'eth0');
  return [
    ...addresses
      .map((line) =>
        line
          .replace(/\\.*/, '')
          .replace(/ proto \S+/, '')
          // Ours have a lifetime, which is prolonged.
          .replace(/ dynamic\b/, '')
          .trim(),
      )
      .filter((line) => !line.includes('fe80::')),
    ...(await ask('-4', 'route', 'show', 'table', 'all')),
    ...(await ask('-6', 'route', 'show', 'table', 'all', 'proto', 'keepalived')),
    ...(await ask('-4', 'rule', 'show')),
    ...(await ask('-6', 'rule', 'show')),
  ]
    .map((line) => line.replace(/\s+/g, ' ').trim())
    .filter((line) => !/ (local|broadcast|anycast|multicast) /.test(` ${line} `))
    .sort();
}

test('addresses, routes and rules are those of keepalived, and all go with the role', async () => {
  const text = instance(150, PATHS);
  const duo = await layOut(text, text);
  const empty = await shown(duo);
  duo.startKeepalived('director1');
  await duo.movesTo('director1');
  await pause(500);
  const theirs = await shown(duo);
  await duo.stop('director1');
  await eventually('it let go', async () => !(await duo.holds('director1')));
  await pause(300);
  expect(await shown(duo)).toEqual(empty);
  duo.start('director1');
  await duo.movesTo('director1');
  await pause(300);
  expect(await shown(duo)).toEqual(theirs);
  expect(theirs.length).toBeGreaterThan(empty.length + 12);
  await duo.stop('director1');
  expect(await shown(duo)).toEqual(empty);
}, 60_000);

describe('what others remove', () => {
  test('F13: is put back within 100 ms, and nobody’s role changes', async () => {
    const duo = await layOut(instance(150, PATHS), instance(100));
    duo.start('director1');
    await duo.movesTo('director1');
    await pause(300);
    const whole = await shown(duo);
    duo.lab.start('client', 'adverts', 'tcpdump', '-l', '-tt', '-n', '-i', 'eth0', 'arp');
    duo.lab.start('director1', 'monitor', 'ip', '-ts', 'monitor', 'address', 'route', 'rule');
    await pause(500);
    for (const words of [
      ['addr', 'del', `${VIP}/24`, 'dev', 'eth0'],
      ['route', 'del', '198.19.0.0/16'],
      ['rule', 'del', 'preference', '501'],
      ['-6', 'route', 'del', '2001:db8:1::/48'],
    ]) {
      await duo.lab.ip('director1', ...words);
      await pause(400);
      expect(await shown(duo), words.join(' ')).toEqual(whole);
    }
    const stamp = (line: string): number => Number(/\.(\d{3})/.exec(line)?.[1]);
    const times = duo.lab
      .logOf('monitor')
      .split('\n')
      .filter((line) => line.includes(VIP) && line.includes('scope global'));
    // Before and behind it its lifetime is prolonged.
    const at = times.findIndex((line) => line.includes('Deleted'));
    const [deleted, added] = times.slice(Math.max(0, at));
    expect(deleted).toContain('Deleted');
    expect((stamp(added ?? '') - stamp(deleted ?? '') + 1000) % 1000).toBeLessThan(100);
    const [vi] = (await duo.snapshot('director1'))?.vrrp?.instances ?? [];
    expect(vi).toMatchObject({
      state: 'master',
      // The kernel takes the route away whose source the address is.
      counters: { becameMaster: 1, addressesPutBack: 1, pathsPutBack: 4 },
    });
    expect(duo.lab.logOf('adverts')).toContain(`who-has ${VIP} (ff:ff:ff:ff:ff:ff) tell ${VIP}`);
  }, 60_000);

  test('again and again is a tug of war, and lost: the peer serves', async () => {
    const limit = 'put_back_limit 4 5';
    const duo = await layOut(instance(150, limit), instance(100));
    duo.start('director1');
    await duo.movesTo('director1');
    duo.start('director2');
    await pause(1_500);
    for (let time = 0; time < 4; time += 1) {
      await duo.lab.run('director1', 'ip', 'addr', 'del', `${VIP}/24`, 'dev', 'eth0');
      await pause(250);
    }
    await duo.movesTo('director2', VIP, 3_000);
    const [vi] = (await duo.snapshot('director1'))?.vrrp?.instances ?? [];
    expect(vi).toMatchObject({ state: 'fault', counters: { addressesPutBack: 3 } });
    await duo.movesTo('director1', VIP, 15_000);
  }, 60_000);
});

test('F12: an interface that is deleted and made again is used again, and its addresses announced', async () => {
  const duo = await layOut(
    instance(150)
      .replace('interface eth0', 'interface eth0\n    dont_track_primary')
      .replace(`${VIP}/24`, `${VIP}/24\n        198.51.100.9/24 dev dum0`),
    instance(100),
  );
  const make = async (): Promise<void> => {
    await makeLink(duo);
  };
  await make();
  duo.start('director1');
  await duo.movesTo('director1');
  await duo.lab.ip('director1', 'link', 'del', 'dum0');
  await pause(300);
  await make();
  await eventually(
    'its address is there again',
    async () =>
      (await duo.lab.ip('director1', 'addr', 'show', 'dev', 'dum0')).stdout.includes(
        '198.51.100.9',
      ),
    1_000,
  );
  const [vi] = (await duo.snapshot('director1'))?.vrrp?.instances ?? [];
  expect(vi).toMatchObject({ state: 'master', counters: { becameMaster: 1 } });
}, 60_000);

test('what is static is there from start to stop, and who follows it is in FAULT without it', async () => {
  const statics = `track_group G {
    group {
        VI_1
    }
}
static_ipaddress {
    198.51.100.3/24 dev dum0 track_group G
}
static_routes {
    198.18.0.0/16 via 198.51.100.1 dev dum0
}
static_rules {
    from 198.51.100.0/24 table 100 preference 600
}
`;
  const duo = await layOut(statics + instance(150), instance(100));
  duo.start('director1');
  await eventually('it waits', async () => {
    const [vi] = (await duo.snapshot('director1'))?.vrrp?.instances ?? [];
    return vi?.state === 'fault' && vi.reason.includes('static address 198.51.100.3/24');
  });
  await makeLink(duo);
  await duo.movesTo('director1');
  const all = await shown(duo);
  expect(all.join('\n')).toContain('198.18.0.0/16 via 198.51.100.1 dev dum0');
  expect(all.join('\n')).toContain('600: from 198.51.100.0/24 lookup 100');
  await duo.lab.ip('director1', 'rule', 'del', 'preference', '600');
  await pause(300);
  expect(await shown(duo)).toEqual(all);
  await duo.stop('director1');
  expect((await shown(duo)).join('\n')).not.toContain('198.18.0.0');
  expect((await shown(duo)).join('\n')).not.toContain('600:');
}, 60_000);
