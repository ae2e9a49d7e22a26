/** Kills a process of ours that does not answer any more, whatever keeps it from that; then it is started again. */
import type { ChildProcess } from 'node:child_process';
import type { Log } from '../../base/log.ts';
import type { Clock, Millis } from '../../base/time.ts';
import { isTraced } from '../../kernel/traced.ts';
import type { ProcessName } from '../ipc.ts';
import { Watchdog } from './watchdog.ts';

/**
 * Who advertises has given its addresses up long before (its gate has shut), and another one could take them; a checker
 * may read a large table for seconds.
 */
const SILENT_MS_MAX: Readonly<Record<ProcessName, Millis>> = {
  vrrp: 10_000,
  bfd: 10_000,
  health: 60_000,
  notify: 60_000,
};

/** `ask`: sends the question. */
export function watchOver(
  child: ChildProcess,
  { name, clock, log }: { readonly name: ProcessName; readonly clock: Clock; readonly log: Log },
  ask: () => void,
): Watchdog {
  const onSilent = (forMs: Millis): void => {
    const fields = { process: name, pid: child.pid, forMs };
    if (child.pid !== undefined && isTraced(child.pid)) {
      log.warn({ ...fields, reason: 'a debugger holds it' }, 'process does not answer');
      return;
    }
    log.error(fields, 'process does not answer and is killed');
    child.kill('SIGKILL');
  };
  return new Watchdog({ clock, silentMsMax: SILENT_MS_MAX[name], ask, onSilent });
}
