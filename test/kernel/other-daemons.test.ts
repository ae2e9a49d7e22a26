import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keepalivedIn, livesHere } from '../../src/kernel/other-daemons.ts';

let proc: string;

beforeEach(() => {
  proc = mkdtempSync(join(tmpdir(), 'lvs-proc-'));
  add('self', 'net:[1]', '');
});

afterEach(() => {
  rmSync(proc, { recursive: true });
});

function add(pid: string, network: string, environ: string, comm = 'node'): void {
  mkdirSync(join(proc, pid, 'ns'), { recursive: true });
  symlinkSync(network, join(proc, pid, 'ns', 'net'));
  writeFileSync(join(proc, pid, 'comm'), `${comm}\n`);
  writeFileSync(join(proc, pid, 'environ'), environ);
}

test('a daemon lives here by a process of its run directory in this network namespace', () => {
  add('10', 'net:[1]', 'HOME=/root\0LVSD_RUN_DIR=/run/other\0');
  add('11', 'net:[2]', 'LVSD_RUN_DIR=/run/far\0');
  add('12', 'net:[1]', 'LVSD_RUN_DIR=/run/none\0', 'bash');
  const found = ['/run/other', '/run/far', '/run/oth', '/run/none'].map((one) =>
    livesHere(one, proc),
  );
  expect(found).toEqual([true, false, false, false]);
});

test('the real /proc can be read', () => {
  expect(livesHere('/run/nobody-has-this')).toBe(false);
});

test('keepalived is found by its name in one network namespace', () => {
  add('20', 'net:[1]', '', 'keepalived');
  add('3', 'net:[1]', '', 'keepalived');
  add('30', 'net:[2]', '', 'keepalived');
  add('40', 'net:[1]', '', 'keepalived-exp');
  expect(keepalivedIn('net:[1]', proc)).toEqual([3, 20]);
  expect(keepalivedIn('net:[3]', proc)).toEqual([]);
});
