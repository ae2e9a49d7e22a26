/**
 * The signals of a daemon, caught from its first moment: one that comes while the configuration is read
 * for the first time neither kills the program nor gets lost.
 */
import type { EventEmitter } from 'node:events';

export type Signal = 'SIGHUP' | 'SIGUSR1' | 'SIGTERM' | 'SIGINT';

const SIGNALS: readonly Signal[] = ['SIGHUP', 'SIGUSR1', 'SIGTERM', 'SIGINT'];

/** Begins to catch; gives the function that hands over what has come so far, and all that comes later. */
export function catchSignals(
  source: Pick<EventEmitter, 'on'>,
): (take: (signal: Signal) => void) => void {
  const early: Signal[] = [];
  let deliver: (signal: Signal) => void = (signal) => early.push(signal);
  for (const signal of SIGNALS) source.on(signal, () => deliver(signal));
  return (take) => {
    deliver = take;
    for (const signal of early.splice(0)) take(signal);
  };
}
