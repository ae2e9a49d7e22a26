/**
 * Runs the lab's programs on a kernel that has what they need: this machine's own where it will do, else
 * user-mode Linux on this machine's files. `boot.js test|demo [arguments]`; the exit code is theirs.
 *
 * A test file names its needs in its first line, `// needs: ipvs`: see `kernels.ts`.
 */
import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { KERNEL_NAMES, type Kernel, kernelFor, plan, readNeeds } from './kernels.ts';

const ROOT = new URL('../../..', import.meta.url).pathname.replace(/\/$/, '');
const LAB = join(ROOT, '.lab');
const MODULES_ROOT = '/usr/lib/uml/modules';
const MODULES = 'ipv6 ip_vs ip_vs_rr ip_vs_wrr veth bridge dummy sch_netem'.split(' ');
const BOOT_MS_MAX = 25 * 60_000;

/** Lines that user-mode Linux prints at every start. */
const NOISE =
  /^(SELinux:|mmapper_init|Failed to initialize ubd|reboot: System halted|epollctl add err)/;

function quote(word: string): string {
  return `'${word.replace(/'/g, `'\\''`)}'`;
}

/** Modules of the guest's release, where modprobe looks for them. */
function prepareModules(): string {
  const release = readdirSync(MODULES_ROOT)[0] as string;
  const folder = join(LAB, 'modules');
  const link = join(folder, 'lib', 'modules', release);
  if (!existsSync(link)) {
    mkdirSync(join(folder, 'lib', 'modules'), { recursive: true });
    symlinkSync(join(MODULES_ROOT, release), link);
  }
  if (!existsSync(join(link, 'modules.dep'))) execFileSync('depmod', ['-b', folder, release]);
  return folder;
}

function writeInit(command: readonly string[], statusFile: string): string {
  const modules = prepareModules();
  const modprobe = join(LAB, 'modprobe');
  writeFileSync(modprobe, `#!/bin/sh\nexec /sbin/modprobe -d ${quote(modules)} "$@"\n`, {
    mode: 0o755,
  });
  const init = join(LAB, 'init');
  const script = `#!/bin/sh
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
export LAB_KERNEL=uml CI=${quote(process.env.CI ?? '')}
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t tmpfs none /run; mkdir -p /run/netns
for module in ${MODULES.join(' ')}; do modprobe -d ${quote(modules)} $module; done
echo ${quote(modprobe)} > /proc/sys/kernel/modprobe
ip link set lo up
cd ${quote(ROOT)}
# Through a pipe: a program that sees a console redraws its lines.
{ ${command.map(quote).join(' ')} </dev/null 2>&1; echo $? > ${quote(statusFile)}; } | cat
sync
exec busybox poweroff -f
`;
  writeFileSync(init, script, { mode: 0o755 });
  return init;
}

function runInGuest(command: readonly string[]): Promise<number> {
  mkdirSync(LAB, { recursive: true });
  const statusFile = join(LAB, 'status');
  rmSync(statusFile, { force: true });
  const init = writeInit(command, statusFile);
  const kernel =
    'mem=3G root=/dev/root rootfstype=hostfs rootflags=/ rw quiet con=null con0=null,fd:1';
  return new Promise((resolve) => {
    const guest = spawn('linux.uml', [...kernel.split(' '), `init=${init}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const limit = setTimeout(() => guest.kill('SIGKILL'), BOOT_MS_MAX);
    let rest = '';
    guest.stdout.on('data', (part: Buffer) => {
      const lines = (rest + part.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const text = line.replace(/\r$/, '');
        if (!NOISE.test(text)) process.stdout.write(`${text}\n`);
      }
    });
    guest.on('close', () => {
      clearTimeout(limit);
      resolve(existsSync(statusFile) ? Number(readFileSync(statusFile, 'utf8')) : 1);
    });
  });
}

/** In a mount namespace with a /run of its own: nothing of this machine is touched or left behind. */
function runHere(command: readonly string[]): Promise<number> {
  const inside = `mount -t tmpfs tmpfs /run && exec ${command.map(quote).join(' ')}`;
  return new Promise((resolve) => {
    const child = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', inside], {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, LAB_KERNEL: 'host' },
    });
    child.on('close', (code) => resolve(code ?? 1));
  });
}

/** One run of vitest a kernel, over the files that it serves. */
async function runTests(): Promise<number> {
  const { runs, unserved } = plan(readNeeds('test/lab'), process.getuid?.() === 0);
  for (const { file, needs } of unserved) {
    process.stdout.write(`skipped: ${file} needs ${needs.join(' and ')}: no kernel here has it\n`);
  }
  let exitCode = process.env.CI && unserved.length > 0 ? 1 : 0;
  for (const { kernel, files } of runs) {
    process.stdout.write(`\nlab: ${files.length} files on ${KERNEL_NAMES[kernel]}\n`);
    const report = `--outputFile.json=.lab/report-lab-${kernel}.json`;
    const vitest = ['node_modules/.bin/vitest', 'run', '--config', 'test/lab/vitest.config.ts'];
    const command = [...vitest, '--reporter=verbose', '--reporter=json', report, ...files];
    exitCode = Math.max(exitCode, await on(kernel, command));
  }
  return exitCode;
}

function runDemo(args: readonly string[]): Promise<number> {
  const kernel = kernelFor(['ipvs'], process.getuid?.() === 0);
  if (kernel === null) {
    process.stderr.write('no kernel with IPVS: install the Debian package user-mode-linux\n');
    return Promise.resolve(1);
  }
  return on(kernel, [process.execPath, 'dist/test/lab/demo.js', ...args]);
}

function on(kernel: Kernel, command: readonly string[]): Promise<number> {
  return kernel === 'host' ? runHere(command) : runInGuest(command);
}

mkdirSync(LAB, { recursive: true });
const [name = '', ...args] = process.argv.slice(2);
if (name === 'test') process.exitCode = await runTests();
else if (name === 'demo') process.exitCode = await runDemo(args);
else {
  process.stderr.write('boot: one of test, demo\n');
  process.exitCode = 2;
}
