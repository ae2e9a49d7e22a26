/**
 * Runs the lab's programs on a kernel that has what they need (kernels.ts, guest.ts, suite.ts).
 * `boot.js test [FILE…] | demo [ARGUMENT…] | bench [ARGUMENT…]`; the exit code is theirs.
 */
import { mkdirSync } from 'node:fs';
import { KERNEL_NAMES, type Kernel, kernelFor, type Need } from './kernels.ts';
import { runOn } from './run-on.ts';
import { runSuite } from './suite.ts';

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

function runProgram(
  kernel: Kernel | null,
  program: string,
  args: readonly string[],
): Promise<number> {
  const command = [process.execPath, `dist/test/${program}.js`, ...args];
  if (kernel !== null) return runOn(kernel, command, args.includes('--keep') ? null : tell);
  process.stderr.write('no kernel with IPVS here: install the Debian package user-mode-linux\n');
  return Promise.resolve(1);
}

/** What each benchmark needs; in this order, because one leaves something for the next. */
const BENCHMARKS: Readonly<Record<string, readonly Need[]>> = {
  start: ['ipvs'],
  ipvs: ['ipvs'],
  reload: ['ipvs'],
  'reload-host': ['root', 'timing'],
  'ipvs-host': ['root', 'timing'],
  show: ['root', 'timing'],
  config: ['root', 'timing'],
  vrrp: ['root', 'timing'],
  splitbrain: ['root', 'nftables', 'timing'],
};

async function runBenchmarks(wanted: readonly string[]): Promise<number> {
  const all = Object.keys(BENCHMARKS);
  // `ipvs` stands for `ipvs-host` too.
  const meant = wanted.flatMap((word) => {
    const names = all.filter((name) => name === word || name.startsWith(`${word}-`));
    return names.length > 0 ? names : [word];
  });
  const names = wanted.length > 0 ? meant : all;
  let exitCode = 0;
  for (const one of names) {
    const needs = BENCHMARKS[one];
    const kernel = needs === undefined ? null : kernelFor(needs);
    if (needs === undefined || kernel === null) {
      const reason = needs === undefined ? 'no such benchmark' : `needs ${needs.join(', ')}`;
      tell(`${one}: ${reason}; there are ${Object.keys(BENCHMARKS).join(', ')}`);
      exitCode = 1;
      continue;
    }
    tell(`\n${one}, on ${KERNEL_NAMES[kernel]}`);
    exitCode = Math.max(exitCode, await runProgram(kernel, `bench/${one}`, []));
  }
  return exitCode;
}

mkdirSync('.lab', { recursive: true });
const [name = '', ...args] = process.argv.slice(2);
if (name === 'test') process.exitCode = await runSuite(args, tell);
else if (name === 'demo')
  process.exitCode = await runProgram(kernelFor(['ipvs']), 'lab/demo', args);
else if (name === 'bench') process.exitCode = await runBenchmarks(args);
else {
  process.stderr.write('boot: one of test, demo, bench\n');
  process.exitCode = 2;
}
