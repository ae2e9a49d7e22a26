/**
 * Runs the lab's suite: one vitest a lane, each with a report of its own, which .ci/run sums. A lane that ends without
 * one has failed.
 */
import { readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { ROOT, type Tell } from './guest.ts';
import { type FileNeeds, KERNEL_NAMES, plan, readNeeds } from './kernels.ts';
import {
  type Lane,
  type Lengths,
  type Machine,
  phases,
  readLengths,
  rememberLengths,
  SCENARIO_GUEST_MIB,
} from './lanes.ts';
import { runOn } from './run-on.ts';

/** Beyond CI's patience nothing would be told at all. */
const LANE_MS_MAX = 18 * 60_000;
const LENGTHS = '.lab/lengths.json';
const MIB = 1024 * 1024;

/** What vitest writes, as far as it is read here. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTotalTests: number;
  /** Times in milliseconds. */
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly startTime: number;
    readonly endTime: number;
  }[];
}

/** What a lane that never comes to its end leaves; `.ci/run` counts it as a failure. */
const NO_TEST: Report = {
  numPassedTests: 0,
  numFailedTests: 0,
  numPendingTests: 0,
  numTotalTests: 0,
  testResults: [],
};

function reportOf(lane: Lane): string {
  return `.lab/report-lab-${lane.name}.json`;
}

/** The exit code: 0 if all that could run has passed. `wanted`: parts of file names, none for all. */
export async function runSuite(wanted: readonly string[], tell: Tell): Promise<number> {
  const chosen = readNeeds('test/lab').filter(
    ({ file }) => wanted.length === 0 || wanted.some((word) => file.includes(word)),
  );
  const { placed, unserved } = plan(chosen);
  for (const one of unserved) tellUnserved(one, tell);
  for (const name of readdirSync('.lab')) {
    if (/^report-lab-.*\.json$/.test(name)) rmSync(join('.lab', name));
  }
  const codes = [process.env.CI && unserved.length > 0 ? 1 : 0];
  for (const phase of phases(placed, measureMachine(), readLengths(LENGTHS))) {
    const width = Math.max(...phase.map(({ name }) => name.length));
    const tellAs = (lane: Lane): Tell =>
      phase.length === 1 ? tell : (line) => tell(`${lane.name.padEnd(width)} | ${line}`);
    codes.push(...(await Promise.all(phase.map((lane) => runLane(lane, tellAs(lane))))));
  }
  return Math.max(...codes);
}

function tellUnserved({ file, needs }: FileNeeds, tell: Tell): void {
  tell(`skipped: ${file} needs ${needs.join(', ')}: no kernel here has it`);
}

/** A guest's memory is a file in /dev/shm. */
function measureMachine(): Machine {
  const { bavail, bsize } = statfsSync('/dev/shm');
  const octets = Math.min(process.availableMemory(), bavail * bsize);
  return { cpus: availableParallelism(), memoryMiB: octets / MIB };
}

async function runLane(lane: Lane, tell: Tell): Promise<number> {
  const { name, kernel, files } = lane;
  tell(`lab: ${files.join(', ')} on ${KERNEL_NAMES[kernel]}`);
  const report = reportOf(lane);
  writeFileSync(report, JSON.stringify(NO_TEST));
  const vitest = ['node_modules/.bin/vitest', 'run', '--config', 'test/lab/vitest.config.ts'];
  const command = [
    ...vitest,
    '--reporter=verbose',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ];
  const startedAt = performance.now();
  const code = await runOn(kernel, [...command, ...files], tell, {
    name,
    memoryMiB: SCENARIO_GUEST_MIB,
    withinMs: LANE_MS_MAX,
  });
  const { numTotalTests, testResults } = JSON.parse(readFileSync(report, 'utf8')) as Report;
  rememberLengths(LENGTHS, lengthsOf(testResults));
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  tell(`lab: ${name} ended after ${seconds} s${numTotalTests === 0 ? ', WITHOUT A REPORT' : ''}`);
  return numTotalTests === 0 ? Math.max(1, code) : code;
}

/** What failed may have ended early. */
function lengthsOf(results: Report['testResults']): Lengths {
  const passed = results.filter(({ status }) => status === 'passed');
  return Object.fromEntries(
    passed.map(({ name, startTime, endTime }) => [
      relative(ROOT, name),
      Math.round((endTime - startTime) / 1000),
    ]),
  );
}
