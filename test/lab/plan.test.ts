// needs: ipvs; takes 180 s
/**
 * Changing the configuration safely, on a real kernel and with ipvsadm as judge: a plan and the reload after
 * it, an apply that nobody confirms, rollback, and what others change in the table.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openControl } from '../../src/api/client.ts';
import type { PlanReport, Snapshot } from '../../src/api/protocol.ts';
import { eventually, Lab, pause, type Result } from './lab.ts';

const RUN_DIR = '/run/plan';
const FILE = '/run/plan.conf';
const VIP = '192.0.2.10';

let lab: Lab;

beforeEach(async () => {
  rmSync(RUN_DIR, { recursive: true, force: true });
  lab = new Lab('plan');
  await lab.bridge('link');
  await lab.host('director', { eth0: { bridge: 'link', address: '192.0.2.2/24' } });
  await lab.host('servers', { eth0: { bridge: 'link', address: '192.0.2.20/24' } });
  for (const part of [21, 22, 23]) {
    await lab.ip('servers', 'addr', 'add', `192.0.2.${part}/24`, 'dev', 'eth0');
  }
  await lab.agent('servers').serve(80, 'served');
});

afterEach(async () => {
  await lab.close();
});

interface Real {
  readonly part: number;
  readonly weight: number;
  readonly more?: string;
}

function virtualServer(port: number, scheduler: string, reals: readonly Real[]): string {
  const blocks = reals.map(
    ({ part, weight, more = '' }) =>
      `    real_server 192.0.2.${part} 80 {\n        weight ${weight}\n${more}    }\n`,
  );
  return `virtual_server ${VIP} ${port} {\n    lvs_sched ${scheduler}\n    lvs_method NAT\n    protocol TCP\n${blocks.join('')}}\n`;
}

function instance(priority: number, ...addresses: readonly string[]): string {
  const list = [VIP, ...addresses].map((one) => `        ${one}/24\n`).join('');
  return `vrrp_instance VI_1 {\n    interface eth0\n    virtual_router_id 51\n    priority ${priority}\n    virtual_ipaddress {\n${list}    }\n}\n`;
}

const ALPHA = '        TCP_CHECK {\n            connect_timeout 3\n            alpha\n        }\n';

const FIRST = `${instance(100)}${virtualServer(80, 'wrr', [
  { part: 21, weight: 1 },
  { part: 22, weight: 1 },
])}`;

const SECOND = `${instance(150, '192.0.2.11')}${virtualServer(80, 'wlc', [
  { part: 21, weight: 3 },
  { part: 23, weight: 1, more: ALPHA },
])}${virtualServer(8080, 'mh\n    mh-fallback', [
  { part: 21, weight: 1 },
  { part: 22, weight: 2 },
])}`;

function start(...options: readonly string[]): void {
  const command = ['dist/bin/lvsd.js', '-n', '-f', FILE, '--run-dir', RUN_DIR, ...options];
  lab.start('director', 'director', process.execPath, ...command);
}

async function startWith(text: string, ...options: readonly string[]): Promise<void> {
  writeFileSync(FILE, text);
  start(...options);
  await answers();
}

const snapshot = (): Promise<Snapshot | null> =>
  openControl(RUN_DIR)
    .snapshot()
    .catch(() => null);

async function answers(): Promise<void> {
  await eventually('the daemon answers', async () => {
    const told = await snapshot();
    return told?.ipvs !== null && told?.configuration.unconfirmed.length === 0;
  });
}

const lvsctl = (...args: readonly string[]): Promise<Result> =>
  lab.lvsctl('director', '--run-dir', RUN_DIR, ...args);

const ipvsadm = (...args: readonly string[]): Promise<Result> =>
  lab.run('director', 'ipvsadm', ...args);

/** The table as ipvsadm saves it, without the order of its hash. */
async function saved(): Promise<readonly string[]> {
  const { stdout } = await ipvsadm('-S', '-n');
  return stdout.split('\n').slice(0, -1).toSorted();
}

/** What the log tells of changes of the table, for a reason. */
function changesLogged(reason: string): readonly string[] {
  return lab
    .logOf('director')
    .split('\n')
    .flatMap((line): string[] => {
      if (!line.includes('"IPVS table changed"')) return [];
      const record = JSON.parse(line) as { reason: string; changes: string[] };
      return record.reason === reason ? record.changes : [];
    });
}

