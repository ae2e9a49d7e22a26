// needs: root
/** BFD with the speakers that operators meet: BIRD and keepalived, on a link and behind a router. */
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openControl } from '../../src/api/client.ts';
import type { BfdSessionSnapshot } from '../../src/model/snapshot-bfd.ts';
import type { VrrpState } from '../../src/model/snapshot-vrrp.ts';
import { Duo, type DuoHost } from './duo.ts';
import { eventually, Lab, type Running } from './lab.ts';

/** What a snapshot by HTTP and a wake-up may take besides. */
const SLACK_MS = 400;

/** Of the sessions below. */
const DETECTION_MS = 300;

const RUN_DIR = '/run/bfd-director';

let lab: Lab;
let keepalives = 0;

beforeEach(async () => {
  lab = new Lab('bfd');
  await lab.bridge('link');
  const on = (part: number) => ({ eth0: { bridge: 'link', address: `192.0.2.${part}/24` } });
  await lab.host('director', on(2));
  await lab.host('router', on(3));
  for (const [host, part] of [
    ['director', 2],
    ['router', 3],
  ] as const) {
    await lab.ip(host, 'addr', 'add', `2001:db8::${part}/64`, 'dev', 'eth0', 'nodad');
  }
});

afterEach(() => lab.close());

function startDirector(text: string): Running {
  writeFileSync('/run/bfd-director.conf', text);
  const args = ['-n', '-f', '/run/bfd-director.conf', '--run-dir', RUN_DIR];
  return lab.start('director', 'director', process.execPath, 'dist/bin/lvsd.js', ...args);
}

function startBird(host: string, protocol: string): Running {
  const file = `/run/bird-${host}.conf`;
  const head = 'log stderr all;\nrouter id 192.0.2.3;\nprotocol device {}\n';
  writeFileSync(file, `${head}protocol bfd {\n${protocol}\n}\n`);
  return lab.start(host, `bird-${host}`, 'bird', '-f', '-c', file, '-s', `/run/bird-${host}.ctl`);
}

async function birdSessions(host: string): Promise<string> {
  return (await lab.run(host, 'birdc', '-s', `/run/bird-${host}.ctl`, 'show', 'bfd', 'sessions'))
    .stdout;
}

async function session(name: string): Promise<BfdSessionSnapshot | undefined> {
  const snapshot = await openControl(RUN_DIR)
    .snapshot()
    .catch(() => null);
  return snapshot?.bfd?.sessions.find((one) => one.name === name);
}

async function roleOf(instance: string): Promise<VrrpState | undefined> {
  const snapshot = await openControl(RUN_DIR)
    .snapshot()
    .catch(() => null);
  return snapshot?.vrrp?.instances.find(({ name }) => name === instance)?.state;
}

async function processOf(name: 'bfd'): Promise<number> {
  const { processes } = await openControl(RUN_DIR).snapshot();
  return processes.find((one) => one.name === name)?.pid ?? 0;
}

async function isUp(name: string): Promise<boolean> {
  return (await session(name))?.state === 'up';
}

const QUICK = 'min_rx 100\n    min_tx 100\n    multiplier 3\n';
const BIRD_QUICK = 'interval 100 ms; idle tx interval 1 s; multiplier 3;';

