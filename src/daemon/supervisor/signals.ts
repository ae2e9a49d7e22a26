/**
 * The signals of a daemon, caught from its first moment: one that comes while the configuration is read
 * for the first time neither kills the program nor gets lost. The dumps have keepalived's numbers.
 */
import type { EventEmitter } from 'node:events';
import { constants } from 'node:os';

/** The last three are real-time signals, by the names that keepalived's `--signum` has for them. */
export type Signal =
  | 'SIGHUP'
  | 'SIGUSR1'
  | 'SIGUSR2'
  | 'SIGTERM'
  | 'SIGINT'
  | 'SIGQUIT'
  | 'JSON'
  | 'STATS_CLEAR'
  | 'TDATA';

const SIGNALS = ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGTERM', 'SIGINT', 'SIGQUIT'] as const;

/** From SIGRTMIN upwards, and from SIGRTMAX, which is -1, downwards. Uncaught they would end the program. */
const REALTIME = { JSON: 2, STATS_CLEAR: -2, TDATA: -1 } as const;

/** Of the C library of nearly every Linux. */
const [SIGRTMIN, SIGRTMAX] = [34, 64];

/** Calls `run` at each signal of this number. */
export type CatchRealtime = (offset: number, run: () => void) => void;

/** Begins to catch; gives the function that hands over what has come so far, and all that comes later. */
export function catchSignals(
  source: Pick<EventEmitter, 'on'>,
  catchRealtime: CatchRealtime,
): (take: (signal: Signal) => void) => void {
  const early: Signal[] = [];
  let deliver: (signal: Signal) => void = (signal) => early.push(signal);
  for (const signal of SIGNALS) source.on(signal, () => deliver(signal));
  for (const [name, offset] of Object.entries(REALTIME)) {
    catchRealtime(offset, () => deliver(name as keyof typeof REALTIME));
  }
  return (take) => {
    deliver = take;
    for (const signal of early.splice(0)) take(signal);
  };
}

/** keepalived's words for what a signal asks for, and their numbers. */
export const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  STOP: constants.signals.SIGTERM,
  RELOAD: constants.signals.SIGHUP,
  DATA: constants.signals.SIGUSR1,
  STATS: constants.signals.SIGUSR2,
  JSON: SIGRTMIN + REALTIME.JSON,
  STATS_CLEAR: SIGRTMAX + 1 + REALTIME.STATS_CLEAR,
  TDATA: SIGRTMAX + 1 + REALTIME.TDATA,
};
