/**
 * When a process that died is started again. A single death costs nothing; a process that keeps dying
 * waits longer each time, so that a crash loop does not eat the machine.
 */
import type { Instant, Millis } from '../../base/time.ts';

/** Deaths in a row that are answered at once. */
const IMMEDIATE_RESTARTS_MAX = 3;
/** A process that lived this long has forgotten its earlier deaths. */
const STABLE_AFTER_MS: Millis = 60_000;
const FIRST_DELAY_MS: Millis = 1_000;
const DELAY_MS_MAX: Millis = 60_000;

/** Deaths in a row, each soon after its start. */
export interface RestartHistory {
  readonly deaths: number;
}

export const noDeaths: RestartHistory = { deaths: 0 };

export interface Restart {
  readonly history: RestartHistory;
  /** Wait before the process does its work again: 0, then 1 s, 2 s, 4 s … 60 s. */
  readonly delayMs: Millis;
}

/** Decides about a process that was started at `startedAt` and died at `diedAt`. */
export function afterDeath(
  history: RestartHistory,
  life: { readonly startedAt: Instant; readonly diedAt: Instant },
): Restart {
  const stable = life.diedAt - life.startedAt >= STABLE_AFTER_MS;
  const deaths = stable ? 1 : history.deaths + 1;
  const late = deaths - IMMEDIATE_RESTARTS_MAX;
  return {
    history: { deaths },
    delayMs: late <= 0 ? 0 : Math.min(DELAY_MS_MAX, FIRST_DELAY_MS * 2 ** (late - 1)),
  };
}
