// needs: root; takes 113 s
/** The daemon as its operator meets it: killed processes, signals, bad files, bad packets, missing rights. */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openControl } from '../../src/api/client.ts';
import { toHex } from '../../src/base/bytes.ts';
import { encodeAdvert } from '../../src/wire/vrrp.ts';
import { Duo } from './duo.ts';
import { eventually, pause } from './lab.ts';

const VIP = '192.0.2.10';
/** Of the watchdog, as it is configured below. */
const SILENT_MS = 4_000;

function configuration(priority: number): string {
  return `vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority ${priority}
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass secret
    }
    virtual_ipaddress {
        ${VIP}/24
    }
}
`;
}

let pair: Duo;

beforeEach(async () => {
  pair = await Duo.withText('processes', {
    director1: configuration(150),
    director2: configuration(100),
  });
});

afterEach(() => pair.close());

function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

async function startFirst(): Promise<void> {
  pair.start('director1');
  await pair.movesTo('director1');
}

describe('a process that is killed', () => {
  test('vrrp: it is back within 1 s and still MASTER, and its address was never away', async () => {
    await startFirst();
    pair.start('director2');
    await pause(2_000);
    const before = await pair.pidOf('director1', 'vrrp');
    process.kill(before, 'SIGKILL');
    await eventually(
      'it runs again',
      async () => {
        expect(await pair.holds('director1')).toBe(true);
        return (await pair.pidOf('director1', 'vrrp').catch(() => before)) !== before;
      },
      1_000,
    );
    await pause(1_000);
    const [instance] = (await pair.snapshot('director1'))?.vrrp?.instances ?? [];
    expect(instance?.state).toBe('master');
    expect(pair.lab.logOf('director2')).not.toContain('"to":"master"');
  });

  test('the supervisor: another one is there within 1 s, with processes of its own', async () => {
    await startFirst();
    const before = await pair.pidOf('director1', 'supervisor');
    process.kill(before, 'SIGKILL');
    await eventually(
      'another one answers',
      async () => (await pair.pidOf('director1', 'supervisor').catch(() => before)) !== before,
      // lvsctl's own start is in it.
      1_300,
    );
    await pair.movesTo('director1');
    const now = await pair.pidOf('director1', 'supervisor');
    process.kill(now, 'SIGTERM');
    await eventually('it is stopped', async () => !(await pair.holds('director1')), 3_000);
  });

  test('all of them: the next start finds the address and goes on', async () => {
    await startFirst();
    const pids = [
      await pair.pidOf('director1', 'vrrp'),
      await pair.pidOf('director1', 'supervisor'),
    ];
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await pause(300);
    expect(await pair.holds('director1')).toBe(true);
    pair.start('director1');
    await eventually('it is released', async () => !(await pair.holds('director1')), 3_000);
    await pair.movesTo('director1');
  });
});

test('started as keepalived is: in a namespace, with pid files, not to be started again', async () => {
  const { lab } = pair;
  const name = lab.netns('director1');
  const pidFile = '/run/processes-vrrp.pid';
  const options = ['-D', '-l', '--all', '-S', '3', '-R', '-s', name, '-r', pidFile];
  const lvsd = ['dist/bin/lvsd.js', '-n', '-f', pair.file('director1'), ...options];
  const daemon = lab.start('client', 'elsewhere', process.execPath, ...lvsd);
  await pair.movesTo('director1');
  expect(lab.logOf('elsewhere')).toContain('lvsd: --log-facility has no effect: ');
  const { processes } = await openControl(`/run/lvsd/${name}`).snapshot();
  const pid = processes.find((one) => one.name === 'vrrp')?.pid as number;
  expect(readFileSync(pidFile, 'utf8')).toBe(`${pid}\n`);
  const { stdout } = await lab.run('client', 'ip', 'netns', 'pids', name);
  expect(stdout.split('\n')).toContain(`${pid}`);
  process.kill(pid, 'SIGKILL');
  expect(await daemon.ended).toBe(1);
  expect(lab.logOf('elsewhere')).toContain('the process vrrp has died');
  expect(existsSync(pidFile)).toBe(false);
});

