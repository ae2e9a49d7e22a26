import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/base/time.ts';
import { runScript, type ScriptEnd } from '../../src/kernel/script.ts';

function shell(
  text: string,
  timeoutMs = 5_000,
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
  expect(await shell('[ "$1 $2" = "INSTANCE VI_1" ]', 5_000, ['INSTANCE', 'VI_1'])).toMatchObject({
    exitCode: 0,
  });
});

test('ends a script, and what it started, when the time is up', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lvs-script-'));
  const pidFile = join(folder, 'pid');
  const end = await shell(`sleep 60 & echo $! > ${pidFile}; wait`, 300);
  expect(end).toMatchObject({ timedOut: true, signal: 'SIGTERM' });
  const child = Number(readFileSync(pidFile, 'utf8'));
  await expect.poll(() => isAlive(child), { timeout: 4_000 }).toBe(false);
  rmSync(folder, { recursive: true });
});

test('keeps variables away that could change what runs', async () => {
  process.env.LD_LIBRARY_PATH = '/nowhere';
  expect(await shell('[ -z "$LD_LIBRARY_PATH" ]')).toMatchObject({ exitCode: 0 });
  delete process.env.LD_LIBRARY_PATH;
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