async function pidOf(name: 'supervisor' | 'health'): Promise<number> {
  const found = (await snapshot())?.processes.find((one) => one.name === name)?.pid;
  if (found === null || found === undefined) throw new Error(`${name} is not running`);
  return found;
}

/** A client on the director itself that keeps a connection open. */
async function connect(): Promise<void> {
  const script = `require('net').connect(80, '${VIP}', () => console.log('connected')).on('error', (e) => console.log(e.code))`;
  lab.start('director', 'client', process.execPath, '-e', script);
  // Its log is there a moment after it.
  await pause(200);
  await eventually('it is connected', () => lab.logOf('client').includes('connected'));
}

describe('a plan', () => {
  test('is what the reload after it does, and changes nothing', async () => {
    await startWith(FIRST);
    await eventually('it is MASTER', async () => {
      const [one] = (await snapshot())?.vrrp?.instances ?? [];
      return one?.state === 'master';
    });
    await connect();
    const before = await saved();
    writeFileSync(FILE, SECOND);
    const { code, stdout } = await lvsctl('plan', '--detailed-exitcode');
    expect(code).toBe(3);
    for (const line of [
      `  ~ virtual server ${VIP}:80 tcp: wrr → wlc`,
      `  ~ real server 192.0.2.21:80 of ${VIP}:80 tcp: weight 1 → 3`,
      `  + virtual server ${VIP}:8080 tcp: mh, scheduler flags mh-fallback`,
      '  ~ instance VI_1: effective priority 100 → 150',
      '  + address 192.0.2.11/24 dev eth0 of instance VI_1: held and announced at once',
      // It has to answer before it serves, so the table does not have it.
      `  + virtual_server ${VIP} 80 tcp / real_server 192.0.2.23 80`,
    ]) {
      expect(stdout).toContain(`${line}\n`);
    }
    const planned = JSON.parse((await lvsctl('plan', '--json')).stdout) as PlanReport;
    const texts = planned.ipvs?.changes.map(({ text }) => text) ?? [];
    const cut = planned.ipvs?.changes.find(({ change }) => change === 'remove-destination');
    const { stdout: listed } = await ipvsadm('-L', '-n');
    const active = Number(/192\.0\.2\.22:80 +Masq +1 +(\d+)/.exec(listed)?.[1]);
    expect(cut?.cuts?.active).toBe(active);
    expect(await saved()).toEqual(before);

    expect((await lvsctl('reload')).code).toBe(0);
    expect(changesLogged('reload').toSorted()).toEqual([...texts].toSorted());
    await eventually('the new one has answered', async () =>
      (await saved()).includes(`-a -t ${VIP}:80 -r 192.0.2.23:80 -m -w 1`),
    );
    expect(await saved()).toEqual(
      [
        `-A -t ${VIP}:80 -s wlc`,
        `-a -t ${VIP}:80 -r 192.0.2.21:80 -m -w 3`,
        `-a -t ${VIP}:80 -r 192.0.2.23:80 -m -w 1`,
        `-A -t ${VIP}:8080 -s mh -b mh-fallback`,
        `-a -t ${VIP}:8080 -r 192.0.2.21:80 -m -w 1`,
        `-a -t ${VIP}:8080 -r 192.0.2.22:80 -m -w 2`,
      ].toSorted(),
    );
    const { stdout: addresses } = await lab.ip('director', 'addr', 'show', 'dev', 'eth0');
    expect(addresses).toContain('192.0.2.11/24');
    const after = await lvsctl('plan', '--detailed-exitcode');
    expect(after.code).toBe(0);
    expect(after.stdout).toContain('nothing would change: 2 virtual servers, 4 real servers');
  });

  test('of a file with mistakes tells them', async () => {
    await startWith(FIRST);
    const other = '/run/plan-bad.conf';
    writeFileSync(other, FIRST.replace('lvs_sched', 'lvs_shced'));
    const { code, stdout, stderr } = await lvsctl('plan', other);
    expect(code).toBe(1);
    expect(stderr).toContain('unknown-keyword');
    expect(stderr).toContain('did you mean "lvs_sched"');
    expect(stdout).toContain('a reload would be refused: 1 error');
  });

  test('counts the connections that it would cut', async () => {
    await startWith(FIRST);
    await eventually('the address is there', async () =>
      (await lab.ip('director', 'addr', 'show', 'dev', 'eth0')).stdout.includes(`${VIP}/24`),
    );
    await connect();
    writeFileSync(FILE, instance(100));
    const { stdout } = await lvsctl('plan');
    expect(stdout).toContain(
      `  - virtual server ${VIP}:80 tcp: 2 real servers (cuts 1 active connection`,
    );
  });
});

