// needs: root; takes 90 s
/** Several paths of advertisements on real links: cuts of one, of both, and a keepalived that knows of one only. */
import { afterEach, describe, expect, test } from 'vitest';
import type { AdvertPathSnapshot, InstanceSnapshot } from '../../src/model/snapshot-vrrp.ts';
import { Duo, type DuoHost } from './duo.ts';
import { eventually, pause } from './lab.ts';

const HOSTS = ['director1', 'director2'] as const;
const VIP = '192.0.2.10';

let duo: Duo | null = null;

afterEach(async () => {
  await duo?.close();
  duo = null;
});

function instance(priority: number, body: string, vip = `${VIP}/24`): string {
  return `vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority ${priority}
    ${body}
    virtual_ipaddress {
        ${vip}
    }
}
`;
}

const pathsOf = (...lines: readonly string[]): string =>
  `advert_paths {\n${lines.map((line) => `        ${line}\n`).join('')}    }`;

const V3 = 'version 3\n    advert_int 0.3';

type Body = (host: DuoHost) => string;

function withText(body: Body, vip = `${VIP}/24`): Promise<Duo> {
  const text = (host: DuoHost): string =>
    instance(host === 'director1' ? 150 : 100, body(host), vip);
  const files = { director1: text('director1'), director2: text('director2') };
  return Duo.withText('paths', files, { second: true });
}

/** Both run, the first is MASTER, and the second has heard it. */
async function start(made: Promise<Duo>, vip = VIP): Promise<Duo> {
  const pair = await made;
  duo = pair;
  pair.start('director1');
  await pair.movesTo('director1', vip);
  pair.start('director2');
  await eventually('the second one hears the first', async () => {
    return ((await shown(pair, 'director2'))?.counters.advertsReceived ?? 0) > 1;
  });
  return pair;
}

async function shown(pair: Duo, host: DuoHost): Promise<InstanceSnapshot | undefined> {
  return (await pair.snapshot(host))?.vrrp?.instances[0];
}

async function path(pair: Duo, host: DuoHost, name: string): Promise<AdvertPathSnapshot | null> {
  return (await shown(pair, host))?.advertPaths.find((one) => one.name === name) ?? null;
}

/** The switch carries nothing between the two any more; others reach both. */
async function part(pair: Duo, link: 'eth0' | 'eth1', parted: boolean): Promise<void> {
  for (const host of HOSTS) {
    await pair.lab.switchPort(host, link, 'isolated', parted ? 'on' : 'off');
  }
}

const isSilent = async (pair: Duo, name: string): Promise<boolean> =>
  ((await path(pair, 'director2', name))?.silentMs ?? null) !== null;

describe.each([
  [
    'version 3 over IPv6',
    () => withText(() => `${V3}\n    ${pathsOf('eth1')}`, 'fe80::51/64'),
    'fe80::51',
  ],
  ['conf/two-paths, which is signed', () => Duo.ofExample('two-paths', { second: true }), VIP],
])('%s', (_, make, vip) => {
  test('the main link is cut: nobody changes; both are cut: as with one link', async () => {
    const pair = await start(make(), vip);
    await part(pair, 'eth0', true);
    await eventually('the silent path is told', () => isSilent(pair, 'main'), 5_000);
    await pause(2_000);
    const cut = await shown(pair, 'director2');
    expect(cut).toMatchObject({
      state: 'backup',
      counters: { becameMaster: 0, dropped: {} },
    });
    expect(cut?.alarms).toContainEqual(
      expect.objectContaining({ name: 'path-silent', source: 'main' }),
    );
    expect(cut?.advertPaths.flatMap((one) => Object.keys(one.counters.dropped))).toEqual([]);
    expect((await shown(pair, 'director1'))?.counters).toMatchObject({ releasedMaster: 0 });
    expect(await pair.show('director2')).toMatch(
      /path main: hears nothing for .*, though others do/,
    );
    await part(pair, 'eth0', false);
    await eventually('it is heard again', async () => !(await isSilent(pair, 'main')), 5_000);
    await eventually('that is told', () =>
      pair.lab.logOf('director2').includes('advertisement path hears again'),
    );
    await eventually(
      'all paths are heard',
      async () => (await shown(pair, 'director2'))?.alarms.length === 0,
    );
    // What was heard twice counts once.
    const { counters, advertPaths } = (await shown(pair, 'director2')) as InstanceSnapshot;
    const side = advertPaths.find(({ name }) => name === 'eth1')?.counters.heard ?? 0;
    expect(Math.abs(counters.advertsReceived - side)).toBeLessThan(3);
    pair.mayOverlap = true;
    await part(pair, 'eth0', true);
    await part(pair, 'eth1', true);
    await eventually(
      'both are MASTER',
      async () => (await shown(pair, 'director2'))?.state === 'master',
      5_000,
    );
    await part(pair, 'eth1', false);
    await eventually(
      'one is left',
      async () => (await shown(pair, 'director2'))?.state === 'backup',
      5_000,
    );
    expect((await shown(pair, 'director1'))?.counters.releasedMaster).toBe(0);
  });
});

