/** Which scripts a change of VRRP runs, with which arguments, and its line for FIFOs. Pure. */
import type { VrrpNotice, VrrpWord } from '../model/notice.ts';
import type { NotifyScripts, Script } from '../model/script.ts';
import type { ScriptErrand } from './script.ts';

/** The script of the state, which gets no arguments of ours, then the one for every change. */
export function vrrpRuns({ kind, name, state, priority, scripts }: VrrpNotice): ScriptErrand[] {
  const subject = `${kind.toLowerCase()} ${name}`;
  const { own, isChange } = meaningOf(state, scripts);
  const runs: ScriptErrand[] = [];
  if (own !== null) runs.push({ errand: 'own-script', subject, script: own, extraArgs: [] });
  if (scripts.any !== null && isChange) {
    const extraArgs = [kind, name, state, String(priorityOf(kind, priority))];
    runs.push({ errand: 'any-script', subject, script: scripts.any, extraArgs });
  }
  return runs;
}

/** `INSTANCE "VI_1" MASTER 100` */
export function vrrpLine({ kind, name, state, priority }: VrrpNotice): string {
  return `${kind} "${name}" ${state} ${priorityOf(kind, priority)}`;
}

/** A group has none of its own. */
function priorityOf(kind: VrrpNotice['kind'], priority: number): number {
  return kind === 'GROUP' ? 0 : priority;
}

/** Of a priority only the readers of FIFOs are told. */
function meaningOf(
  state: VrrpWord,
  scripts: NotifyScripts,
): { readonly own: Script | null; readonly isChange: boolean } {
  switch (state) {
    case 'MASTER':
      return { own: scripts.master, isChange: true };
    case 'BACKUP':
      return { own: scripts.backup, isChange: true };
    case 'FAULT':
      return { own: scripts.fault, isChange: true };
    case 'STOP':
      return { own: scripts.stop, isChange: true };
    case 'DELETED':
      return { own: scripts.deleted, isChange: true };
    case 'MASTER_RX_LOWER_PRI':
      return { own: scripts.lowerPriority, isChange: true };
    case 'MASTER_PRIORITY':
    case 'BACKUP_PRIORITY':
      return { own: null, isChange: false };
  }
}