test('lvsctl zero has counters begin at 0, and leaves them when the name is unknown', async () => {
  await startWith(FIRST);
  await eventually('the address is there', async () =>
    (await lab.ip('director', 'addr', 'show', 'dev', 'eth0')).stdout.includes(`${VIP}/24`),
  );
  const counted = async (): Promise<string> => {
    const { stdout } = await lab.run('director', 'ipvsadm', '-Ln', '--stats');
    return stdout.split('\n').find((line) => line.includes(`${VIP}:80`)) ?? '';
  };
  await connect();
  const hasCounted = async (): Promise<boolean> => /:80 +[1-9]/.test(await counted());
  await eventually('the connection is counted', hasCounted);
  // As ipvsadm has it: connections, packets in and out, octets in and out.
  const told = async (): Promise<string> => {
    const [one] = (await snapshot())?.ipvs?.services ?? [];
    const { connections, inPackets, outPackets, inBytes, outBytes } = one?.statistics ?? {};
    return [connections, inPackets, outPackets, inBytes, outBytes].join(' ');
  };
  expect((await counted()).trim().split(/ +/).slice(2).join(' ')).toBe(await told());
  expect((await lvsctl('zero', `${VIP}:81`)).stderr).toContain(
    `there is no virtual server "${VIP}:81"`,
  );
  expect(await hasCounted()).toBe(true);
  const { code, stdout } = await lvsctl('zero');
  expect([code, stdout]).toEqual([
    0,
    `counters of ${VIP}:80 tcp and its real servers begin at 0\n`,
  ]);
  expect(await counted()).toMatch(/:80 +0 +0 +0 +0 +0$/);
  expect(await told()).toBe('0 0 0 0 0');
});

describe('an apply that is to be confirmed', () => {
  const isBack = async (before: readonly string[]): Promise<boolean> =>
    (await saved()).join() === before.join();

  test('ends by itself, also when its client is gone', async () => {
    await startWith(FIRST);
    const before = await saved();
    writeFileSync(FILE, SECOND);
    const { code, stdout } = await lvsctl('apply', '--confirm', '12s');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^applied: configuration [0-9a-f]+ is in force for 12 s/);
    expect(await isBack(before)).toBe(false);
    expect((await lvsctl('show')).stdout).toMatch(/for \d+ s more: lvsctl confirm keeps it/);
    const refused = await lvsctl('reload');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('waits to be confirmed');
    await eventually('it is rolled back', () => isBack(before), 16_000);
    expect((await lvsctl('show')).stdout).toContain('rolled back because nobody confirmed');
    expect((await lvsctl('confirm')).code).toBe(1);
    // The file still says otherwise, and a reload means it.
    expect((await lvsctl('reload')).code).toBe(0);
    expect(await isBack(before)).toBe(false);
  });

  test('stays when it is confirmed, and a rollback returns', async () => {
    await startWith(FIRST);
    const before = await saved();
    writeFileSync(FILE, SECOND);
    await lvsctl('apply', '--confirm', '10s');
    expect((await lvsctl('confirm')).code).toBe(0);
    await pause(10_500);
    expect(await isBack(before)).toBe(false);
    const { code, stdout } = await lvsctl('rollback');
    expect({ code, back: await isBack(before) }).toEqual({ code: 0, back: true });
    expect(stdout).toMatch(/^rolled back: /);
    expect((await lvsctl('rollback')).stderr).toContain('no earlier configuration');
  });

  test.each([
    ['the supervisor is killed, and its processes start another one', false],
    ['everything is killed, and somebody starts it', true],
  ])('ends rolled back when %s', async (_, everything) => {
    await startWith(FIRST);
    const before = await saved();
    writeFileSync(FILE, SECOND);
    await lvsctl('apply', '--confirm', '10m');
    expect(await isBack(before)).toBe(false);
    const killed = await pidOf('supervisor');
    if (everything) await lab.powerOff('director');
    else process.kill(killed, 'SIGKILL');
    if (everything) start();
    await eventually(
      'another one answers',
      async () => (await pidOf('supervisor').catch(() => killed)) !== killed,
    );
    await eventually('it is rolled back', () => isBack(before));
    expect((await lvsctl('show')).stdout).toContain('rolled back because nobody confirmed');
    expect((await snapshot())?.configuration.pending).toBeNull();
  });
});

