/** What a start tells of the place it happens in: another daemon for the same addresses, folders that are open to others. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { allLogged, logged, runDir, started, vrrp } from '../supervised.ts';

let other: ChildProcess | null = null;

afterEach(() => {
  other?.kill();
  other = null;
});

describe('keepalived', () => {
  test('that runs in the same network is named at the start', async () => {
    const path = join(runDir, 'keepalived');
    copyFileSync('/bin/sleep', path);
    chmodSync(path, 0o755);
    other = spawn(path, ['60']);
    await new Promise((resolve) => other?.once('spawn', resolve));
    await started(vrrp('VI_1'));
    const { fields } = logged('keepalived runs beside lvsd') ?? {};
    expect(fields?.pids).toContain(other.pid);
    expect(fields?.hint).toContain('systemctl disable --now keepalived');
  });
});

describe('a folder', () => {
  test.each([
    ['the run directory', '', 0o777, 'can be written by everybody'],
    ['the run directory, sticky', '', 0o1777, 'can be written by everybody'],
    ['the state directory', 'state', 0o775, 'can be written by its group'],
  ])('%s that others can write is told', async (_, name, mode, why) => {
    const folder = join(runDir, name);
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, mode);
    await started(vrrp('VI_1'));
    expect(logged('folder of lvsd is open to others')?.fields).toMatchObject({
      folder,
      reason: `${folder} ${why}`,
    });
  });

  test('is told once, though the other folder lies in it', async () => {
    chmodSync(runDir, 0o777);
    mkdirSync(join(runDir, 'state'), { mode: 0o700 });
    await started(vrrp('VI_1'));
    const told = allLogged('folder of lvsd is open to others').map(({ fields }) => fields.hint);
    expect(told).toEqual([expect.stringContaining(`chmod go-w ${runDir}`)]);
  });

  test('of nobody else is not', async () => {
    await started(vrrp('VI_1'));
    expect(logged('folder of lvsd is open to others')).toBeUndefined();
  });
});
