/** The compiled `lvsctl` as a program: what it prints arrives whole, however slowly it is read. */
import { spawn, spawnSync } from 'node:child_process';
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

/** Blocks of 512 octets that a file may have: the write that passes it is cut, the next one refused, as on a full disk. */
const LIMIT = 'trap "" XFSZ; ulimit -f 2;';

test.each([
  ['a device without room', '', '/dev/full', 'lvsctl lint --list', 'ENOSPC'],
  ['a file that is cut in the middle', LIMIT, '$FILE', 'lvsctl lint --list', 'EFBIG'],
  ['what lvsd dumps', LIMIT, '$FILE', 'lvsd -f conf/lvs-dr/master.conf -d', 'EFBIG'],
])(
  '%s is an error of the program that prints, not an output that ends',
  (_, before, file, line, why) => {
    runDir = mkdtempSync(join(tmpdir(), 'lvsctl-'));
    const [program, ...words] = line.split(' ');
    const run = `${before} ${process.execPath} dist/bin/${program}.js ${words.join(' ')} > ${file}`;
    const env = { ...process.env, FILE: join(runDir, 'output') };
    const { status, stderr } = spawnSync('sh', ['-c', run], { encoding: 'utf8', env });
    expect(stderr).toContain(`standard output: ${why}`);
    expect(stderr).toContain('hint: what has been written is not whole');
    expect(status).toBe(1);
  },
);
