/**
 * Runs the lab's programs on a kernel that has what they need (kernels.ts, guest.ts).
 * `boot.js test [FILE…] | demo [ARGUMENT…] | bench [ARGUMENT…]`; the exit code is theirs.
 */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { quote, ROOT, runInGuest, type Tell, tellLines } from './guest.ts';
import {
  type FileNeeds,
  KERNEL_NAMES,
  type Kernel,
  kernelFor,
  type Need,
  type Plan,
  plan,
  readNeeds,
} from './kernels.ts';

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

function tellAs(kernel: Kernel): Tell {
  return (line) => tell(`${kernel.padEnd(4)} | ${line}`);
}

/** In a mount namespace with a /run of its own: nothing of this machine is touched or left behind. */
function runHere(command: readonly string[], tellLine: Tell | null): Promise<number> {
  const inside = `mount -t tmpfs tmpfs /run && exec ${command.map(quote).join(' ')} 2>&1`;
  return new Promise((resolve) => {
    const child = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', inside], {
      cwd: ROOT,
      stdio: tellLine === null ? 'inherit' : ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, LAB_KERNEL: 'host' },
    });
    if (child.stdout !== null && tellLine !== null) tellLines(child.stdout, tellLine);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

/** `tellLine` null: the command itself talks to the terminal. */
function on(kernel: Kernel, command: readonly string[], tellLine: Tell | null): Promise<number> {
  return kernel === 'host' ? runHere(command, tellLine) : runInGuest(kernel, command, tellLine);
}

/** One run of vitest a kernel, over the files that it serves. */
function runVitest({ kernel, files }: Plan['runs'][number], tell: Tell): Promise<number> {
  tell(`lab: ${files.join(', ')} on ${KERNEL_NAMES[kernel]}`);
  const report = `--outputFile.json=.lab/report-lab-${kernel}.json`;
  const vitest = ['node_modules/.bin/vitest', 'run', '--config', 'test/lab/vitest.config.ts'];
  return on(kernel, [...vitest, '--reporter=verbose', '--reporter=json', report, ...files], tell);
}

/** Scenarios wait most of their time: the host's and user-mode Linux's run side by side, qemu's alone. */
async function runTests(wanted: readonly string[]): Promise<number> {
  const chosen = readNeeds('test/lab').filter(
    ({ file }) => wanted.length === 0 || wanted.some((word) => file.includes(word)),
  );
  const { runs, unserved } = plan(chosen);
  for (const one of unserved) tellUnserved(one);
  const light = runs.filter(({ kernel }) => kernel !== 'qemu');
  const heavy = runs.filter(({ kernel }) => kernel === 'qemu');
  const codes = await Promise.all(
    light.map((run) => runVitest(run, light.length > 1 ? tellAs(run.kernel) : tell)),
  );
  for (const run of heavy) codes.push(await runVitest(run, tell));
  return Math.max(process.env.CI && unserved.length > 0 ? 1 : 0, ...codes);
}

function tellUnserved({ file, needs }: FileNeeds): void {
  tell(`skipped: ${file} needs ${needs.join(', ')}: no kernel here has it`);
}

function runOn(kernel: Kernel | null, program: string, args: readonly string[]): Promise<number> {
  const command = [process.execPath, `dist/test/${program}.js`, ...args];
  if (kernel !== null) return on(kernel, command, args.includes('--keep') ? null : tell);
  process.stderr.write('no kernel with IPVS here: install the Debian package user-mode-linux\n');
  return Promise.resolve(1);
}

/** What each benchmark needs; in this order, because one leaves something for the next. */
const BENCHMARKS: Readonly<Record<string, readonly Need[]>> = {
  start: ['ipvs'],
  ipvs: ['ipvs'],
  reload: ['ipvs'],
  'ipvs-host': ['root', 'timing'],
  show: ['root', 'timing'],
  config: ['root', 'timing'],
  failover: ['root', 'timing'],
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
    exitCode = Math.max(exitCode, await runOn(kernel, `bench/${one}`, []));
  }
  return exitCode;
}

mkdirSync('.lab', { recursive: true });
const [name = '', ...args] = process.argv.slice(2);
if (name === 'test') process.exitCode = await runTests(args);
else if (name === 'demo') process.exitCode = await runOn(kernelFor(['ipvs']), 'lab/demo', args);
else if (name === 'bench') process.exitCode = await runBenchmarks(args);
else {
  process.stderr.write('boot: one of test, demo, bench\n');
  process.exitCode = 2;
}
