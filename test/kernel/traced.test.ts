import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { isTraced } from '../../src/kernel/traced.ts';

const PID = 42;
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A /proc in which one process is traced by another, or by none (0). */
function procWith(tracer: number): string {
  const proc = mkdtempSync(join(tmpdir(), 'traced-'));
  folders.push(proc);
  mkdirSync(join(proc, `${PID}`));
  const status = `Name:\tnode\nState:\tt (tracing stop)\nPid:\t${PID}\nTracerPid:\t${tracer}\nUid:\t0\n`;
  writeFileSync(join(proc, `${PID}`, 'status'), status);
  return proc;
}

test('a process that a debugger holds is traced, and no other one', () => {
  expect(isTraced(PID, procWith(77))).toBe(true);
  expect(isTraced(PID, procWith(0))).toBe(false);
  expect(isTraced(PID + 1, procWith(77))).toBe(false);
  expect(isTraced(process.pid)).toBe(false);
});