describe('with BIRD', () => {
  const DIRECTOR = `bfd_instance four {
    neighbor_ip 192.0.2.3
    ${QUICK}}
bfd_instance six {
    neighbor_ip 2001:db8::3
    source_ip 2001:db8::2
    ${QUICK}}
`;
  const BIRD = `  interface "eth0" { ${BIRD_QUICK} };
  neighbor 192.0.2.2 dev "eth0";
  neighbor 2001:db8::2 dev "eth0";`;

  test('sessions come up, fall within the detection time of a pulled cable, and come back', async () => {
    startBird('router', BIRD);
    startDirector(DIRECTOR);
    await eventually('both are up', async () => (await isUp('four')) && (await isUp('six')));
    expect(await birdSessions('router')).toMatch(/192\.0\.2\.2 +eth0 +Up/);
    expect(await birdSessions('router')).toMatch(/2001:db8::2 +eth0 +Up/);
    await eventually('they have agreed', async () => (await session('four'))?.transmitMs === 100);
    expect(await session('four')).toMatchObject({ detectionMs: 300, peer: { multiplier: 3 } });
    const shown = (await lab.lvsctl('director', '--run-dir', RUN_DIR, 'show')).stdout;
    expect(shown).toMatch(/four \(192\.0\.2\.3\) {2}UP since .*: neighbour hears us/);
    expect(shown).toMatch(/sends every 100 ms, lost after 300 ms/);

    await lab.plug('router', 'eth0', false);
    const tookMs = await eventually('both are down', async () => {
      return (await session('four'))?.state === 'down' && (await session('six'))?.state === 'down';
    });
    expect(tookMs).toBeLessThan(DETECTION_MS + SLACK_MS);
    expect(await session('four')).toMatchObject({
      diagnostic: 'detection-time-expired',
      reason: expect.stringMatching(/^nothing heard for [3-6]\d\d ms$/),
      peer: null,
    });

    await lab.plug('router', 'eth0', true);
    await eventually('both are up again', async () => (await isUp('four')) && (await isUp('six')));
    expect(await session('four')).toMatchObject({ wentUp: 2, wentDown: 1, dropped: {} });
  });

  test('a reload keeps a session, and tells BIRD other intervals without a break', async () => {
    startBird('router', BIRD);
    startDirector(DIRECTOR);
    await eventually('it is up', () => isUp('four'));
    const before = await session('four');
    startDirectorFile(DIRECTOR.replace('min_tx 100', 'min_tx 200'));
    await lab.lvsctl('director', '--run-dir', RUN_DIR, 'reload');
    await eventually('it is slower', async () => (await session('four'))?.transmitMs === 200);
    const after = await session('four');
    expect(after).toMatchObject({ wentUp: 1, wentDown: 0, discriminator: before?.discriminator });
    expect(await birdSessions('router')).toMatch(/192\.0\.2\.2 +eth0 +Up .* 0\.600/);
  });

  test('stopping tells BIRD at once, and BIRD tells us', async () => {
    const bird = startBird('router', BIRD);
    const daemon = startDirector(DIRECTOR);
    await eventually('it is up', () => isUp('four'));
    daemon.kill('SIGTERM');
    await daemon.ended;
    expect(await birdSessions('router')).toMatch(/192\.0\.2\.2 +eth0 +Down/);
    startDirector(DIRECTOR);
    await eventually('it is up again', () => isUp('four'));
    bird.kill('SIGTERM');
    await eventually('it is down', async () => (await session('four'))?.state === 'down');
  });
});

function startDirectorFile(text: string): void {
  writeFileSync('/run/bfd-director.conf', text);
}