test('AH: a switch forgets the group, and a way to the peer on the same link is left', async () => {
  const body = (own: DuoHost): string => `advert_int 1
    authentication {
        auth_type AH
        auth_pass s3cret12
    }
    ${pathsOf(`eth0 peer ${own === 'director1' ? '192.0.2.3' : '192.0.2.2'}`)}`;
  const pair = await start(withText(body));
  for (const host of HOSTS) await pair.lab.switchPort(host, 'eth0', 'mcast_flood', 'off');
  await eventually('the silent path is told', () => isSilent(pair, 'main'), 6_000);
  await pause(2_000);
  const cut = await shown(pair, 'director2');
  expect(cut).toMatchObject({ state: 'backup', counters: { becameMaster: 0, dropped: {} } });
  for (const host of HOSTS) await pair.lab.switchPort(host, 'eth0', 'mcast_flood', 'on');
  await eventually('it is heard again', async () => !(await isSilent(pair, 'main')), 5_000);
  const [main, side] = (await shown(pair, 'director2'))?.advertPaths ?? [];
  expect([main?.counters.dropped, side?.counters.dropped]).toEqual([{}, {}]);
  expect(side).toMatchObject({ name: 'eth0 to 192.0.2.2', heardFrom: '192.0.2.2' });
});

test('interfaces that go down: the further one is no fault, the main one is told by the further one', async () => {
  const pair = await start(withText(() => `advert_int 1\n    ${pathsOf('eth1')}`));
  await pair.lab.ip('director1', 'link', 'set', 'eth1', 'down');
  await eventually('it is told', async () => {
    return (await path(pair, 'director1', 'eth1'))?.down === 'interface eth1 is down';
  });
  expect((await shown(pair, 'director1'))?.state).toBe('master');
  await pair.lab.ip('director1', 'link', 'set', 'eth1', 'up');
  await eventually(
    'it is back',
    async () => (await path(pair, 'director1', 'eth1'))?.down === null,
  );
  const heard = (await path(pair, 'director2', 'eth1'))?.counters.heard ?? 0;
  await eventually('it is heard', async () => {
    return ((await path(pair, 'director2', 'eth1'))?.counters.heard ?? 0) > heard;
  });
  await pair.lab.ip('director1', 'link', 'set', 'eth0', 'down');
  const tookMs = await eventually(
    'its peer takes over',
    async () => (await shown(pair, 'director2'))?.state === 'master',
    5_000,
  );
  // Three intervals and the skew are 3.6 s; the priority 0 leaves the skew of 0.6 s.
  expect(tookMs).toBeLessThan(2_500);
});

describe('a reload', () => {
  test('that adds and removes a path, or turns the link to peers off, leaves all as it is', async () => {
    const pair = await start(withText(() => V3));
    const write = async (text: string): Promise<void> => {
      const file = pair.file('director2');
      const { code, stderr } = await pair.lab.run(
        'director2',
        'sh',
        '-c',
        `cat > ${file} <<'END'\n${text}END`,
      );
      expect([code, stderr]).toEqual([0, '']);
      expect((await pair.lvsctl('director2', 'reload')).code).toBe(0);
    };
    const ports = async (): Promise<string> => {
      return (await pair.lab.run('director2', 'ss', '-Hlnu')).stdout;
    };
    expect(await ports()).toContain(':51120');
    await write(instance(100, `${V3}\n    ${pathsOf('eth1')}`));
    expect((await shown(pair, 'director2'))?.advertPaths).toHaveLength(2);
    await write(`global_defs {\n    peer_link_port 6000\n}\n${instance(100, V3)}`);
    expect((await shown(pair, 'director2'))?.advertPaths).toEqual([]);
    await eventually('the port is another one', async () => {
      const found = await ports();
      return found.includes(':6000') && !found.includes(':51120');
    });
    await write(`global_defs {\n    peer_link_port off\n}\n${instance(100, V3)}`);
    await eventually('there is no port', async () => !/:(6000|51120)/.test(await ports()));
    expect(await shown(pair, 'director2')).toMatchObject({
      state: 'backup',
      counters: { becameMaster: 0 },
    });
  });
});

describe('keepalived is the peer: it knows of the main path only', () => {
  const plain = `advert_int 1
    authentication {
        auth_type PASS
        auth_pass secret
    }`;
  const ours = `${plain}\n    ${pathsOf('eth1')}`;

  test('as the backup it waits, takes over, and gives back', async () => {
    const files = { director1: instance(150, ours), director2: instance(100, plain) };
    duo = await Duo.withText('paths-keepalived', files, { second: true });
    const pair = duo;
    pair.start('director1');
    await pair.movesTo('director1');
    pair.startKeepalived('director2');
    await pause(4_500);
    expect(await pair.holds('director2')).toBe(false);
    await pair.stop('director1');
    await pair.movesTo('director2');
    pair.start('director1');
    await pair.movesTo('director1');
    expect(await shown(pair, 'director1')).toMatchObject({ counters: { dropped: {} } });
  });

  test('as the master it is heard on the main path, and the other one is told to be silent', async () => {
    const files = { director1: instance(150, plain), director2: instance(100, ours) };
    duo = await Duo.withText('paths-keepalived', files, { second: true });
    const pair = duo;
    pair.startKeepalived('director1');
    await pair.movesTo('director1');
    pair.start('director2');
    await eventually('the silent path is told', () => isSilent(pair, 'eth1'), 8_000);
    expect(await shown(pair, 'director2')).toMatchObject({
      state: 'backup',
      counters: { dropped: {} },
    });
    await pair.stop('director1');
    await pair.movesTo('director2');
  });
});
