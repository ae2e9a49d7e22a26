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
      const path = heavy.write(own);
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

/** Those of many small files that take too long, or the one that ended their process. */
export function slowOf(
  cases: readonly Heavy[],
  limits: { readonly eachMs: number; readonly allMs: number },
): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'lvs-lines-'));
  try {
    const paths = cases.map((heavy, at) => {
      const own = mkdtempSync(join(folder, `${at}-`));
      return heavy.write(own);
    });
    const [measured, failure] = measure(paths, limits.allMs);
    const stopped = cases[measured.length];
    if (stopped !== undefined) return [`${stopped.name}: ${failure}`];
    const slow = cases.filter((_, at) => (measured[at]?.tookMs ?? 0) > limits.eachMs);
    return slow.map(({ name }) => `${name}: slower than ${limits.eachMs} ms`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Checks files in one process; what was measured until it ended, and why it ended if that was not its will. */
function measure(
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
