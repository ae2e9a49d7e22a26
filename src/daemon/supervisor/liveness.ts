/** Kills a process of ours that does not answer any more, whatever keeps it from that; then it is started again. */
import type { ChildProcess } from 'node:child_process';
import type { Log } from '../../base/log.ts';
import type { Clock, Millis } from '../../base/time.ts';
import { isTraced } from '../../kernel/traced.ts';
import type { GlobalSettings } from '../../model/director.ts';
import type { ProcessName } from '../ipc.ts';
import { Watchdog } from './watchdog.ts';

/** A script or a server for mail may keep it. */
const NOTIFY_MS: Millis = 60_000;

/** How long each may be silent. */
export type SilentMsMax = Readonly<Record<ProcessName, Millis>>;

export function silentMsMaxOf({ watchdogMs }: GlobalSettings): SilentMsMax {
  return { ...watchdogMs, notify: NOTIFY_MS };
}

interface Watched {
  readonly name: ProcessName;
  readonly clock: Clock;
  readonly log: Log;
  /** As it is configured now. */
  silentMsMax(): Millis;
}

/** `ask`: sends the question. */
export function watchOver(
  child: ChildProcess,
  { name, clock, log, silentMsMax }: Watched,
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
  return new Watchdog({ clock, silentMsMax, ask, onSilent });
}
