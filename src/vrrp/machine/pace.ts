/**
 * What is done for whoever asks for it, but not more often than once in a while: for who comes first at once, and for
 * all who come too soon after him together, when the while is over. Nobody is left without, and a flood of forged
 * packets is not answered by another one. Pure.
 */
import type { Instant, Millis } from '../../base/time.ts';

export interface Pace {
  /** When it was done last; -Infinity: never. */
  readonly lastAt: Instant;
  /** When it is to be done for those who came too soon; null: nobody did. */
  readonly owedAt: Instant | null;
}

export interface PaceStep {
  readonly pace: Pace;
  /** Whether it is to be done now. */
  readonly isNow: boolean;
}

export const RESTED: Pace = { lastAt: -Infinity, owedAt: null };

/** Somebody asks for it. */
export function asked(pace: Pace, everyMs: Millis, now: Instant): PaceStep {
  const mayAt = pace.lastAt + everyMs;
  if (now >= mayAt) return { pace: { lastAt: now, owedAt: null }, isNow: true };
  return { pace: { ...pace, owedAt: mayAt }, isNow: false };
}

/** Time goes on. */
export function due(pace: Pace, now: Instant): PaceStep {
  if (pace.owedAt === null || now < pace.owedAt) return { pace, isNow: false };
  return { pace: { lastAt: now, owedAt: null }, isNow: true };
}

/** It was done for another reason, and that serves all. */
export function served(pace: Pace): Pace {
  return pace.owedAt === null ? pace : { ...pace, owedAt: null };
}
