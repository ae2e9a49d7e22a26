/** What a daemon that starts runs: its file, or the kept copy that it ran instead when it ended. */
import type { Clock } from '../../base/time.ts';
import type { History } from './history.ts';
import { afterRollback, type KeptState, type PinReason, pinned, startWith } from './kept-state.ts';
import type { Reading } from './reload.ts';

export interface Start {
  readonly reading: Reading;
  /** To be remembered once the processes work by it. */
  readonly state: KeptState;
  /** Why it is not the file. */
  readonly instead: PinReason | null;
  /** The kept copy that cannot be used though it should, and the file is taken. */
  readonly lost: string | null;
}

/** `file`: what the daemon's own file says now. */
export function readingAtStart(history: History, file: Reading, clock: Clock): Start {
  const { state } = history;
  const ofFile = { reading: file, state: { ...state, pin: null, pending: null }, instead: null };
  const choice = startWith(state, file.digest);
  if (choice === null) return { ...ofFile, lost: null };
  const { digest, reason } = choice;
  const reading = history.read(digest);
  if (reading === null || reading.director === null) return { ...ofFile, lost: digest };
  if (state.pending === null) return { reading, state, instead: reason, lost: null };
  const pin = { digest, reason, fileDigest: file.digest, sinceMs: clock.wallTimeMs() };
  return {
    reading,
    state: pinned(afterRollback(state, digest), pin),
    instead: reason,
    lost: null,
  };
}