test('a VRRP process that is stopped is killed when its time is over, and another one is MASTER', async () => {
  await startFirst();
  appendFileSync(pair.file('director1'), 'global_defs {\n    vrrp_watchdog 4\n}\n');
  expect((await pair.lvsctl('director1', 'reload')).code).toBe(0);
  const before = await pair.pidOf('director1', 'vrrp');
  process.kill(before, 'SIGSTOP');
  const killedAfterMs = await eventually('it is killed', () => !isRunning(before));
  expect(killedAfterMs).toBeGreaterThan(SILENT_MS - 100);
  expect(killedAfterMs).toBeLessThan(2 * SILENT_MS);
  expect(pair.lab.logOf('director1')).toContain('process does not answer and is killed');
  await pair.movesTo('director1');
});

describe('signals and reloads', () => {
  test('a bad file changes nothing, whoever asks, and is told', async () => {
    const daemon = pair.start('director1');
    await pair.movesTo('director1');
    const good = (await pair.snapshot('director1'))?.configuration.digest;
    appendFileSync(pair.file('director1'), 'vrrp_script alive {\n    internal 1\n}\n');
    const { code, stdout, stderr } = await pair.lvsctl('director1', 'reload');
    expect(code).toBe(1);
    expect(stdout + stderr).toContain('did you mean "interval"');
    expect(stdout + stderr).toMatch(/processes-1\.conf:\d+:5/);
    process.kill(await pair.pidOf('director1', 'supervisor'), 'SIGHUP');
    await pause(300);
    const { configuration } = (await pair.snapshot('director1')) ?? {};
    expect(configuration).toMatchObject({ digest: good, refused: { errors: expect.any(Number) } });
    const shown = await pair.show('director1');
    expect(shown).toMatch(/ in force since /);
    expect(shown).toMatch(/ refused at [0-9:]+: 2 errors\n/);
    expect(shown).toMatch(/processes-1\.conf:\d+:5: unknown-keyword: .*did you mean "interval"/);
    expect(await pair.holds('director1')).toBe(true);
    expect(daemon.process.exitCode).toBeNull();
  });

  test('a file that is gone changes nothing either', async () => {
    await startFirst();
    const text = readFileSync(pair.file('director1'), 'utf8');
    writeFileSync(pair.file('director1'), '');
    await pair.lab.run('director1', 'rm', pair.file('director1'));
    const { code, stdout, stderr } = await pair.lvsctl('director1', 'reload');
    expect(code).toBe(1);
    expect(stdout + stderr).toContain('processes-1.conf');
    expect(stdout + stderr).toContain('refused: 1 error in ');
    const { configuration } = (await pair.snapshot('director1')) ?? {};
    expect(configuration?.refused).toMatchObject({ digest: null, errors: 1 });
    writeFileSync(pair.file('director1'), text);
    expect(await pair.lvsctl('director1', 'reload')).toMatchObject({ code: 0 });
    expect(await pair.holds('director1')).toBe(true);
  });

  test('a reload that adds an address keeps the master and the old address', async () => {
    await startFirst();
    const text = configuration(150).replace(`${VIP}/24`, `${VIP}/24\n        192.0.2.11/24`);
    writeFileSync(pair.file('director1'), text);
    process.kill(await pair.pidOf('director1', 'supervisor'), 'SIGHUP');
    await eventually('both are held', () => pair.holds('director1', '192.0.2.11'), 3_000);
    expect(await pair.holds('director1')).toBe(true);
    const [instance] = (await pair.snapshot('director1'))?.vrrp?.instances ?? [];
    expect(instance).toMatchObject({ state: 'master', counters: { becameMaster: 1 } });
  });

  test.skipIf(existsSync('/proc/net/ip_vs'))(
    'one that this kernel cannot serve is refused whole',
    async () => {
      await startFirst();
      const good = (await pair.snapshot('director1'))?.configuration.digest;
      const before = await pair.pidOf('director1', 'vrrp');
      const server = `virtual_server ${VIP} 80 {\n    lb_algo rr\n    lb_kind DR\n    protocol TCP\n`;
      const rest = '    real_server 192.0.2.21 80 {\n        TCP_CHECK {\n        }\n    }\n}\n';
      writeFileSync(pair.file('director1'), configuration(200) + server + rest);
      const { code, stderr } = await pair.lvsctl('director1', 'reload');
      expect(code).toBe(1);
      expect(stderr).toContain('health cannot do its work: the kernel has no IPVS');
      expect(stderr).toContain('modprobe ip_vs');
      const { configuration: now, vrrp, processes } = (await pair.snapshot('director1')) ?? {};
      expect(now?.digest).toBe(good);
      expect(processes?.map(({ name }) => name)).toEqual(['supervisor', 'vrrp']);
      expect(vrrp?.instances[0]).toMatchObject({ state: 'master', priority: 150 });
      expect(await pair.pidOf('director1', 'vrrp')).toBe(before);
      expect(await pair.holds('director1')).toBe(true);
    },
  );

  test('many reloads at once all get an answer, and the last file is the one in force', async () => {
    await startFirst();
    const supervisor = await pair.pidOf('director1', 'supervisor');
    const asked: Promise<{ readonly code: number }>[] = [];
    for (const priority of [151, 152, 153, 154]) {
      writeFileSync(pair.file('director1'), configuration(priority));
      process.kill(supervisor, 'SIGHUP');
      asked.push(pair.lvsctl('director1', 'reload'));
    }
    for (const { code } of await Promise.all(asked)) expect(code).toBe(0);
    const { vrrp, configuration: now } = (await pair.snapshot('director1')) ?? {};
    expect(vrrp?.instances[0]).toMatchObject({ state: 'master', priority: 154 });
    expect(vrrp?.instances[0]?.counters.becameMaster).toBe(1);
    expect(now).toMatchObject({ refused: null, unconfirmed: [] });
    const unchanged = await pair.lvsctl('director1', 'reload');
    expect(unchanged).toMatchObject({ code: 0, stdout: expect.stringContaining('unchanged') });
  });

  test('TERM right behind HUP stops in good order', async () => {
    const daemon = pair.start('director1');
    await pair.movesTo('director1');
    writeFileSync(pair.file('director1'), configuration(160));
    const supervisor = await pair.pidOf('director1', 'supervisor');
    process.kill(supervisor, 'SIGHUP');
    process.kill(supervisor, 'SIGTERM');
    await daemon.ended;
    expect(daemon.process.exitCode).toBe(0);
    expect(await pair.holds('director1')).toBe(false);
  });

  test('USR1 writes the configuration and the live state down', async () => {
    await startFirst();
    process.kill(await pair.pidOf('director1', 'supervisor'), 'SIGUSR1');
    await pause(500);
    const text = readFileSync(`${pair.runDir('director1')}/lvsd.data`, 'utf8');
    expect(text).toMatch(/VRRP Topology/);
    expect(text).toContain('"state": "master"');
    expect(text).not.toContain('secret');
  });
});

