/** What the kernel refuses in its table: told once for as long as it refuses the same, and kept for whoever asks. Pure. */
import { formatService } from '../../model/names.ts';
import type { RefusalSnapshot } from '../../model/snapshot-ipvs.ts';
import { keyOf } from '../../reconcile/change.ts';
import type { RefusedChange } from '../../reconcile/refusal.ts';
import { renderChange } from '../../reconcile/render.ts';

export interface RefusalLog {
  /** All that the last reconciliation was refused. */
  readonly all: readonly RefusalSnapshot[];
  /** Those that the one before was not. */
  readonly fresh: readonly RefusalSnapshot[];
}

/** Each reconciliation tries again what was refused before, so its refusals are all there are. */
export function afterReconciliation(
  before: readonly RefusalSnapshot[],
  refused: readonly RefusedChange[],
): RefusalLog {
  if (refused.length === 0) return { all: [], fresh: [] };
  const told = new Set(before.map(wordsOf));
  const all = refused.map(({ change, error }) => ({
    virtualServer: formatService(keyOf(change)),
    change: renderChange(change),
    reason: error.message,
    hint: error.hint ?? null,
  }));
  return { all, fresh: all.filter((one) => !told.has(wordsOf(one))) };
}

function wordsOf({ change, reason }: RefusalSnapshot): string {
  return `${change}: ${reason}`;
}
