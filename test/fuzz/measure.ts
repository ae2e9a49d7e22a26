/** Heavy inputs, each in a process of its own that is ended when it takes too long or too much. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Measured } from './child.ts';
import type { Heavy } from './heavy.ts';

/** Far more than any takes on an idle machine: what grows with the square of its input takes hours. */
const HEAVY_MS_MAX = 20_000;
const MEMORY_MIB_MAX = 1500;
/** Of the heap; what V8 and the text need besides is within the rest. */
const HEAP_MIB_MAX = 1200;

const CHILD = join('dist', 'test', 'fuzz', 'child.js');

/** What is wrong with each; empty: all end in time, and name their limits. */
export function faultsOfHeavy(cases: readonly Heavy[], told: (line: string) => void): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'lvs-heavy-'));
  try {
    return cases.flatMap((heavy, at) => {
      const own = mkdtempSync(join(folder, `${at}-`));
      const path = heavy.write(own) ?? join(own, 'lvsd.conf');
      const fault = faultOf(heavy, path, told);
      rmSync(own, { recursive: true, force: true });
      return fault === null ? [] : [`${heavy.name}: ${fault}`];
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function faultOf(heavy: Heavy, path: string, told: (line: string) => void): string | null {
  const [measured, failure] = measure([path], HEAVY_MS_MAX);
  const [one] = measured;
  if (one === undefined) return failure;
  const { tookMs, memoryMib, said } = one;
  told(`${heavy.name}: ${Math.round(tookMs)} ms, ${Math.round(memoryMib)} MiB`);
  if (memoryMib > MEMORY_MIB_MAX) return `took ${Math.round(memoryMib)} MiB`;
  if (heavy.says !== null && !heavy.says.test(said)) return `said ${said.slice(0, 500)}`;
  return null;
}

/** Checks files in one process; what was measured until it ended, and why it ended if that was not its will. */
export function measure(
  paths: readonly string[],
  timeoutMs: number,
): readonly [readonly Measured[], string] {
  const { stdout, stderr, status, signal } = spawnSync(
    process.execPath,
    [`--max-old-space-size=${HEAP_MIB_MAX}`, CHILD, ...paths],
    { timeout: timeoutMs, killSignal: 'SIGKILL', encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  const measured = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Measured);
  const end = signal === null ? `exit code ${status}` : `ended by ${signal} after ${timeoutMs} ms`;
  return [measured, `${end}: ${stderr.slice(0, 1500)}`];
}
