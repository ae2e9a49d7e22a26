/** Whether what is put back is a fight with somebody who removes it, and when to give it up. Pure. */
import type { Instant, Millis } from '../../base/time.ts';
import type { PutBackLimit } from '../../model/vrrp.ts';

export interface TugOfWar {
  /** When something was put back, the last times. */
  readonly pulls: readonly Instant[];
  /** It is lost until then; null: it is not. */
  readonly lostUntil: Instant | null;
}

/** What is removed in one go, such as the addresses of an interface, is one pull. */
const ONE_PULL_MS: Millis = 100;

export const PEACE: TugOfWar = { pulls: [], lostUntil: null };

/** One more put-back. */
export function pull(war: TugOfWar, limit: PutBackLimit, now: Instant): TugOfWar {
  if (limit.times === 0) return PEACE;
  const last = war.pulls.at(-1);
  if (last !== undefined && now - last < ONE_PULL_MS) return war;
  const pulls = [...war.pulls, now].filter((at) => now - at < limit.withinMs);
  if (pulls.length < limit.times) return { pulls, lostUntil: war.lostUntil };
  return { pulls: [], lostUntil: now + limit.withinMs };
}

export function isLost({ lostUntil }: TugOfWar, now: Instant): boolean {
  return lostUntil !== null && now < lostUntil;
}
