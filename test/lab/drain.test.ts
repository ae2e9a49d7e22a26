// needs: ipvs; takes 250 s
/**
 * Draining with real connections through a director in NAT mode, and with ipvsadm as judge: those that are
 * established survive, new ones go elsewhere, whatever is reloaded and killed meanwhile.
 *
 *   client .100 ── clients 192.0.2.0/24 ── director .2 ── servers 198.51.100.0/24 ── rs1 .21  rs2 .22  rs3 .23
 */
import { rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openControl } from '../../src/api/client.ts';
import type { PlanReport, Snapshot } from '../../src/api/protocol.ts';
import { eventually, Lab, pause, type Result, type Running } from './lab.ts';

const RUN_DIR = '/run/drain';
const FILE = '/run/drain.conf';
const VIP = '192.0.2.10';
const RS1 = '198.51.100.21:7000';

let lab: Lab;

beforeEach(async () => {
  rmSync(RUN_DIR, { recursive: true, force: true });
  lab = new Lab('drain');
  await lab.bridge('clients');
  await lab.bridge('servers');
  await lab.host('client', { eth0: { bridge: 'clients', address: '192.0.2.100/24' } });
  await lab.host('director', {
    eth0: { bridge: 'clients', address: '192.0.2.2/24' },
    eth1: { bridge: 'servers', address: '198.51.100.2/24' },
  });
  await lab.run('director', 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
  await lab.ip('director', 'addr', 'add', `${VIP}/24`, 'dev', 'eth0');
  for (const part of [1, 2, 3]) {
    const on = { bridge: 'servers', address: `198.51.100.2${part}/24` };
    await lab.host(`rs${part}`, { eth0: on }, '198.51.100.2');
    const echo = `require('net').createServer((s) => { s.on('error', () => {}); s.write('rs${part}\\n'); s.pipe(s); }).listen(7000)`;
    lab.start(`rs${part}`, `rs${part}`, process.execPath, '-e', echo);
  }
});

afterEach(async () => {
  await lab.close();
});

interface Written {
  readonly parts?: readonly number[];
  readonly weight?: number;
  readonly more?: string;
  readonly globals?: string;
}

/** The virtual server with real servers 1, 2 and 3, or some of them. */
function written({ parts = [1, 2, 3], weight = 1, more = '', globals = '' }: Written = {}): string {
  const check =
    'TCP_CHECK {\n            connect_timeout 3\n            retry 3\n            delay_before_retry 1\n        }';
  const reals = parts.map(
    (part) =>
      `    real_server 198.51.100.2${part} 7000 {\n        weight ${part === 3 ? weight : 1}\n        ${check}\n    }\n`,
  );
  return `${globals}virtual_server ${VIP} 80 {\n    delay_loop 2\n    lb_algo rr\n    lb_kind NAT\n    protocol TCP\n${more}${reals.join('')}}\n`;
}

let daemon: Running;

async function startWith(text: string): Promise<void> {
  writeFileSync(FILE, text);
  const command = ['dist/bin/lvsd.js', '-n', '-f', FILE, '--run-dir', RUN_DIR];
  daemon = lab.start('director', 'director', process.execPath, ...command);
  await eventually(
    'the daemon answers',
    async () => (await snapshot())?.ipvs?.services.length === 1,
  );
}

async function reload(text: string): Promise<void> {
  writeFileSync(FILE, text);
  expect((await lvsctl('reload')).code).toBe(0);
}

const snapshot = (): Promise<Snapshot | null> =>
  openControl(RUN_DIR)
    .snapshot()
    .catch(() => null);

const lvsctl = (...args: readonly string[]): Promise<Result> =>
  lab.lvsctl('director', '--run-dir', RUN_DIR, ...args);

/** `1: 0, 2: 1` as ipvsadm has the weights of the real servers, and what stands beside them. */
async function weights(): Promise<string> {
  const { stdout } = await lab.run('director', 'ipvsadm', '-S', '-n');
  const found = [...stdout.matchAll(/-r 198\.51\.100\.2?(\d+):\d+ -m -w (\d+)/g)];
  return found
    .map(([, part, weight]) => `${part}: ${weight}`)
    .toSorted()
    .join(', ');
}

interface Connection {
  /** `rs1` */
  readonly server: string;
  /** Echoes of what it sends five times a second. */
  echoes(): number;
  isOpen(): boolean;
  /** With RST: the kernel forgets it after 10 s. */
  end(): void;
}

let made = 0;

/** A client that stays connected and talks all the time. */
async function connect(): Promise<Connection> {
  made += 1;
  const name = `client${made}`;
  const script = `
    const s = require('net').connect(80, '${VIP}').setEncoding('utf8');
    let n = 0;
    s.on('data', (d) => process.stdout.write(d));
    s.on('error', (e) => console.log(e.code));
    s.on('close', () => console.log('closed'));
    setInterval(() => s.write('ping ' + ++n + '\\n'), 200);
    process.on('SIGTERM', () => { s.resetAndDestroy(); setTimeout(() => process.exit(0), 100); });`;
  const client: Running = lab.start('client', name, process.execPath, '-e', script);
  await pause(200);
  await eventually('it is connected', () => /^rs\d/.test(lab.logOf(name)));
  const log = (): string => lab.logOf(name);
  return {
    server: /^rs\d/.exec(log())?.[0] ?? '',
    echoes: () => log().split('ping').length - 1,
    isOpen: () => !log().includes('closed'),
    end: () => client.kill('SIGTERM'),
  };
}

/** The first three connections of `rr` are with three servers; one of each. */
async function connectToEach(): Promise<Readonly<Record<'rs1' | 'rs2' | 'rs3', Connection>>> {
  const all = [await connect(), await connect(), await connect()];
  const to = (server: string): Connection => {
    const found = all.find((one) => one.server === server);
    if (found === undefined) throw new Error(`nobody is connected with ${server}`);
    return found;
  };
  return { rs1: to('rs1'), rs2: to('rs2'), rs3: to('rs3') };
}

/** Who answers so many new connections. */
async function newOnes(times: number): Promise<readonly string[]> {
  const script = `
    const once = () => new Promise((done) => {
      const s = require('net').connect(80, '${VIP}').setEncoding('utf8');
      s.setTimeout(3000, () => { s.destroy(); done('timeout'); });
      s.on('error', (e) => done(e.code));
      s.once('data', (d) => { s.resetAndDestroy(); done(d.trim()); });
    });
    (async () => { for (let n = 0; n < ${times}; n += 1) console.log(await once()); })();`;
  const { stdout } = await lab.run('client', process.execPath, '-e', script);
  return [...new Set(stdout.trim().split('\n'))].toSorted();
}

/** It goes on: what it sends comes back. */
async function goesOn(connection: Connection): Promise<void> {
  const before = connection.echoes();
  await eventually('it is answered', () => connection.echoes() > before + 2);
  expect(connection.isOpen()).toBe(true);
}

async function pidOf(name: 'supervisor' | 'health'): Promise<number> {
  const found = (await snapshot())?.processes.find((one) => one.name === name)?.pid;
  if (found === null || found === undefined) throw new Error(`${name} is not running`);
  return found;
}

async function killAndAwait(name: 'supervisor' | 'health'): Promise<void> {
  const killed = await pidOf(name);
  process.kill(killed, 'SIGKILL');
  await eventually(
    `another ${name} works`,
    async () =>
      (await pidOf(name).catch(() => killed)) !== killed && (await snapshot())?.health !== null,
    40_000,
  );
}

describe('a drain', () => {
  test('spares what is established and sends nobody new, whatever is reloaded and killed', async () => {
    await startWith(written());
    const { rs1, rs2 } = await connectToEach();
    const { code, stdout } = await lvsctl('drain', RS1, '--no-wait');
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${RS1} drains in ${VIP}:80 tcp\n` });
    expect(await weights()).toBe('1: 0, 2: 1, 3: 1');
    expect(await newOnes(6)).toEqual(['rs2', 'rs3']);
    await goesOn(rs1);

    await reload(written({ weight: 5 }));
    expect(await weights()).toBe('1: 0, 2: 1, 3: 5');
    await killAndAwait('health');
    expect(await weights()).toBe('1: 0, 2: 1, 3: 5');
    await killAndAwait('supervisor');
    expect(await weights()).toBe('1: 0, 2: 1, 3: 5');
    await pause(3_000);
    expect(await weights()).toBe('1: 0, 2: 1, 3: 5');
    expect(await newOnes(6)).toEqual(['rs2', 'rs3']);
    await goesOn(rs1);
    await goesOn(rs2);

    await eventually('its connection is counted', async () => {
      const told = (await snapshot())?.drains?.orders[0];
      return told?.left?.active === 1 && told.order.kind === 'drain' && told.order.ended === null;
    });
    expect((await lvsctl('show')).stdout).toMatch(
      /198\.51\.100\.21:7000 .*\n {6}draining since .*, 1 connection left, until none is left\n/,
    );

    const waiting = lvsctl('drain', RS1);
    await pause(2_000);
    rs1.end();
    const waited = await waiting;
    expect(waited.code).toBe(0);
    expect(waited.stdout).toContain(`${RS1} is drained and stays at weight 0`);
    expect(await weights()).toBe('1: 0, 2: 1, 3: 5');
    expect((await lvsctl('undrain', RS1)).stdout).toBe(`${RS1} is enabled in ${VIP}:80 tcp\n`);
    expect(await weights()).toBe('1: 1, 2: 1, 3: 5');
    expect(await newOnes(6)).toEqual(['rs1', 'rs2', 'rs3']);
  });

  test('ends with its time, and removes if it is told to', async () => {
    await startWith(written());
    const { rs1, rs2 } = await connectToEach();
    const { code, stdout } = await lvsctl('drain', RS1, '--timeout', '4s', '--then', 'remove');
    expect(code).toBe(3);
    expect(stdout).toContain(`the time is over: ${RS1} is out of the table, 1 connection left`);
    expect(await weights()).toBe('2: 1, 3: 1');
    const before = rs1.echoes();
    await goesOn(rs2);
    expect(rs1.echoes()).toBeLessThanOrEqual(before + 1);
    await killAndAwait('health');
    expect(await weights()).toBe('2: 1, 3: 1');
    daemon.kill('SIGTERM');
    expect(await daemon.ended).toBe(0);
    expect(await weights()).toBe('');
    await startWith(written());
    await pause(2_000);
    expect(await weights()).toBe('2: 1, 3: 1');
    expect((await lvsctl('enable', RS1)).code).toBe(0);
    // It was not in the table, so it has to answer first.
    await eventually('it serves', async () => (await weights()) === '1: 1, 2: 1, 3: 1');
  });

  test('stays in force when nobody waits for it any more, and is told as a command', async () => {
    await startWith(written());
    const { rs1 } = await connectToEach();
    const waiting = lab.start(
      'director',
      'waiting',
      process.execPath,
      'dist/bin/lvsctl.js',
      '--run-dir',
      RUN_DIR,
      'drain',
      RS1,
    );
    await pause(200);
    await eventually('it counts', () => /1 connection left/.test(lab.logOf('waiting')));
    waiting.kill('SIGINT');
    expect(await waiting.ended).toBe(130);
    expect(lab.logOf('waiting')).toContain(`the drain of ${RS1} stays in force`);
    expect(await weights()).toBe('1: 0, 2: 1, 3: 1');
    await goesOn(rs1);
    expect((await lvsctl('drain')).stdout).toMatch(
      new RegExp(`^lvsctl drain ${RS1} --no-wait {2}# draining since .*, in 1 virtual server\n$`),
    );
    const { code, stderr } = await lvsctl('drain', '198.51.100.21:700');
    expect(code).toBe(1);
    expect(stderr).toContain(`there is ${RS1}`);
  });

  test('of all real servers calls the sorry server, and cuts nobody', async () => {
    const sorry = '    sorry_server 198.51.100.23 7000\n';
    await startWith(written({ parts: [1, 2], more: sorry }));
    const one = await connect();
    const two = await connect();
    await lvsctl('drain', RS1, '--no-wait');
    const last = ['drain', '198.51.100.22:7000', '--no-wait'];
    const refused = await lvsctl(...last);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(
      `${VIP}:80 tcp would lose its quorum: the sorry server 198.51.100.23:7000 would serve alone`,
    );
    expect(await weights()).toBe('1: 0, 2: 1');
    const { stderr } = await lvsctl(...last, '--force');
    expect(stderr).toContain('has lost its quorum by this: the sorry server serves alone');
    expect(await weights()).toBe('1: 0, 2: 0, 3: 1');
    expect(await newOnes(3)).toEqual(['rs3']);
    await goesOn(one);
    await goesOn(two);
  });

  test('counts persistence templates, unless they bring nobody back', async () => {
    const persistent = '    persistence_timeout 120\n';
    await startWith(written({ more: persistent }));
    const first = await connect();
    const address = `198.51.100.2${first.server.slice(2)}:7000`;
    const { stderr } = await lvsctl('drain', address, '--no-wait');
    expect(stderr).toContain('clients that were here come back');
    expect(await newOnes(3)).toEqual([first.server]);
    first.end();
    await eventually('only the template is left', async () => {
      const left = (await snapshot())?.drains?.orders[0]?.left;
      return left?.active === 0 && left.inactive === 0 && left.persistent === 1;
    });
    await pause(2_000);
    expect((await snapshot())?.drains?.orders[0]?.order).toMatchObject({ ended: null });
    const globals =
      'global_defs {\n    lvs_sysctl {\n        expire_quiescent_template 1\n    }\n}\n';
    await reload(written({ more: persistent, globals }));
    await eventually('it is drained', async () => {
      const order = (await snapshot())?.drains?.orders[0]?.order;
      return order?.kind === 'drain' && order.ended?.how === 'none-left';
    });
    expect(await newOnes(3)).not.toContain(first.server);
  });
});

