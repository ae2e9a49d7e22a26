/** Which scripts a VRRP transition runs, and with which arguments (behaviour.md §6). Pure. */
import type { NotifyScripts } from '../model/script.ts';
import type { Notice } from './script.ts';

export interface VrrpTransition {
  readonly kind: 'INSTANCE' | 'GROUP';
  readonly name: string;
  readonly state: 'MASTER' | 'BACKUP' | 'FAULT' | 'STOP';
  /** Effective priority of an instance; a group has 0. */
  readonly priority: number;
}

/** The script of the state, which gets no arguments of ours, then the one for every change. */
export function vrrpNotices(transition: VrrpTransition, scripts: NotifyScripts): Notice[] {
  const { kind, name, state, priority } = transition;
  const subject = `${kind.toLowerCase()} ${name}`;
  const own = scripts[STATE_SCRIPT[state]];
  const notices: Notice[] = [];
  if (own !== null) notices.push({ subject, script: own, extraArgs: [] });
  if (scripts.any !== null) {
    const extraArgs = [kind, name, state, String(kind === 'GROUP' ? 0 : priority)];
    notices.push({ subject, script: scripts.any, extraArgs });
  }
  return notices;
}

const STATE_SCRIPT = {
  MASTER: 'master',
  BACKUP: 'backup',
  FAULT: 'fault',
  STOP: 'stop',
} as const;