test('with BIRD behind a router: multihop, and no further than max_hops', async () => {
  await lab.bridge('beyond');
  await lab.host('gateway', {
    eth0: { bridge: 'link', address: '192.0.2.1/24' },
    eth1: { bridge: 'beyond', address: '198.51.100.1/24' },
  });
  await lab.run('gateway', 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
  await lab.host('far', { eth0: { bridge: 'beyond', address: '198.51.100.9/24' } }, '198.51.100.1');
  await lab.ip('director', 'route', 'add', 'default', 'via', '192.0.2.1');
  startBird(
    'far',
    `  multihop { ${BIRD_QUICK} };\n  neighbor 192.0.2.2 local 198.51.100.9 multihop;`,
  );
  const file = (maxHops: number): string => `bfd_instance far {
    neighbor_ip 198.51.100.9
    source_ip 192.0.2.2
    multihop
    max_hops ${maxHops}
    ${QUICK}}
`;
  // BIRD sends multihop packets with the host's ordinary TTL of 64, as the standard allows.
  startDirector(file(1));
  await eventually('it is dropped', async () => {
    return ((await session('far'))?.dropped['hop-limit'] ?? 0) > 0;
  });
  expect((await session('far'))?.state).toBe('down');
  startDirectorFile(file(-1));
  await lab.lvsctl('director', '--run-dir', RUN_DIR, 'reload');
  await eventually('it is up', () => isUp('far'));
});

describe('with keepalived', () => {
  test.each([
    ['IPv4', '192.0.2.3', '192.0.2.2', ''],
    // keepalived sends a hop limit of 64 unless it is told otherwise.
    ['IPv6', '2001:db8::3', '2001:db8::2', 'hoplimit 255\n'],
  ])(
    'over %s the session comes up, falls with its end, and comes back',
    async (_, there, here, extra) => {
      const peer = (): Running => {
        writeFileSync(
          '/run/bfd-keepalived.conf',
          `bfd_instance director {\n    neighbor_ip ${here}\n    source_ip ${there}\n    ${extra}${QUICK}}\n`,
        );
        // keepalived that was killed leaves its pid file, and with it the next one does not start.
        keepalives += 1;
        const pids = ['-p', `/run/kb${keepalives}.pid`, '-b', `/run/kbb${keepalives}.pid`];
        return lab.start(
          'router',
          'keepalived',
          'keepalived',
          '-n',
          '-l',
          '-f',
          '/run/bfd-keepalived.conf',
          ...pids,
        );
      };
      const first = peer();
      startDirector(`bfd_instance peer {\n    neighbor_ip ${there}\n    ${QUICK}}\n`);
      await eventually('it is up', () => isUp('peer'));
      first.kill('SIGTERM');
      await first.ended;
      await eventually('it is down', async () => (await session('peer'))?.state === 'down', 1_000);
      peer();
      await eventually('it is up again', () => isUp('peer'));
    },
  );
});

describe('a VRRP instance that tracks a session', () => {
  const DIRECTOR = `bfd_instance uplink {
    neighbor_ip 192.0.2.3
    ${QUICK}}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority 100
    track_bfd {
        uplink
    }
    virtual_ipaddress {
        192.0.2.10/24
    }
}
`;
  const BIRD = `  interface "eth0" { ${BIRD_QUICK} };\n  neighbor 192.0.2.2 dev "eth0";`;

  test('is in FAULT without it, and serves with it', async () => {
    startDirector(DIRECTOR);
    await eventually('it is in fault', async () => (await roleOf('VI_1')) === 'fault');
    startBird('router', BIRD);
    await eventually('it serves', async () => (await roleOf('VI_1')) === 'master');
    const shown = (await lab.lvsctl('director', '--run-dir', RUN_DIR, 'show')).stdout;
    expect(shown).toMatch(/tracks bfd uplink: up since .*, a fault when down/);
    await lab.plug('router', 'eth0', false);
    const tookMs = await eventually(
      'it is in fault',
      async () => (await roleOf('VI_1')) === 'fault',
    );
    expect(tookMs).toBeLessThan(DETECTION_MS + SLACK_MS);
    const { stdout } = await lab.ip('director', 'addr', 'show', 'dev', 'eth0');
    expect(stdout).not.toContain('192.0.2.10/');
    await lab.plug('router', 'eth0', true);
    await eventually('it serves again', async () => (await roleOf('VI_1')) === 'master');
  });

  test('keeps its role when the bfd process dies, and when the session is lost after that it falls', async () => {
    startBird('router', BIRD);
    const daemon = startDirector(DIRECTOR);
    await eventually('it serves', async () => (await roleOf('VI_1')) === 'master');
    const faults = (): number => lab.logOf('director').split('"to":"fault"').length;
    const faultsBefore = faults();
    const before = await processOf('bfd');
    process.kill(before, 'SIGKILL');
    await eventually('there is another one', async () => {
      expect(await roleOf('VI_1')).toBe('master');
      return (await processOf('bfd')) !== before && (await isUp('uplink'));
    });
    expect(faults()).toBe(faultsBefore);
    expect(daemon.process.exitCode).toBeNull();
    await lab.plug('router', 'eth0', false);
    await eventually('it is in fault', async () => (await roleOf('VI_1')) === 'fault');
  });
});

test('conf/bfd-uplink: the address leaves a director that has lost the router', async () => {
  const duo = await Duo.ofExample('bfd-uplink');
  try {
    await duo.lab.host('router', { eth0: { bridge: 'link', address: '192.0.2.1/24' } });
    const bird = ['bird', '-f', '-c', 'conf/bfd-uplink/router.bird', '-s', '/run/bird-example.ctl'];
    duo.lab.start('router', 'bird', ...bird);
    const effective = async (host: DuoHost): Promise<number | undefined> =>
      (await duo.snapshot(host))?.vrrp?.instances[0]?.effectivePriority;
    duo.start('director1');
    duo.start('director2');
    await duo.movesTo('director1');
    await eventually('both hear the router', async () => {
      return (await effective('director1')) === 150 && (await effective('director2')) === 100;
    });
    // The router forgets the first one: the others go on.
    await duo.lab.run(
      'router',
      'ip',
      'neigh',
      'replace',
      '192.0.2.2',
      'dev',
      'eth0',
      'lladdr',
      '02:00:00:00:00:99',
    );
    await duo.movesTo('director2');
    expect(await effective('director1')).toBe(90);
    await duo.lab.run('router', 'ip', 'neigh', 'del', '192.0.2.2', 'dev', 'eth0');
    await duo.movesTo('director1');
  } finally {
    await duo.close();
  }
});
