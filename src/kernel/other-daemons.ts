/**
 * Other daemons in a network namespace, of ours and keepalived, as /proc tells. For who has a reason to ask: it looks at
 * every process. What can make its reader hang, because the process hangs, is read of programs of our kind only.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** In the environment of each process of a daemon. */
export const RUN_DIR_VARIABLE = 'LVSD_RUN_DIR';

/** Whether a process of the daemon with this run directory lives in our network namespace. */
export function livesHere(runDir: string, proc = '/proc'): boolean {
  const kindOf = (pid: string): string | null => {
    const network = attempt(() => readlinkSync(join(proc, pid, 'ns', 'net')));
    return network && `${network} ${attempt(() => readFileSync(join(proc, pid, 'comm'), 'utf8'))}`;
  };
  const ours = kindOf('self');
  return readdirSync(proc).some((pid) => {
    if (!/^\d+$/.test(pid) || kindOf(pid) !== ours) return false;
    const environment = attempt(() => readFileSync(join(proc, pid, 'environ'), 'utf8'));
    return environment?.split('\0').includes(`${RUN_DIR_VARIABLE}=${runDir}`) ?? false;
  });
}

/** The numbers of keepalived's processes in a network namespace, `net:[4026531840]`, the oldest first. */
export function keepalivedIn(network: string, proc = '/proc'): readonly number[] {
  const isOne = (pid: string): boolean =>
    attempt(() => readFileSync(join(proc, pid, 'comm'), 'utf8'))?.trim() === 'keepalived' &&
    attempt(() => readlinkSync(join(proc, pid, 'ns', 'net'))) === network;
  return readdirSync(proc)
    .filter((pid) => /^\d+$/.test(pid) && isOne(pid))
    .map(Number)
    .sort((one, other) => one - other);
}

/** Null: it has ended meanwhile. */
function attempt(read: () => string): string | null {
  try {
    return read();
  } catch {
    return null;
  }
}
