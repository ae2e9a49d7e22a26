/** When a drain has come to its end. Pure. */
import type { Instant } from '../base/time.ts';
import type { DrainEnd } from '../model/drain.ts';
import type { Connections } from '../model/plan.ts';

/** What the kernel holds of something that drains, all its places together. */
export interface Count {
  readonly left: Connections;
  /** No place has weight: nobody new is sent there. */
  readonly isQuiescent: boolean;
}

export interface Progress {
  /** Null: the kernel did not answer. */
  readonly count: Count | null;
  /** Null: without limit. */
  readonly deadline: Instant | null;
  readonly now: Instant;
  /**
   * A persistence template still brings its client to a real server of weight 0, so that it counts as one who
   * is left. It does unless expire_quiescent_template is set.
   */
  readonly templatesBind: boolean;
}

/** Null: it goes on. */
export function howEnded(progress: Progress): DrainEnd['how'] | null {
  const { count, deadline, now, templatesBind } = progress;
  if (count?.isQuiescent && remaining(count.left, templatesBind) === 0) return 'none-left';
  return deadline !== null && now >= deadline ? 'timeout' : null;
}

export function remaining(
  { active, inactive, persistent }: Connections,
  templatesBind: boolean,
): number {
  return active + inactive + (templatesBind ? persistent : 0);
}
