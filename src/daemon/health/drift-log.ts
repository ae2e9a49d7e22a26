/** What others have changed in the kernel's table and was put right: counted, the last of it kept. Pure. */
import type { DriftSnapshot } from '../../model/snapshot-ipvs.ts';
import type { IpvsChange } from '../../reconcile/change.ts';
import { renderChange } from '../../reconcile/render.ts';

const REPAIRS_KEPT_MAX = 10;
/** Of one repair; a flushed table is told by its count. */
const CHANGES_KEPT_MAX = 20;

export const NO_DRIFT: DriftSnapshot = { verifiedAtMs: null, repairs: 0, changes: 0, last: [] };

/** The table was read at `atMs`, and differed by this. */
export function afterVerification(
  before: DriftSnapshot,
  drift: readonly IpvsChange[],
  atMs: number,
): DriftSnapshot {
  if (drift.length === 0) return { ...before, verifiedAtMs: atMs };
  const repair = {
    atMs,
    count: drift.length,
    changes: drift.slice(0, CHANGES_KEPT_MAX).map(renderChange),
  };
  return {
    verifiedAtMs: atMs,
    repairs: before.repairs + 1,
    changes: before.changes + drift.length,
    last: [repair, ...before.last].slice(0, REPAIRS_KEPT_MAX),
  };
}
