/**
 * Runs a command on a kernel with real IPVS: this machine's own if it has it, else user-mode Linux on
 * this machine's files. `boot.js test|demo [arguments]`; the exit code is the command's.
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

const ROOT = new URL('../../..', import.meta.url).pathname.replace(/\/$/, '');
const LAB = join(ROOT, '.lab');
const MODULES_ROOT = '/usr/lib/uml/modules';
const MODULES = 'ipv6 ip_vs ip_vs_rr ip_vs_wrr veth bridge dummy sch_netem'.split(' ');
const BOOT_MS_MAX = 25 * 60_000;

/** Lines that user-mode Linux prints at every start. */
const NOISE =
  /^(SELinux:|mmapper_init|Failed to initialize ubd|reboot: System halted|epollctl add err)/;

const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  test: [
    'node_modules/.bin/vitest',
    'run',
    '--config',
    'test/lab/vitest.config.ts',
    '--reporter=verbose',
    '--reporter=json',
    '--outputFile.json=.lab/report-lab.json',
  ],
  demo: [process.execPath, 'dist/test/lab/demo.js'],
};

function hostHasIpvs(): boolean {
  try {
    execFileSync('ipvsadm', ['-Ln'], { stdio: 'ignore' });
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
}

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

function runHere(command: readonly string[]): Promise<number> {
  const [program, ...args] = command as [string, ...string[]];
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: ROOT,
      stdio: 'inherit',
      env: { ...process.env, LAB_KERNEL: 'host' },
    });
    child.on('close', (code) => resolve(code ?? 1));
  });
}

const [name = '', ...args] = process.argv.slice(2);
const command = COMMANDS[name];
if (command === undefined) {
  process.stderr.write(`boot: one of ${Object.keys(COMMANDS).join(', ')}\n`);
  process.exitCode = 2;
} else {
  const run = hostHasIpvs() ? runHere : runInGuest;
  process.exitCode = await run([...command, ...args]);
}
