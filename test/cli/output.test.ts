/** The compiled `lvsctl` as a program: what it prints arrives whole, however slowly it is read. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Snapshot } from '../../src/api/protocol.ts';
import { type ControlServer, openControlServer } from '../../src/api/server.ts';
import { logTo } from '../../src/base/log.ts';
import { dutiesOf } from '../api/duties.ts';

const ROWS = 20_000;

let server: ControlServer | null = null;
let runDir = '';

afterEach(() => {
  server?.close();
  rmSync(runDir, { recursive: true, force: true });
});

test('a snapshot of megabytes is printed to its end into a pipe that is read late', async () => {
  runDir = mkdtempSync(join(tmpdir(), 'lvsctl-'));
  const rows = Array.from({ length: ROWS }, (_, at) => ({ name: `real server ${at}`, at }));
  server = await openControlServer({
    runDir,
    log: logTo(() => {}),
    maySteer: () => true,
    duties: dutiesOf({ snapshot: async () => ({ rows }) as unknown as Snapshot }),
  });
  const args = ['dist/bin/lvsctl.js', '--run-dir', runDir, 'show', '--json'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exitCode = new Promise((resolve) => child.on('exit', resolve));
  const parts: Buffer[] = [];
  setTimeout(() => child.stdout.on('data', (part: Buffer) => parts.push(part)), 600);
  await new Promise((resolve) => child.stdout.on('end', resolve));
  expect(JSON.parse(Buffer.concat(parts).toString())).toEqual({ rows });
  expect(await exitCode).toBe(0);
});
