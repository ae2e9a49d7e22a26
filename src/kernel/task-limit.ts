/**
 * A limit on how many tasks this process and all that it starts may have, so that a script that forks without
 * end starves itself and not the host: a control group of its own with `pids.max`, of either version
 * (Documentation/admin-guide/cgroup-v2.rst, cgroup-v1/pids.rst). Where there is none to be had, there is no limit.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

const PREFIX = 'lvsd-notify-';

/** Moves this process into such a group. False: this host gives us none. */
export function limitTasks(max: number): boolean {
  for (const parent of parents()) {
    const folder = join(parent, `${PREFIX}${process.pid}`);
    try {
      removeEmpty(parent);
      mkdirSync(folder);
      writeFileSync(join(folder, 'pids.max'), `${max}`);
      writeFileSync(join(folder, 'cgroup.procs'), `${process.pid}`);
      return true;
    } catch {
      remove(folder);
    }
  }
  return false;
}

/** The groups that this process is in, of hierarchies that can count tasks. */
function parents(): readonly string[] {
  const own = readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n');
  const mounts = readFileSync('/proc/self/mounts', 'utf8').trim().split('\n');
  return mounts.flatMap((line) => {
    const [, place = '', type, options = ''] = line.split(' ');
    const isV1 = type === 'cgroup' && options.split(',').includes('pids');
    if (!isV1 && type !== 'cgroup2') return [];
    const entry = own
      .map((one) => one.split(':'))
      .find(([number, controllers = '']) =>
        isV1 ? controllers.split(',').includes('pids') : number === '0',
      );
    const folder = join(place, entry?.[2] ?? '');
    return entry !== undefined && existsSync(folder) ? [folder] : [];
  });
}

/** Those of earlier lives; one that a script's daemon still lives in stays. */
function removeEmpty(parent: string): void {
  for (const name of readdirSync(parent)) if (name.startsWith(PREFIX)) remove(join(parent, name));
}

function remove(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // It is in use, or was never there.
  }
}
