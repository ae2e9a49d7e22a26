/** What was told to operators, and what of it did not arrive. */
import type { NotifySnapshot } from '../model/snapshot-notify.ts';
import { type TextStyle, tone } from './text.ts';

export function renderNotify(notify: NotifySnapshot, style: TextStyle): string {
  const scripts = [
    `${notify.scriptsRun} run`,
    ...bad(notify.scriptsFailed, 'failed', style),
    ...bad(notify.scriptsDropped, 'dropped', style),
  ];
  const mails = [
    `${notify.mailsSent} sent`,
    ...(notify.mailsWaiting === 0 ? [] : [`${notify.mailsWaiting} waiting`]),
    ...bad(notify.mailsDropped, 'dropped', style),
  ];
  const fifos = bad(notify.fifoLinesLost, 'lost', style);
  return [
    '\nNotifications\n',
    `  scripts ${scripts.join(', ')}\n`,
    `  mails ${mails.join(', ')}\n`,
    ...fifos.map((lost) => `  lines of FIFOs ${lost}\n`),
  ].join('');
}

function bad(count: number, what: string, style: TextStyle): readonly string[] {
  return count === 0 ? [] : [tone(`${count} ${what}`, 'bad', style)];
}
