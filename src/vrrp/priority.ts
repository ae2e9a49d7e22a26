/** Tracked things → effective priority, or a fault (behaviour.md §4). Pure. */
import type { Track } from '../model/vrrp.ts';
import { OWNER_PRIORITY } from './instance.ts';

/** A tracked thing and how it is; null: not known yet. */
export interface Tracked {
  readonly kind: 'interface' | 'script' | 'bfd';
  readonly track: Track;
  readonly up: boolean | null;
}

/** The base moved by the weights: 1 to 254; the owner's never moves. */
export function effectivePriority(base: number, tracked: readonly Tracked[]): number {
  if (base === OWNER_PRIORITY) return base;
  const sum = tracked.reduce((total, one) => total + weightOf(one), base);
  return Math.min(254, Math.max(1, sum));
}

/** Above 0: added while up. Below 0: added while down. `reverse` swaps up and down. */
function weightOf({ track, up }: Tracked): number {
  if (up === null) return 0;
  const good = up !== track.reverse;
  return track.weightDelta > 0 === good ? track.weightDelta : 0;
}

/** Why a tracked thing without weight forbids service, or null. */
export function faultOf(tracked: readonly Tracked[]): string | null {
  const failed = tracked.find(
    ({ track, up }) => track.weightDelta === 0 && up !== null && up === track.reverse,
  );
  return failed === undefined ? null : `${failed.kind} ${failed.track.name} is down`;
}

/** Whether a tracked thing without weight is still to be heard of. */
export function isUndecided(tracked: readonly Tracked[]): boolean {
  return tracked.some(({ track, up }) => track.weightDelta === 0 && up === null);
}
