/**
 * Which kernel for which test. A file that needs nothing but namespaces runs on this machine's own kernel,
 * at native speed; one that needs IPVS on user-mode Linux where the own kernel has none.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Kernel = 'host' | 'uml';

/** `timing`: figures that mean something. `nftables`: the families ip, inet and netdev. */
export type Need = 'ipvs' | 'netem' | 'timing' | 'nftables';

export const KERNEL_NAMES: Readonly<Record<Kernel, string>> = {
  host: 'this machine’s own kernel',
  uml: 'user-mode Linux',
};

const UML_HAS: readonly Need[] = ['ipvs', 'netem'];

export interface FileNeeds {
  readonly file: string;
  readonly needs: readonly Need[];
}

/** The needs that the test files of a folder name in their first lines. */
export function readNeeds(folder: string): readonly FileNeeds[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => {
      const file = join(folder, name);
      const words = /^\/\/ needs: (.*)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
      return { file, needs: words.split(/[\s,]+/).filter((word) => word !== 'root') as Need[] };
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

let known: readonly Need[] | null = null;

/** What this machine's kernel has, asked once. */
function hostHas(): readonly Need[] {
  known ??= [
    'timing',
    ...(succeeds('ipvsadm', '-Ln') ? (['ipvs'] as const) : []),
    ...(succeeds('modprobe', '-n', 'sch_netem') ? (['netem'] as const) : []),
    ...(succeeds('unshare', '-n', 'nft', 'add', 'table', 'inet', 'lab')
      ? (['nftables'] as const)
      : []),
  ];
  return known;
}

/** The cheapest kernel that has all of it, or null. The own one needs root for its namespaces. */
export function kernelFor(needs: readonly Need[], isRoot: boolean): Kernel | null {
  if (isRoot && needs.every((need) => hostHas().includes(need))) return 'host';
  const uml = needs.every((need) => UML_HAS.includes(need)) && existsSync('/usr/bin/linux.uml');
  return uml ? 'uml' : null;
}

export function plan(
  files: readonly FileNeeds[],
  isRoot: boolean,
): {
  readonly runs: readonly { readonly kernel: Kernel; readonly files: readonly string[] }[];
  readonly unserved: readonly FileNeeds[];
} {
  const placed = files.map((one) => ({ ...one, kernel: kernelFor(one.needs, isRoot) }));
  const runs = (['host', 'uml'] as const).map((kernel) => ({
    kernel,
    files: placed.filter((one) => one.kernel === kernel).map(({ file }) => file),
  }));
  return {
    runs: runs.filter((run) => run.files.length > 0),
    unserved: placed.filter((one) => one.kernel === null),
  };
}