test('a real server that is disabled is out at once, and stays out', async () => {
  await startWith(written());
  const { rs1, rs2 } = await connectToEach();
  expect((await lvsctl('disable', RS1, '--virtual-server', `${VIP}:80/tcp`)).stdout).toBe(
    `${RS1} is out of the table in ${VIP}:80 tcp\n`,
  );
  expect(await weights()).toBe('2: 1, 3: 1');
  await reload(written({ weight: 2 }));
  await killAndAwait('health');
  await pause(3_000);
  expect(await weights()).toBe('2: 1, 3: 2');
  await goesOn(rs2);
  // While the kernel remembers its connection, the real server takes it up again.
  expect((await lvsctl('enable', RS1)).code).toBe(0);
  await eventually('it serves', async () => (await weights()) === '1: 1, 2: 1, 3: 2');
  await goesOn(rs1);
});

describe('drain_on_remove', () => {
  const draining = (time: string, parts?: readonly number[]): string =>
    written({
      ...(parts === undefined ? {} : { parts }),
      globals: `global_defs {\n    drain_on_remove ${time}\n}\n`,
    });

  test('lets connections end that a reload would cut, as the plan tells', async () => {
    await startWith(draining('5m'));
    const { rs1 } = await connectToEach();
    writeFileSync(FILE, draining('5m', [2, 3]));
    const plan = await lvsctl('plan');
    expect(plan.stdout).toContain(
      `  ~ real server ${RS1} of ${VIP}:80 tcp: weight 1 → 0 (drains 1 active connection for at most 5 min, then leaves)\n`,
    );
    const planned = JSON.parse((await lvsctl('plan', '--json')).stdout) as PlanReport;
    expect(planned.ipvs?.changes.map(({ drains, cuts }) => ({ drains, cuts }))).toEqual([
      { drains: { active: 1, inactive: 0, persistent: 0, withinMs: 300_000 }, cuts: null },
    ]);
    expect((await lvsctl('reload')).code).toBe(0);
    expect(await weights()).toBe('1: 0, 2: 1, 3: 1');
    expect(await newOnes(4)).toEqual(['rs2', 'rs3']);
    await goesOn(rs1);
    await killAndAwait('health');
    await killAndAwait('supervisor');
    expect(await weights()).toBe('1: 0, 2: 1, 3: 1');
    await goesOn(rs1);
    await eventually('it is counted', async () =>
      /Removed by a reload\n {2}198\.51\.100\.21:7000 of 192\.0\.2\.10:80 tcp {2}draining since .*, 1 connection left, until /.test(
        (await lvsctl('show')).stdout,
      ),
    );
    rs1.end();
    await eventually('it leaves', async () => (await weights()) === '2: 1, 3: 1', 30_000);
    expect(lab.logOf('director')).toContain('"removed real servers drain"');
    expect((await snapshot())?.drains?.leaving).toEqual([]);
  });

  test('ends with its time, and before when the real server is configured again', async () => {
    await startWith(draining('6s'));
    const { rs1 } = await connectToEach();
    await reload(draining('6s', [2, 3]));
    expect(await weights()).toBe('1: 0, 2: 1, 3: 1');
    await reload(draining('6s'));
    expect(await weights()).toBe('1: 1, 2: 1, 3: 1');
    await pause(7_000);
    expect(await weights()).toBe('1: 1, 2: 1, 3: 1');
    await goesOn(rs1);
    await reload(draining('6s', [2, 3]));
    await pause(3_000);
    expect(await weights()).toBe('1: 0, 2: 1, 3: 1');
    await goesOn(rs1);
    await eventually('its time is over', async () => (await weights()) === '2: 1, 3: 1', 6_000);
    await reload(draining('6s'));
    await reload(draining('6s', [2, 3]));
    expect(await weights()).toBe('1: 0, 2: 1, 3: 1');
    expect((await lvsctl('disable', RS1)).stdout).toBe(
      `${RS1} is out of the table in ${VIP}:80 tcp\n`,
    );
    expect(await weights()).toBe('2: 1, 3: 1');
    await reload(draining('6s', [3]).replace(`${VIP} 80`, `${VIP} 81`));
    const { stdout } = await lab.run('director', 'ipvsadm', '-S', '-n');
    // The whole virtual server has left, and stays for those that it has.
    expect(stdout).toContain(`-a -t ${VIP}:80 -r 198.51.100.22:7000 -m -w 0`);
    expect(await newOnes(1)).toEqual(['ECONNREFUSED']);
    await eventually('it has left', async () => {
      const left = await lab.run('director', 'ipvsadm', '-S', '-n');
      return !left.stdout.includes(`${VIP}:80 `);
    });
  });
});