describe('what is not an advertisement of a peer', () => {
  const SOURCE = '192.0.2.100';
  const GROUP = '224.0.0.18';

  /** An Ethernet frame with an IPv4 header around a payload. */
  function frame(payload: Uint8Array, { ttl = 255, protocol = 112 } = {}): string {
    const header = Buffer.alloc(20);
    header.set([0x45, 0xc0, 0, 20 + payload.length, 0, 1, 0, 0, ttl, protocol, 0, 0]);
    header.set(SOURCE.split('.').map(Number), 12);
    header.set(GROUP.split('.').map(Number), 16);
    let sum = 0;
    for (let at = 0; at < 20; at += 2) sum += header.readUInt16BE(at);
    sum = (sum & 0xffff) + (sum >> 16);
    header.writeUInt16BE(~(sum + (sum >> 16)) & 0xffff, 10);
    return `01005e000012020000000099${'0800'}${toHex(header)}${toHex(payload)}`;
  }

  function advert(over: { readonly vrid?: number; readonly intervalMs?: number } = {}): Uint8Array {
    return encodeAdvert(
      { version: 2, vrid: 51, priority: 250, intervalMs: 1000, addresses: [VIP], ...over },
      { family: 'ipv4', source: SOURCE, destination: GROUP },
      { type: 1, key: 'secret' },
    );
  }

  /** Octets `at` and after replaced; the checksum is as it was. */
  function spoiled(at: number, ...octets: readonly number[]): Uint8Array {
    const copy = Uint8Array.from(advert());
    copy.set(octets, at);
    return copy;
  }

  test('is counted by its reason and changes nothing', async () => {
    await startFirst();
    const stranger = pair.lab.agent('client');
    const frames = [
      frame(advert(), { ttl: 254 }),
      frame(advert().subarray(0, 7)),
      frame(advert().subarray(0, 12)),
      frame(spoiled(0, 0x41)),
      frame(spoiled(0, 0x22)),
      frame(spoiled(6, 0, 0)),
      frame(advert({ intervalMs: 2000 })),
      frame(
        encodeAdvert(
          { version: 2, vrid: 51, priority: 250, intervalMs: 1000, addresses: [VIP] },
          { family: 'ipv4', source: SOURCE, destination: GROUP },
          { type: 1, key: 'wrong' },
        ),
      ),
      frame(advert({ vrid: 52 })),
    ];
    for (const one of frames) await stranger.sendFrame(one);
    await pause(300);
    const [instance] = (await pair.snapshot('director1'))?.vrrp?.instances ?? [];
    expect(instance).toMatchObject({ state: 'master', counters: { advertsReceived: 0 } });
    expect(instance?.counters.foreign).toBe(1);
    expect(instance?.counters.dropped).toEqual({
      ttl: 1,
      length: 2,
      version: 1,
      type: 1,
      checksum: 1,
      interval: 1,
      authentication: 1,
    });
    expect(await pair.holds('director1')).toBe(true);
    expect(await pair.show('director1')).toMatch(/dropped 1 for ttl, 2 for length/);
  });

  test('a flood of changes that nobody reads loses notifications, and nothing else', async () => {
    await startFirst();
    const pid = await pair.pidOf('director1', 'vrrp');
    process.kill(pid, 'SIGSTOP');
    const flood = `for n in $(seq 1 250); do echo "addr add 10.9.0.$n/32 dev lo"; done > /run/add
      sed 's/ add / del /' /run/add > /run/del
      for n in 1 2 3 4 5 6 7 8 9 10; do ip -b /run/add; ip -b /run/del; done`;
    await pair.lab.run('director1', 'sh', '-c', flood);
    await pair.lab.ip('director1', 'addr', 'del', `${VIP}/24`, 'dev', 'eth0');
    process.kill(pid, 'SIGCONT');
    await pair.movesTo('director1');
    expect(await pair.pidOf('director1', 'vrrp')).toBe(pid);
    await eventually('it says so', () =>
      pair.lab.logOf('director1').includes('notifications of the kernel were lost'),
    );
  });
});

