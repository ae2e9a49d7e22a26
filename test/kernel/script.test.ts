import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/base/time.ts';
import { loadAddon } from '../../src/kernel/addon.ts';
import { runScript } from '../../src/kernel/script.ts';
import type { ScriptEnd } from '../../src/model/script.ts';

function shell(
  text: string,
  timeoutMs = 30_000,
  extraArgs: readonly string[] = [],
): Promise<ScriptEnd> {
  const script = { argv: ['/bin/sh', '-c', text, 'sh'], account: null } as const;
  return runScript(script, { timeoutMs, extraArgs, clock: systemClock });
}

test('tells the exit code', async () => {
  expect(await shell('exit 3')).toEqual({ exitCode: 3, signal: null, timedOut: false });
});

test('tells the signal that ended it', async () => {
  expect(await shell('kill -USR1 $$')).toMatchObject({ exitCode: null, signal: 'SIGUSR1' });
});

test('appends the arguments of a notification', async () => {
  expect(await shell('[ "$1 $2" = "INSTANCE VI_1" ]', 30_000, ['INSTANCE', 'VI_1'])).toMatchObject({
    exitCode: 0,
  });
});

test('ends a script, and what it started, when the time is up', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lvs-script-'));
  const pidFile = join(folder, 'pid');
  const end = await shell(`sleep 60 & echo $! > ${pidFile}; wait`, 1_000);
  expect(end).toMatchObject({ timedOut: true, signal: 'SIGTERM' });
  const child = Number(readFileSync(pidFile, 'utf8'));
  await expect.poll(() => isAlive(child), { timeout: 20_000 }).toBe(false);
  rmSync(folder, { recursive: true });
});

test('ends what a script has put into another session, too', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lvs-script-'));
  const pidFile = join(folder, 'pid');
  const away = `setsid sh -c 'echo $$ > ${pidFile}; trap "" TERM HUP; while :; do sleep 1; done'`;
  const end = await shell(`${away} & wait`, 1_500);
  expect(end).toMatchObject({ timedOut: true });
  const child = Number(readFileSync(pidFile, 'utf8'));
  expect(isAlive(child)).toBe(true);
  await expect.poll(() => isAlive(child), { timeout: 20_000 }).toBe(false);
  rmSync(folder, { recursive: true });
});

test('a daemon that a script has started goes on when the script has ended in time', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lvs-script-'));
  const pidFile = join(folder, 'pid');
  await shell(`setsid sleep 60 & echo $! > ${pidFile}`);
  const child = Number(readFileSync(pidFile, 'utf8'));
  expect(isAlive(child)).toBe(true);
  process.kill(child, 'SIGKILL');
  rmSync(folder, { recursive: true });
});

test('finds nothing of ours: environment, folder, descriptors, terminal', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lvs-script-'));
  const file = join(folder, 'found');
  process.env.LD_LIBRARY_PATH = '/nowhere';
  process.env.LVSD_CANARY = 'canary';
  const opened = openSync('/dev/null', 'r');
  loadAddon().closeDescriptorsOnExec();
  // The number of its session is its own: it has no terminal, and no signal of one reaches it.
  await shell(
    `{ env; pwd; readlink /proc/self/fd/0 /proc/$$/fd/1 /proc/$$/fd/2; ls /proc/$$/fd;` +
      ` [ $(cut -d' ' -f6 /proc/$$/stat) = $$ ] && echo session; } > ${file}`,
  );
  closeSync(opened);
  delete process.env.LD_LIBRARY_PATH;
  delete process.env.LVSD_CANARY;
  const found = readFileSync(file, 'utf8').split('\n');
  const own = /^(PWD|SHLVL|_|OLDPWD)=/;
  const variables = found.filter((line) => /^\w+=/.test(line) && !own.test(line));
  expect(variables.map((line) => line.split('=')[0]).sort()).toEqual(['LANG', 'LVSD_RUN', 'PATH']);
  expect(found).toContain('/');
  expect(found).toContain('session');
  expect(found.filter((line) => line === '/dev/null')).toHaveLength(2);
  // 10 is where dash puts what it has redirected.
  expect(found.filter((line) => /^\d+$/.test(line) && line !== '10')).toEqual(['0', '1', '2']);
  rmSync(folder, { recursive: true });
});

test('says that a program is not there', async () => {
  const missing = { argv: ['/nowhere/script'], account: null } as const;
  const options = { timeoutMs: 1_000, extraArgs: [], clock: systemClock };
  await expect(runScript(missing, options)).rejects.toMatchObject({ code: 'SCRIPT_FAILED' });
});

/** A zombie is not: its parent is gone and has not been told yet. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
