/** Tracked things → effective priority, or a fault. Pure. */
import type { Track } from '../../model/vrrp.ts';
import type { Reading } from '../../track/tracker.ts';
import { OWNER_PRIORITY } from './timers.ts';

/** A tracked thing and how it is. */
export interface Tracked extends Reading {
  readonly track: Track;
}

/** A file that takes so much is a fault. */
const FILE_FAULT = -254;

/** The base moved by the weights: 1 to 254; the owner's never moves. */
export function effectivePriority(base: number, tracked: readonly Tracked[]): number {
  if (base === OWNER_PRIORITY) return base;
  let sum = base;
  for (const one of tracked) sum += weightOf(one);
  return Math.min(254, Math.max(1, sum));
}

/** Above 0: added while up. Below 0: added while down. `reverse` swaps up and down. Files: multiplied. */
export function weightOf({ track, up, value }: Tracked): number {
  const { kind, weightDelta, reverse } = track;
  if (kind === 'file') return (value ?? 0) * (reverse ? -weightDelta : weightDelta);
  if (up === null) return 0;
  const good = up !== reverse;
  return weightDelta > 0 === good ? weightDelta : 0;
}

/** Why a tracked thing forbids service, or null. */
export function faultOf(tracked: readonly Tracked[]): string | null {
  for (const one of tracked) {
    const { track, up, value } = one;
    const { kind, name, weightDelta } = track;
    if (weightDelta === 0 && up !== null && up === track.reverse) {
      return kind === 'file' ? `file ${name} holds ${value}` : `${kind} ${name} is down`;
    }
    if (kind === 'file' && weightOf(one) <= FILE_FAULT) {
      return `file ${name} takes ${-weightOf(one)} from the priority`;
    }
  }
  return null;
}

/** Whether a tracked thing without weight is still to be heard of. */
export function isUndecided(tracked: readonly Tracked[]): boolean {
  return tracked.some(({ track, up }) => track.weightDelta === 0 && up === null);
}
