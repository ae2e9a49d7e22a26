// needs: root; takes 30 s
/** A process that crashes with secrets in its memory prints none, and writes none into a report of Node's; nor does lvsctl. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Duo } from './duo.ts';
import { eventually } from './lab.ts';

const FOLDER = '/run/lvs-secrets';
/** Plain, in base64, and in hexadecimal. */
const CANARY = /canary|Y2FuYXJ5|63616e617279/i;

const TEXT = `global_defs {
    router_id LVS_1
    notification_email {
        ops@example.org
    }
    smtp_server 192.0.2.100
    smtp_alert_vrrp
    smtp_user lb1
    smtp_password canary-mail
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority 150
    version 2
    authentication {
        auth_type PASS
        auth_pass canary01
    }
    virtual_ipaddress {
        192.0.2.10/24
    }
}
vrrp_instance signed {
    interface eth0
    virtual_router_id 77
    auth_hmac {
        key 1 canary-hmac-canary-hmac-canary-hmac
        key 2 hex:63616e61727963616e61727963616e61727963616e61727963616e61727963616e
        active_key 1
    }
    virtual_ipaddress {
        192.0.2.77/24
    }
}
`;

/** Throws what nobody catches, rejects what nobody awaits, and needs more memory than there is. */
const CRASHER = `data:text/javascript,${encodeURIComponent(`
process.on('SIGUSR2', () => { throw new Error('thrown on purpose'); });
process.on('SIGWINCH', () => { Promise.reject(new Error('rejected on purpose')); });
process.on('SIGCONT', () => { for (const kept = [];;) kept.push(new Array(1e4).fill(kept.length)); });
`)}`;

let pair: Duo;

beforeEach(() => {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { mode: 0o700 });
});

afterEach(async () => {
  await pair.close();
  rmSync(FOLDER, { recursive: true, force: true });
});

/** With every report that Node writes if it is asked for. */
function start(): void {
  const reports = `--report-uncaught-exception --report-on-fatalerror --report-directory=${FOLDER}`;
  const options = `NODE_OPTIONS=--import=${CRASHER} --max-old-space-size=64 ${reports}`;
  const node = [process.execPath, 'dist/bin/lvsd.js', '-n', '-f', pair.file('director1')];
  const command = ['env', options, ...node, '--run-dir', pair.runDir('director1')];
  // No core: it would be all of the memory.
  pair.lab.start('director1', 'director1', 'prlimit', '--core=0', ...command);
}

test('the VRRP process, and whoever mails, crash in each way and tell no secret', async () => {
  pair = await Duo.withText('secrets', { director1: TEXT, director2: TEXT });
  start();
  await pair.movesTo('director1');
  let reports = 0;
  for (const name of ['vrrp', 'notify'] as const) {
    for (const signal of ['SIGUSR2', 'SIGWINCH', 'SIGCONT'] as const) {
      const pid = await pair.pidOf('director1', name);
      process.kill(pid, signal);
      await eventually(
        `${name} has died of ${signal}`,
        async () => (await pair.pidOf('director1', name)) !== pid,
        20_000,
      );
      reports += 1;
      await eventually('it has reported', async () => readdirSync(FOLDER).length >= reports, 5_000);
    }
  }
  await eventually('all goes on', async () => pair.holds('director1'), 20_000);
  const log = pair.lab.logOf('director1');
  for (const words of ['thrown on purpose', 'rejected on purpose', 'heap out of memory']) {
    expect(log.split(words).length).toBeGreaterThan(2);
  }
  const files = readdirSync(FOLDER).map((name) => readFileSync(join(FOLDER, name), 'utf8'));
  expect(files.join('')).toContain('javascriptHeap');
  expect([log, ...files].join('\n')).not.toMatch(CANARY);
});

test('whatever lvsctl shows, plans or refuses of other secrets tells neither these nor those', async () => {
  pair = await Duo.withText('secrets', { director1: TEXT, director2: TEXT });
  start();
  await pair.movesTo('director1');
  const said: string[] = [];
  const lvsctl = async (...args: readonly string[]): Promise<void> => {
    const { stdout, stderr } = await pair
      .lvsctl('director1', ...args)
      .catch((error: { readonly stdout: string; readonly stderr: string }) => error);
    said.push(`${args[0]}: ${stdout}${stderr}`);
  };
  const other = join(FOLDER, 'other.conf');
  writeFileSync(other, TEXT.replaceAll('canary', 'canaryX').replace('.10/24', '.11/24'));
  const wrong = join(FOLDER, 'wrong.conf');
  const mistakes = TEXT.replace('smtp_password', 'smtp_pasword').replace('auth_type PASS', '{');
  writeFileSync(wrong, mistakes.replace('active_key 1', 'active_key'));
  for (const file of [other, wrong]) {
    await lvsctl('plan', file);
    await lvsctl('plan', '--json', file);
    await lvsctl('check', file);
    await lvsctl('config', 'diff', pair.file('director1'), file);
    await lvsctl('config', 'fmt', '--check', file);
    await lvsctl('apply', file);
  }
  await lvsctl('show');
  await lvsctl('show', '--json');
  writeFileSync(pair.file('director1'), mistakes);
  await lvsctl('reload');
  expect(said.join('\n')).toMatch(/192\.0\.2\.11/);
  expect(said.at(-1)).toMatch(/smtp_pasword|unknown|error/);
  expect([...said, pair.lab.logOf('director1')].join('\n')).not.toMatch(CANARY);
});