describe('what others change in the table', () => {
  test('is put right, with before and after in the log and in show', async () => {
    await startWith(SECOND);
    await eventually('all serve', async () => (await saved()).length === 6);
    const before = await saved();
    // In one go, so that hardly ever a verification falls in between.
    const commands = [
      `-e -t ${VIP}:80 -r 192.0.2.21:80 -m -w 9`,
      `-d -t ${VIP}:8080 -r 192.0.2.22:80`,
      `-D -t ${VIP}:8080`,
      '-A -t 10.9.9.9:9',
    ];
    const inOneGo = commands.map((words) => `ipvsadm ${words}`).join(' && ');
    await lab.run('director', 'sh', '-c', inOneGo);
    expect(await saved()).not.toEqual(before);
    const foreign = '-A -t 10.9.9.9:9 -s wlc';
    await eventually(
      'it is put right',
      async () => (await saved()).join() === [...before, foreign].toSorted().join(),
      // How soon is for the test of a thousand to tell: here a busy guest may take long to look.
      30_000,
    );
    const line = `~ real server 192.0.2.21:80 of ${VIP}:80 tcp: weight 9 → 3`;
    expect(changesLogged('drift')).toContain(line);
    const { stdout } = await lvsctl('show');
    expect(stdout).toContain('Put right in the kernel: ');
    expect(stdout).toContain(`    ${line}\n`);
    expect((await snapshot())?.ipvs?.drift).toMatchObject({ repairs: 1, changes: 4 });
    expect(stdout).toMatch(/not ours \(left alone\)\n {2}10\.9\.9\.9:9 tcp/);
  });

  test('is put right at once on demand', async () => {
    await startWith(FIRST);
    const before = await saved();
    expect((await lvsctl('verify', '--detailed-exitcode')).code).toBe(0);
    const repaired = async (): Promise<Result> => {
      await ipvsadm('-C');
      const result = await lvsctl('verify', '--detailed-exitcode');
      expect(await saved()).toEqual(before);
      return result;
    };
    let { code, stdout } = await repaired();
    // The regular verification may have been quicker, but not every time.
    for (let again = 0; again < 3 && code === 0; again += 1) ({ code, stdout } = await repaired());
    expect(code).toBe(3);
    expect(stdout).toContain('1 virtual server in the kernel; put right: 3 changes of others');
    expect(stdout).toContain(`  + virtual server ${VIP}:80 tcp: wrr\n`);
  });

  test('before the start stays, unless all of the table is adopted', async () => {
    await ipvsadm('-A', '-t', '10.9.9.9:9');
    await ipvsadm('-A', '-t', `${VIP}:80`, '-s', 'rr');
    await startWith(FIRST);
    const ours = [
      `-A -t ${VIP}:80 -s wrr`,
      `-a -t ${VIP}:80 -r 192.0.2.21:80 -m -w 1`,
      `-a -t ${VIP}:80 -r 192.0.2.22:80 -m -w 1`,
    ];
    expect(await saved()).toEqual(['-A -t 10.9.9.9:9 -s wlc', ...ours].toSorted());
    expect(lab.logOf('director')).toContain('"services are taken over"');
    await lab.powerOff('director');
    start('--adopt');
    await answers();
    expect(await saved()).toEqual(ours.toSorted());
    expect(lab.logOf('director')).toContain('"services of others are adopted"');
  });
});
