/** A sync group at work: its members, and the state that it was last told to be in. */
import type { GroupSnapshot, VrrpState } from '../model/snapshot-vrrp.ts';
import type { SyncGroup } from '../model/vrrp.ts';
import { groupFault, groupState } from './machine/sync-group.ts';
import { STATE_WORD, type VrrpPorts } from './ports.ts';
import type { VirtualRouter } from './virtual-router.ts';

export class RouterGroup {
  group: SyncGroup;
  members: readonly VirtualRouter[] = [];
  private readonly ports: Pick<VrrpPorts, 'clock' | 'log' | 'notify'>;
  private state: VrrpState = 'init';
  private sinceMs: number;

  constructor(group: SyncGroup, ports: Pick<VrrpPorts, 'clock' | 'log' | 'notify'>) {
    this.group = group;
    this.ports = ports;
    this.sinceMs = ports.clock.wallTimeMs();
  }

  /** The fault of any member is that of all. */
  faultOf(own: (member: VirtualRouter) => string | null): string | null {
    return groupFault(this.members.map((member) => ({ name: member.name, fault: own(member) })));
  }

  has(state: VrrpState): boolean {
    return this.members.some((member) => member.state.is === state);
  }

  /** Tells of the state that its members make, if it is another one. */
  tell(): void {
    const { group, state: from } = this;
    const to = groupState(this.members.map((member) => member.state.is));
    if (to === from) return;
    const { clock, log, notify } = this.ports;
    this.state = to;
    this.sinceMs = clock.wallTimeMs();
    log.info({ group: group.name, from, to, reason: 'members' }, 'state changed');
    if (to === 'init') return;
    const state = STATE_WORD[to];
    notify.changed({ kind: 'GROUP', name: group.name, state, priority: 0 }, group.notify);
  }

  tellStop(): void {
    const { name, notify } = this.group;
    this.ports.notify.changed({ kind: 'GROUP', name, state: 'STOP', priority: 0 }, notify);
  }

  snapshot(): GroupSnapshot {
    const { group, state, sinceMs } = this;
    return { name: group.name, state, sinceMs, members: group.members };
  }
}

/** The group of just these members whose name nobody has any more: it goes on under another one. */
export function renamed(
  groups: readonly RouterGroup[],
  members: readonly VirtualRouter[],
  next: readonly SyncGroup[],
): RouterGroup | undefined {
  const names = new Set(next.map(({ name }) => name));
  const isSame = (group: RouterGroup): boolean =>
    group.members.length === members.length && group.members.every((one) => members.includes(one));
  return groups.find((group) => !names.has(group.group.name) && isSame(group));
}
