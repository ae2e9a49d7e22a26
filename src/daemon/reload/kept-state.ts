/**
 * Which configuration runs, which ones were good before it, and which waits to be confirmed: what the
 * daemon remembers over its own end, and what follows from each event. Pure; history.ts keeps it on disk.
 *
 *   apply --confirm ──▶ pending ── confirm ──▶ good
 *                          └─ the time is over, or the daemon ended ──▶ the one before
 */
import type { Millis } from '../../base/time.ts';

/** Configurations that are kept beside the one in force. */
export const GOOD_KEPT_MAX = 5;

/** One that every process has confirmed. */
export interface Good {
  readonly digest: string;
  readonly path: string;
  readonly sinceMs: number;
}

/** Why the daemon runs something else than its file says. */
export type PinReason = 'applied' | 'rolled-back' | 'not-confirmed';

/**
 * A kept copy runs instead of the file, also after a restart: as long as the file is the one that it was
 * then. Who changes the file, or asks for a reload, means the file.
 */
export interface Pin {
  readonly digest: string;
  readonly reason: PinReason;
  readonly fileDigest: string;
  readonly sinceMs: number;
}

export interface Pending {
  readonly digest: string;
  /** What returns. */
  readonly before: string;
  readonly confirmMs: Millis;
  /** Wall time, for people. */
  readonly untilMs: number;
}

export interface KeptState {
  /** The newest last; neighbours differ. */
  readonly good: readonly Good[];
  readonly pin: Pin | null;
  readonly pending: Pending | null;
}

export const NOTHING_KEPT: KeptState = { good: [], pin: null, pending: null };

/** A configuration is in force everywhere. */
export function afterGood(state: KeptState, good: Good): KeptState {
  if (state.good.at(-1)?.digest === good.digest) return state;
  return { ...state, good: [...state.good, good].slice(-GOOD_KEPT_MAX - 1) };
}

/** The newest good one that is another than the one in force, or null. */
export function rollbackTarget(state: KeptState, inForce: string): Good | null {
  return state.good.findLast(({ digest }) => digest !== inForce) ?? null;
}

/** What was tried after that one is no longer good; the next rollback goes further back. */
export function afterRollback(state: KeptState, to: string): KeptState {
  const at = state.good.findLastIndex(({ digest }) => digest === to);
  return { ...state, pending: null, good: at < 0 ? state.good : state.good.slice(0, at + 1) };
}

/** `fileDigest`: what the daemon's own file says now. */
export function pinned(state: KeptState, pin: Pin): KeptState {
  return { ...state, pin: pin.digest === pin.fileDigest ? null : pin };
}

/** What a daemon that starts runs, when its file has this digest. */
export function startWith(
  { pending, pin }: KeptState,
  fileDigest: string,
): { readonly digest: string; readonly reason: PinReason } | null {
  if (pending !== null) {
    return pending.before === fileDigest
      ? null
      : { digest: pending.before, reason: 'not-confirmed' };
  }
  return pin !== null && pin.fileDigest === fileDigest
    ? { digest: pin.digest, reason: pin.reason }
    : null;
}

/** Configurations whose texts are needed. */
export function referenced({ good, pin, pending }: KeptState): ReadonlySet<string> {
  return new Set([
    ...good.map(({ digest }) => digest),
    ...(pin === null ? [] : [pin.digest]),
    ...(pending === null ? [] : [pending.digest, pending.before]),
  ]);
}
