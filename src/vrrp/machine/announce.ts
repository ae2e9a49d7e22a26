/** When a master repeats its gratuitous ARP (or neighbour advertisements), as keepalived does. Pure. */
import type { Instant, Millis } from '../../base/time.ts';
import type { AnnounceTiming } from '../../model/vrrp.ts';
import { asked, due as dueOf, type Pace, RESTED } from './pace.ts';

/**
 * Of rounds against masters of lower priority: not more. Each is as many packets as there are addresses, times
 * `garp_lower_prio_repeat`, and anybody on the link can forge the advertisement that asks for it.
 */
export const LOWER_ROUND_EVERY_MS: Millis = 1_000;

/** Rounds still to come. */
export interface AnnouncePlan {
  readonly secondAt: Instant | null;
  /** The second round after a master of lower priority was heard. */
  readonly lowerAt: Instant | null;
  /** The first rounds after such masters were heard. */
  readonly lower: Pace;
  readonly refreshAt: Instant | null;
  /** `garp_extra_if`. */
  readonly extraAt: Instant | null;
}

export interface AnnounceStep {
  readonly plan: AnnouncePlan;
  /** How often each address is announced now. */
  readonly times: number;
}

/** Nothing is announced. */
export const NO_ROUNDS: AnnouncePlan = {
  secondAt: null,
  lowerAt: null,
  lower: RESTED,
  refreshAt: null,
  extraAt: null,
};

/** On becoming master: one round at once. */
export function firstRound(timing: AnnounceTiming, now: Instant): AnnounceStep {
  const { extraEveryMs: everyMs } = timing;
  return {
    plan: {
      secondAt: timing.secondAfterMs > 0 ? now + timing.secondAfterMs : null,
      lowerAt: null,
      lower: RESTED,
      refreshAt: timing.refreshMs > 0 ? now + timing.refreshMs : null,
      extraAt: everyMs === null ? null : now + everyMs,
    },
    times: timing.repeat,
  };
}

/** A master of lower priority has just told the link that the addresses are its own. */
export function afterLowerMaster(
  plan: AnnouncePlan,
  timing: AnnounceTiming,
  now: Instant,
): AnnounceStep {
  const { lowerPriorityDelayMs, lowerPriorityRepeat } = timing;
  const lowerAt = lowerPriorityDelayMs > 0 ? now + lowerPriorityDelayMs : null;
  const { pace: lower, isNow } = asked(plan.lower, LOWER_ROUND_EVERY_MS, now);
  return { plan: { ...plan, lowerAt, lower }, times: isNow ? lowerPriorityRepeat : 0 };
}

/** Whether from one plan to the next the link was told against a master of lower priority. */
export function isToldAgainst(before: AnnouncePlan, after: AnnouncePlan): boolean {
  return after.lower.lastAt > before.lower.lastAt;
}

/** Takes the rounds that are due. */
export function dueRounds(plan: AnnouncePlan, timing: AnnounceTiming, now: Instant): AnnounceStep {
  // So it is with almost every advertisement, which is to leave no garbage.
  if (now < nextRound(plan)) return { plan, times: 0 };
  const { secondAt, lowerAt, refreshAt, extraAt } = plan;
  const { extraEveryMs: everyMs } = timing;
  const due = (at: Instant | null): boolean => at !== null && at <= now;
  const lower = dueOf(plan.lower, now);
  const times =
    (due(secondAt) ? timing.repeat : 0) +
    (lower.isNow || due(lowerAt) ? timing.lowerPriorityRepeat : 0) +
    (due(refreshAt) ? timing.refreshRepeat : 0) +
    (due(extraAt) && everyMs !== null ? 1 : 0);
  return {
    plan: {
      secondAt: due(secondAt) ? null : secondAt,
      lowerAt: due(lowerAt) ? null : lowerAt,
      lower: lower.pace,
      refreshAt: due(refreshAt) ? again(timing.refreshMs, now) : refreshAt,
      extraAt: due(extraAt) ? again(everyMs ?? 0, now) : extraAt,
    },
    times,
  };
}

/** A reload has changed how often: what has begun goes on, and what is new begins. */
export function underTiming(
  plan: AnnouncePlan,
  timing: AnnounceTiming,
  now: Instant,
): AnnouncePlan {
  const next = (at: Instant | null, everyMs: Millis): Instant | null =>
    everyMs > 0 ? Math.min(at ?? Infinity, now + everyMs) : null;
  return {
    ...plan,
    refreshAt: next(plan.refreshAt, timing.refreshMs),
    extraAt: next(plan.extraAt, timing.extraEveryMs ?? 0),
  };
}

function again(everyMs: Millis, now: Instant): Instant | null {
  return everyMs > 0 ? now + everyMs : null;
}

export function nextRound(plan: AnnouncePlan): Instant {
  const { secondAt, lowerAt, lower, refreshAt, extraAt } = plan;
  return Math.min(
    secondAt ?? Infinity,
    lowerAt ?? Infinity,
    lower.owedAt ?? Infinity,
    refreshAt ?? Infinity,
    extraAt ?? Infinity,
  );
}
