/** The compiled `lvsd` as a program: what its arguments have it do, and what they do not. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lvsd-'));
  path = join(folder, 'lvsd.conf');
  writeFileSync(path, 'global_defs {\n    router_id lb1\n}\n');
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function lvsd(...args: readonly string[]) {
  const options = { encoding: 'utf8', timeout: 20_000 } as const;
  const { status, stderr } = spawnSync(process.execPath, ['dist/src/lvsd.js', ...args], options);
  return { status, stderr };
}

test('-t FILE is refused, for FILE would not be read', () => {
  expect(lvsd('-t', path)).toEqual({
    status: 1,
    stderr: `lvsd: -t names no configuration: ${path} is not read\n  hint: lvsd -t -f ${path}\n`,
  });
});

test('options of keepalived are taken, and told of when they ask for something else', () => {
  const silent = ['-D', '-l', '-G', '-X', '--all', '-n'];
  expect(lvsd('-t', '-f', path, ...silent)).toEqual({ status: 0, stderr: '' });
  const { status, stderr } = lvsd('-t', '-f', path, '-x', '-u', '022', '-m', '-M');
  expect(status).toBe(0);
  expect(stderr.split('\n')).toEqual([
    'lvsd: --umask has no effect: what lvsd writes is for its owner alone',
    'lvsd: --snmp has no effect: lvsd has no SNMP: lvsctl show --json tells the same',
    expect.stringContaining('lvsd: --core-dump has no effect: '),
    expect.stringContaining('lvsd: --core-dump-pattern has no effect: '),
    '',
  ]);
});

test('-t -f FILE checks FILE', () => {
  expect(lvsd('-t', '-f', path)).toEqual({ status: 0, stderr: '' });
  writeFileSync(path, 'global_def {\n}\n');
  expect(lvsd('-t', '-f', path).status).toBe(1);
});