describe('a daemon that cannot work says so', () => {
  test('without capabilities: which, and what for', async () => {
    const command = [
      '--bounding-set=-all',
      '--inh-caps=-all',
      process.execPath,
      'dist/bin/lvsd.js',
    ];
    const rest = ['-f', pair.file('director1'), '--run-dir', '/run/nobody'];
    const { code, stderr } = await pair.lab.run('director1', 'setpriv', ...command, ...rest);
    expect(code).toBe(1);
    expect(stderr).toContain('CAP_NET_ADMIN');
    expect(stderr).toContain('CAP_NET_RAW');
    expect(stderr).toContain('hint: run it as root');
  });

  test.skipIf(existsSync('/proc/net/ip_vs'))('without IPVS in the kernel: the cure', async () => {
    const example = 'conf/lvs-dr/master.conf';
    const args = ['dist/bin/lvsd.js', '-f', example, '--run-dir', '/run/virtual'];
    const { code, stdout } = await pair.lab.run('director1', process.execPath, ...args);
    expect(code).toBe(1);
    expect(stdout).toContain('the kernel has no IPVS');
    expect(stdout).toContain('modprobe ip_vs');
  });

  test('twice in one run directory: which one runs', async () => {
    await startFirst();
    const args = ['dist/bin/lvsd.js', '-f', pair.file('director1')];
    const again = [...args, '--run-dir', pair.runDir('director1')];
    const { code, stderr } = await pair.lab.run('director1', process.execPath, ...again);
    expect(code).toBe(1);
    expect(stderr).toContain('another lvsd');
    expect(await pair.holds('director1')).toBe(true);
  });

  test('with a file that is missing or wrong: where, and exit code 1; nothing is started', async () => {
    for (const file of ['/run/no-such-file', 'test/lab/bad.conf']) {
      const args = ['dist/bin/lvsd.js', '-f', file, '--run-dir', '/run/nobody'];
      const { code, stdout, stderr } = await pair.lab.run('director1', process.execPath, ...args);
      expect(code).toBe(1);
      expect(stderr).toContain(file);
      expect(stdout).toBe('');
    }
  });
});
