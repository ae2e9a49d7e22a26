/** After how long without an answer a process of ours is killed and started again. */
import type { GlobalSettings } from '../../model/director.ts';
import type { Section } from '../values/section.ts';

/**
 * Who advertises has given its addresses up long before (its gate has shut), and another one could take them; a checker
 * may read a large table for seconds.
 */
const DEFAULT_SECONDS = { vrrp: 10, bfd: 10, checker: 60 } as const;

export function readWatchdogs(globals: Section): GlobalSettings['watchdogMs'] {
  const read = (process: keyof typeof DEFAULT_SECONDS): number =>
    (globals.number(`${process}_watchdog`) ?? DEFAULT_SECONDS[process]) * 1000;
  return { vrrp: read('vrrp'), bfd: read('bfd'), health: read('checker') };
}
