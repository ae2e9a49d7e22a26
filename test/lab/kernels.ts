/**
 * Which kernel for which test: the cheapest that has what the test names. This machine's own runs at
 * native speed; user-mode Linux has IPVS everywhere; Debian's kernel under qemu has everything, slowly.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** In the order of their cost. */
export const KERNELS = ['host', 'uml', 'umlv4', 'qemu'] as const;
export type Kernel = (typeof KERNELS)[number];

/** `timing`: figures that mean something. `nftables`: families ip, inet and netdev. `smp`: two CPUs. `vrf`: ipvlan, too. `ipv4-only`: no IPv6. */
export const NEEDS = [
  'root',
  'ipvs',
  'netem',
  'timing',
  'nftables',
  'smp',
  'vrf',
  'ipv4-only',
] as const;
export type Need = (typeof NEEDS)[number];

export const KERNEL_NAMES: Readonly<Record<Kernel, string>> = {
  host: 'this machine’s own kernel',
  uml: 'user-mode Linux',
  umlv4: 'user-mode Linux without IPv6',
  qemu: 'Debian’s kernel under qemu',
};

const GUESTS_HAVE: Readonly<Record<Exclude<Kernel, 'host'>, readonly Need[]>> = {
  uml: ['root', 'ipvs', 'netem', 'vrf'],
  umlv4: ['root', 'ipvs', 'ipv4-only'],
  qemu: ['root', 'ipvs', 'netem', 'nftables', 'smp', 'vrf'],
};

const PROGRAM: Readonly<Record<Exclude<Kernel, 'host'>, string>> = {
  uml: '/usr/bin/linux.uml',
  umlv4: '/usr/bin/linux.uml',
  qemu: '/usr/bin/qemu-system-x86_64',
};

export interface FileNeeds {
  readonly file: string;
  readonly needs: readonly Need[];
  /** How long it takes about, in seconds. */
  readonly seconds: number;
}

export interface PlacedFile extends FileNeeds {
  readonly kernel: Kernel;
}

export interface Plan {
  readonly placed: readonly PlacedFile[];
  /** No kernel here has what they need. */
  readonly unserved: readonly FileNeeds[];
}

/** Of a file that does not tell how long it takes. */
const SECONDS_ASSUMED = 30;

/** What the test files of a folder name in their first line: `// needs: ipvs, netem; takes 40 s`. */
export function readNeeds(folder: string): readonly FileNeeds[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => {
      const file = join(folder, name);
      const line = /^\/\/ needs: (.*?)(?:; takes (\d+) s)?\n/.exec(readFileSync(file, 'utf8'));
      const words = line?.[1]?.split(', ') ?? [];
      const unknown = words.filter((word) => !NEEDS.some((need) => need === word));
      if (words.length === 0 || unknown.length > 0) {
        throw new Error(`${file} must begin with "// needs: " and some of ${NEEDS.join(', ')}`);
      }
      return { file, needs: words as Need[], seconds: Number(line?.[2] ?? SECONDS_ASSUMED) };
    });
}

function succeeds(program: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const HOST_TESTS: Readonly<Record<Need, () => boolean>> = {
  root: () => process.getuid?.() === 0 && succeeds('unshare', '--net', '--mount', 'true'),
  ipvs: () => succeeds('ipvsadm', '-Ln'),
  netem: () => succeeds('modprobe', '-n', 'sch_netem'),
  timing: () => true,
  nftables: () => succeeds('unshare', '--net', 'nft', 'add', 'table', 'inet', 'lab'),
  smp: () => Number(execFileSync('nproc')) > 1,
  'ipv4-only': () => !existsSync('/proc/sys/net/ipv6'),
  vrf: () => ['vrf', 'ipvlan'].every((name) => succeeds('modprobe', name)),
};

const asked = new Map<Need, boolean>();

function hostHas(need: Need): boolean {
  const known = asked.get(need) ?? HOST_TESTS[need]();
  asked.set(need, known);
  return known;
}

function has(kernel: Kernel, need: Need): boolean {
  if (kernel === 'host') return hostHas('root') && hostHas(need);
  return GUESTS_HAVE[kernel].includes(need) && existsSync(PROGRAM[kernel]);
}

/** The cheapest kernel that has all of it, or null. */
export function kernelFor(needs: readonly Need[]): Kernel | null {
  return KERNELS.find((kernel) => needs.every((need) => has(kernel, need))) ?? null;
}

export function plan(files: readonly FileNeeds[]): Plan {
  const placed = files.map((one) => ({ ...one, kernel: kernelFor(one.needs) }));
  return {
    placed: placed.filter((one): one is PlacedFile => one.kernel !== null),
    unserved: placed.filter(({ kernel }) => kernel === null),
  };
}
