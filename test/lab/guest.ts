/**
 * A kernel of its own on this machine's files: user-mode Linux, or Debian's kernel under qemu. It runs
 * one command as its first process's child, prints what that prints, and powers off.
 */
import { execFileSync, type StdioOptions, spawn } from 'node:child_process';
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
import type { Readable } from 'node:stream';
import { buildInitrd } from './initrd.ts';

export const ROOT: string = new URL('../../..', import.meta.url).pathname.replace(/\/$/, '');
const LAB = join(ROOT, '.lab');
const MODULES =
  'ipv6 ip_vs ip_vs_rr ip_vs_wrr veth bridge dummy sch_netem nf_tables af_packet'.split(' ');
/** A benchmark with many servers may take that long. */
const COMMAND_MS_MAX = 25 * 60_000;
const MEMORY_MIB = 3072;
/** What a guest has written when it ends is read within this time. */
const LEFT_BEHIND_MS = 1_000;
/** Lines of a dead guest's console that are told again. */
const LAST_LINES = 40;

export type Guest = 'uml' | 'qemu';

/** Takes a line of what a program prints. */
export type Tell = (line: string) => void;

export interface GuestOptions {
  /** Tells guests apart that run side by side: in the names of their files. */
  readonly name?: string;
  readonly memoryMiB?: number;
  /** Of user-mode Linux; it is so unless it is said otherwise. */
  readonly hasIpv6?: boolean;
  /** After this it is killed, unless somebody types. */
  readonly withinMs?: number;
}

/** Lines that the kernels print at every start. */
const NOISE =
  /^(SELinux:|\[ +[0-9.]+\] reboot:|mmapper_init|Failed to initialize ubd|reboot: |epollctl add err|IPVS: ip_vs_add_dest)/;

/** A command and how a console line of it is read. */
interface Machine {
  readonly program: string;
  readonly args: readonly string[];
}

/** Gives a stream's lines on, one at a time. */
export function tellLines(stream: Readable, tell: Tell): void {
  let rest = '';
  stream.on('data', (part: Buffer) => {
    const lines = (rest + part.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) tell(line.replace(/\r$/, ''));
  });
}

export function quote(word: string): string {
  return `'${word.replace(/'/g, `'\\''`)}'`;
}

/** Where `modprobe -d` finds the guest's modules. */
function modulesFolder(guest: Guest): { readonly folder: string; readonly release: string } {
  if (guest === 'qemu') {
    const folder = join(LAB, 'qemu', 'root');
    const release = readdirSync(join(folder, 'lib', 'modules'))[0] as string;
    return { folder, release };
  }
  const source = '/usr/lib/uml/modules';
  const release = readdirSync(source)[0] as string;
  const folder = join(LAB, 'modules');
  const link = join(folder, 'lib', 'modules', release);
  if (!existsSync(link)) {
    mkdirSync(join(folder, 'lib', 'modules'), { recursive: true });
    symlinkSync(join(source, release), link);
  }
  return { folder, release };
}

interface InitOptions {
  readonly name: string;
  /** Gets the command's exit code. */
  readonly statusFile: string;
  /** The command reads what is typed at the console. */
  readonly interactive: boolean;
}

function writeInit(
  guest: Guest,
  command: readonly string[],
  { name, statusFile, interactive }: InitOptions,
): string {
  const { folder, release } = modulesFolder(guest);
  if (!existsSync(join(folder, 'lib', 'modules', release, 'modules.dep'))) {
    execFileSync('depmod', ['-b', folder, release]);
  }
  const modprobe = join(LAB, `modprobe-${name}`);
  writeFileSync(modprobe, `#!/bin/sh\nexec /sbin/modprobe -d ${quote(folder)} "$@"\n`, {
    mode: 0o755,
  });
  const init = join(LAB, `init-${name}`);
  const words = command.map(quote).join(' ');
  // Through a pipe: a program that sees a console redraws its lines.
  const run = interactive
    ? `${words} </dev/console 2>&1; echo $? > ${quote(statusFile)}`
    : `{ ${words} </dev/null 2>&1; echo $? > ${quote(statusFile)}; } | cat`;
  const script = `#!/bin/sh
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
export LAB_KERNEL=${guest} LAB_RUN=${quote(name)} CI=${quote(process.env.CI ?? '')}
export BENCH_RUNS=${quote(process.env.BENCH_RUNS ?? '')} BENCH_SERVERS=${quote(process.env.BENCH_SERVERS ?? '')}
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev 2>/dev/null
mount -t tmpfs none /run; mkdir -p /run/netns
for module in ${MODULES.join(' ')}; do ${quote(modprobe)} -q $module; done
echo ${quote(modprobe)} > /proc/sys/kernel/modprobe
ip link set lo up
cd ${quote(ROOT)}
${run}
sync
exec busybox poweroff -f
`;
  writeFileSync(init, script, { mode: 0o755 });
  return init;
}

