/** The log of a simulated VRRP process: the speaker says there who became what and why, and the journal keeps it. */
import { type Log, logTo } from '../base/log.ts';

export interface ToldState {
  readonly kind: 'instance' | 'group';
  readonly name: string;
  readonly to: string;
  readonly reason: string;
}

export function stateLog(onState: (told: ToldState) => void): Log {
  return logTo(({ fields, message }) => {
    const isHeir = message === 'still master';
    if (message !== 'state changed' && !isHeir) return;
    const { instance, group, reason, to } = fields as Readonly<Record<string, string | undefined>>;
    onState({
      kind: instance === undefined ? 'group' : 'instance',
      name: instance ?? group ?? '',
      to: (isHeir ? 'master' : to) ?? '',
      reason: reason ?? '',
    });
  });
}
