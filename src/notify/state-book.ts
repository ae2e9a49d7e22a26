/** The newest state of each VRRP instance and sync group, in the order of their first change. */
import type { Renaming, VrrpNotice } from '../model/notice.ts';

export class StateBook {
  private readonly states = new Map<string, VrrpNotice>();

  /** Who has left is forgotten; a priority is no state. */
  learn(notice: VrrpNotice): void {
    const { state } = notice;
    if (state === 'STOP' || state === 'DELETED') this.states.delete(subjectOf(notice));
    else if (isState(state)) this.states.set(subjectOf(notice), notice);
  }

  /** Those of these that were known, by their new names. */
  rename(renamings: readonly Renaming[]): readonly VrrpNotice[] {
    const moved = renamings.flatMap(({ kind, from, to }) => {
      const known = this.states.get(`${kind} ${from}`);
      return known === undefined ? [] : [{ ...known, name: to }];
    });
    for (const { kind, from } of renamings) this.states.delete(`${kind} ${from}`);
    for (const notice of moved) this.states.set(subjectOf(notice), notice);
    return moved;
  }

  /** Forgets all others. */
  keep(subjects: readonly string[]): void {
    const kept = new Set(subjects);
    for (const subject of this.states.keys()) if (!kept.has(subject)) this.states.delete(subject);
  }

  get all(): readonly VrrpNotice[] {
    return [...this.states.values()];
  }
}

/** `INSTANCE VI_1`, `GROUP G1` */
export function subjectOf({ kind, name }: Pick<VrrpNotice, 'kind' | 'name'>): string {
  return `${kind} ${name}`;
}

function isState(state: VrrpNotice['state']): boolean {
  return state === 'MASTER' || state === 'BACKUP' || state === 'FAULT';
}
