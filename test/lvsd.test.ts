/** The compiled `lvsd` as a program: arguments that would have it check another file than the one that is meant. */
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

test('-t -f FILE checks FILE', () => {
  expect(lvsd('-t', '-f', path)).toEqual({ status: 0, stderr: '' });
  writeFileSync(path, 'global_def {\n}\n');
  expect(lvsd('-t', '-f', path).status).toBe(1);
});