interface UserModeOptions {
  readonly memoryMiB: number;
  readonly interactive: boolean;
  readonly hasIpv6: boolean;
}

function userModeLinux(init: string, options: UserModeOptions): Machine {
  const console = options.interactive ? 'con0=fd:0,fd:1' : 'con0=null,fd:1';
  const network = options.hasIpv6 ? '' : 'ipv6.disable=1 ';
  const settings = `mem=${options.memoryMiB}M ${network}root=/dev/root rootfstype=hostfs rootflags=/ rw quiet con=null ${console}`;
  return { program: 'linux.uml', args: [...settings.split(' '), `init=${init}`] };
}

function qemu(init: string, memoryMiB: number): Machine {
  const folder = join(LAB, 'qemu');
  const { folder: modules, release } = modulesFolder('qemu');
  const initrd = join(folder, 'initrd');
  buildInitrd({ path: initrd, modules, release, init });
  const disk = 'local,id=root,path=/,security_model=passthrough,multidevs=remap';
  const machine = `-accel tcg,thread=multi -cpu max -smp 2 -m ${memoryMiB}M -display none -nodefaults -no-reboot -serial stdio`;
  const settings = 'console=ttyS0 quiet loglevel=1 panic=-1 mitigations=off';
  return {
    program: 'qemu-system-x86_64',
    args: [
      ...machine.split(' '),
      ...['-kernel', join(modules, 'boot', `vmlinuz-${release}`), '-initrd', initrd],
      ...['-append', settings, '-fsdev', disk],
      ...['-device', 'virtio-9p-pci,fsdev=root,mount_tag=root'],
    ],
  };
}

/**
 * The exit code of the command; 1 when the guest did not come so far, and the end of its console is told. `tell` null:
 * the command talks to the terminal itself.
 */
export function runInGuest(
  guest: Guest,
  command: readonly string[],
  tell: Tell | null,
  options: GuestOptions = {},
): Promise<number> {
  const { name = guest, memoryMiB = MEMORY_MIB, withinMs = COMMAND_MS_MAX } = options;
  const { hasIpv6 = true } = options;
  mkdirSync(LAB, { recursive: true });
  const statusFile = join(LAB, `status-${name}`);
  rmSync(statusFile, { force: true });
  const interactive = tell === null;
  const init = writeInit(guest, command, { name, statusFile, interactive });
  const { program, args } =
    guest === 'uml'
      ? userModeLinux(init, { memoryMiB, interactive, hasIpv6 })
      : qemu(init, memoryMiB);
  return new Promise((resolve) => {
    const stdio: StdioOptions = interactive ? 'inherit' : ['ignore', 'pipe', 'inherit'];
    const machine = spawn(program, args, { stdio });
    const limit = interactive ? undefined : setTimeout(() => machine.kill('SIGKILL'), withinMs);
    const lastLines: string[] = [];
    if (machine.stdout !== null && tell !== null) {
      tellLines(machine.stdout, (line) => {
        lastLines.push(line);
        if (lastLines.length > LAST_LINES) lastLines.shift();
        if (!NOISE.test(line)) tell(line);
      });
    }
    // Helpers of one that was killed hold its console open, and with it the end of its output.
    machine.on('exit', () => setTimeout(() => killGroup(machine.pid as number), LEFT_BEHIND_MS));
    machine.on('close', (code, signal) => {
      clearTimeout(limit);
      const status = readStatus(statusFile);
      if (status === null) {
        tell?.(`the guest died (${signal ?? `exit code ${code}`}); the end of its console:`);
        for (const line of lastLines) tell?.(`  ${line}`);
      }
      resolve(status ?? 1);
    });
  });
}

/** User-mode Linux has a session, and so a group, of its own. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // None is left.
  }
}

/** Null if the command has not ended. */
function readStatus(path: string): number | null {
  const text = existsSync(path) ? readFileSync(path, 'utf8').trim() : '';
  return text === '' ? null : Number(text);
}
