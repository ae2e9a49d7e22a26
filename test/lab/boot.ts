/**
 * Runs the lab's programs on a kernel that has what they need (kernels.ts, guest.ts).
 * `boot.js test [FILE…] | demo [ARGUMENT…] | bench [ARGUMENT…]`; the exit code is theirs.
 */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { quote, ROOT, runInGuest } from './guest.ts';
import {
  type FileNeeds,
  KERNEL_NAMES,
  type Kernel,
  kernelFor,
  plan,
  readNeeds,
} from './kernels.ts';

/** In a mount namespace with a /run of its own: nothing of this machine is touched or left behind. */
function runHere(command: readonly string[]): Promise<number> {
  const inside = `mount -t tmpfs tmpfs /run && exec ${command.map(quote).join(' ')}`;
  return new Promise((resolve) => {
    const child = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', inside], {
      cwd: ROOT,
      stdio: ['inherit', 'inherit', 'inherit'],
      env: { ...process.env, LAB_KERNEL: 'host' },
    });
    child.on('close', (code) => resolve(code ?? 1));
  });
}

function on(kernel: Kernel, command: readonly string[]): Promise<number> {
  return kernel === 'host' ? runHere(command) : runInGuest(kernel, command);
}

/** One run of vitest a kernel, over the files that it serves. */
async function runTests(wanted: readonly string[]): Promise<number> {
  const chosen = readNeeds('test/lab').filter(
    ({ file }) => wanted.length === 0 || wanted.some((word) => file.includes(word)),
  );
  const { runs, unserved } = plan(chosen);
  for (const one of unserved) tellUnserved(one);
  let exitCode = process.env.CI && unserved.length > 0 ? 1 : 0;
  for (const { kernel, files } of runs) {
    process.stdout.write(`\nlab: ${files.join(', ')} on ${KERNEL_NAMES[kernel]}\n`);
    const report = `--outputFile.json=.lab/report-lab-${kernel}.json`;
    const vitest = ['node_modules/.bin/vitest', 'run', '--config', 'test/lab/vitest.config.ts'];
    const command = [...vitest, '--reporter=verbose', '--reporter=json', report, ...files];
    exitCode = Math.max(exitCode, await on(kernel, command));
  }
  return exitCode;
}

function tellUnserved({ file, needs }: FileNeeds): void {
  process.stdout.write(`skipped: ${file} needs ${needs.join(', ')}: no kernel here has it\n`);
}

function runOn(kernel: Kernel | null, program: string, args: readonly string[]): Promise<number> {
  if (kernel !== null) return on(kernel, [process.execPath, `dist/test/${program}.js`, ...args]);
  process.stderr.write('no kernel with IPVS here: install the Debian package user-mode-linux\n');
  return Promise.resolve(1);
}

mkdirSync('.lab', { recursive: true });
const [name = '', ...args] = process.argv.slice(2);
if (name === 'test') process.exitCode = await runTests(args);
else if (name === 'demo') process.exitCode = await runOn(kernelFor(['ipvs']), 'lab/demo', args);
else {
  process.stderr.write('boot: one of test, demo\n');
  process.exitCode = 2;
}
