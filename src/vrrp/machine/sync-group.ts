/** Instances that rise and fall together. The group's state is computed, never kept. Pure. */
import type { VrrpState } from '../../model/snapshot-vrrp.ts';
import type { SyncGroup, Track, VrrpInstance } from '../../model/vrrp.ts';
import type { Event } from './state.ts';

/**
 * What a member tracks, with its group. Members have one priority, unless the group says otherwise: interfaces
 * lose their weight, and what else has one is not tracked. A file of the default weight 1 is tracked
 * without weight (keepalived).
 */
export function memberTracks(
  { tracks }: Pick<VrrpInstance, 'tracks'>,
  group: SyncGroup | null,
): readonly Track[] {
  if (group === null) return tracks;
  if (group.trackWeights) return [...tracks, ...group.tracks];
  const own = tracks.flatMap((track) => {
    if (track.weightDelta === 0) return [track];
    const stays = track.kind === 'interface' || (track.kind === 'file' && track.weightDelta === 1);
    return stays ? [{ ...track, weightDelta: 0 }] : [];
  });
  return [...own, ...group.tracks];
}

/** A fault of one is the fault of all. */
export function groupFault(
  members: readonly { readonly name: string; readonly fault: string | null }[],
): string | null {
  const failed = members.find(({ fault }) => fault !== null);
  return failed === undefined ? null : `sync group: ${failed.name}: ${failed.fault}`;
}

/** Fault before backup before master: it is only as good as its worst member. */
export function groupState(members: readonly VrrpState[]): VrrpState {
  if (members.length === 0) return 'init';
  const order: readonly VrrpState[] = ['fault', 'init', 'backup', 'master'];
  return order.find((state) => members.includes(state)) ?? 'init';
}

/** What a change of one member is to the others, or null. */
export function pulled(from: VrrpState, to: VrrpState): Event | null {
  if (to === 'master') return { type: 'group-master' };
  if (from === 'master' && to === 'backup') return { type: 'group-backup' };
  return null;
}

/**
 * What brings members together that a reload or a start has put into one group, or null. Who has just begun
 * follows the others; of those who have not, nobody is made master.
 */
export function joined(
  members: readonly { readonly is: VrrpState; readonly isNew: boolean }[],
): Event | null {
  const waiting = members.filter(({ is }) => is === 'backup');
  if (waiting.length === 0 || !members.some(({ is }) => is === 'master')) return null;
  return waiting.every(({ isNew }) => isNew) ? { type: 'group-master' } : { type: 'group-backup' };
}
