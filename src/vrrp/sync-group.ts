/** Instances that rise and fall together. The group's state is computed, never kept. Pure. */
import type { VrrpState } from '../model/snapshot-vrrp.ts';
import type { SyncGroup } from '../model/vrrp.ts';
import type { Event } from './instance.ts';

/** A group and the state it was last told to be in. */
export interface GroupRecord {
  readonly group: SyncGroup;
  readonly state: VrrpState;
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
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
