/** When a master repeats its gratuitous ARP (or neighbour advertisements): behaviour.md §3. Pure. */
import type { Instant } from '../base/time.ts';
import type { AnnounceTiming } from '../model/vrrp.ts';

/** Rounds still to come. */
export interface AnnouncePlan {
  readonly secondAt: Instant | null;
  /** The second round after a master of lower priority was heard. */
  readonly lowerAt: Instant | null;
  readonly refreshAt: Instant | null;
}

export interface AnnounceStep {
  readonly plan: AnnouncePlan;
  /** How often each address is announced now. */
  readonly times: number;
}

/** Nothing is announced. */
export const NO_ROUNDS: AnnouncePlan = { secondAt: null, lowerAt: null, refreshAt: null };

/** On becoming master: one round at once. */
export function firstRound(timing: AnnounceTiming, now: Instant): AnnounceStep {
  return {
    plan: {
      secondAt: timing.secondAfterMs > 0 ? now + timing.secondAfterMs : null,
      lowerAt: null,
      refreshAt: timing.refreshMs > 0 ? now + timing.refreshMs : null,
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
  const { secondAt, lowerAt, refreshAt } = plan;
  const due = (at: Instant | null): boolean => at !== null && at <= now;
  const times =
    (due(secondAt) ? timing.repeat : 0) +
    (due(lowerAt) ? timing.lowerPriorityRepeat : 0) +
    (due(refreshAt) ? timing.refreshRepeat : 0);
  return {
    plan: {
      secondAt: due(secondAt) ? null : secondAt,
      lowerAt: due(lowerAt) ? null : lowerAt,
      refreshAt: due(refreshAt) ? now + timing.refreshMs : refreshAt,
    },
    times,
  };
}

export function nextRound({ secondAt, lowerAt, refreshAt }: AnnouncePlan): Instant {
  return Math.min(secondAt ?? Infinity, lowerAt ?? Infinity, refreshAt ?? Infinity);
}
