/** When a master repeats its gratuitous ARP (or neighbour advertisements), as keepalived does. Pure. */
import type { Instant, Millis } from '../../base/time.ts';
import type { AnnounceTiming } from '../../model/vrrp.ts';

/** Rounds still to come. */
export interface AnnouncePlan {
  readonly secondAt: Instant | null;
  /** The second round after a master of lower priority was heard. */
  readonly lowerAt: Instant | null;
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
  return { plan: { ...plan, lowerAt }, times: lowerPriorityRepeat };
}

/** Takes the rounds that are due. */
export function dueRounds(plan: AnnouncePlan, timing: AnnounceTiming, now: Instant): AnnounceStep {
  const { secondAt, lowerAt, refreshAt, extraAt } = plan;
  const { extraEveryMs: everyMs } = timing;
  const due = (at: Instant | null): boolean => at !== null && at <= now;
  const times =
    (due(secondAt) ? timing.repeat : 0) +
    (due(lowerAt) ? timing.lowerPriorityRepeat : 0) +
    (due(refreshAt) ? timing.refreshRepeat : 0) +
    (due(extraAt) && everyMs !== null ? 1 : 0);
  return {
    plan: {
      secondAt: due(secondAt) ? null : secondAt,
      lowerAt: due(lowerAt) ? null : lowerAt,
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

export function nextRound({ secondAt, lowerAt, refreshAt, extraAt }: AnnouncePlan): Instant {
  const rounds = [secondAt, lowerAt, refreshAt, extraAt];
  return Math.min(...rounds.map((at) => at ?? Infinity));
}
