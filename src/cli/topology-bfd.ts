/** The BFD part of a snapshot as text: which neighbours are heard, since when, and what was agreed with them. */
import type { BfdSessionSnapshot, BfdSnapshot } from '../model/snapshot-bfd.ts';
import { formatSince, plural, type TextStyle, tone } from './text.ts';

interface Context {
  readonly nowMs: number;
  readonly style: TextStyle;
}

export function renderBfd({ sessions, strangers }: BfdSnapshot, context: Context): string {
  const drops = dropsText(strangers);
  return [
    ...sessions.map((session) => renderSession(session, context)),
    drops === '' ? '' : `  packets of no session: ${drops}\n`,
  ].join('');
}

function renderSession(session: BfdSessionSnapshot, { nowMs, style }: Context): string {
  const { name, state, sinceMs, reason, trouble, dropped } = session;
  const kind = state === 'up' ? 'good' : state === 'down' ? 'bad' : 'weak';
  const drops = dropsText(dropped);
  const lines = [
    remoteText(session),
    agreedText(session),
    `diagnostic ${session.diagnostic}  discriminators ${session.discriminator} here, ${session.peer?.discriminator ?? 'none'} there`,
    `sent ${session.sent}, heard ${session.received}, went up ${plural(session.wentUp, 'time')}, down ${plural(session.wentDown, 'time')}`,
    ...(drops === '' ? [] : [tone(`dropped ${drops}`, 'bad', style)]),
    ...(trouble === null ? [] : [tone(trouble, 'bad', style)]),
  ];
  const title = `${tone(name, 'strong', style)} (${whereText(session)})`;
  const shown = tone(state.toUpperCase(), kind, style);
  const head = `  ${title}  ${shown} ${formatSince(sinceMs, nowMs)}: ${reason}\n`;
  return head + lines.map((line) => `      ${line}\n`).join('');
}

function whereText({ neighbour, source, multihop, passive }: BfdSessionSnapshot): string {
  const parts = [neighbour, ...(source === null ? [] : [`from ${source}`])];
  if (multihop) parts.push('multihop');
  if (passive) parts.push('passive');
  return parts.join(', ');
}

function remoteText({ peer }: BfdSessionSnapshot): string {
  if (peer === null) return 'neighbour is not heard';
  return `neighbour is ${peer.state.toUpperCase()}, diagnostic ${peer.diagnostic ?? 'unknown'}`;
}

/** What holds, and what both sides have asked for. */
function agreedText(session: BfdSessionSnapshot): string {
  const { transmitMs, detectionMs, minTxMs, minRxMs, multiplier, peer } = session;
  const agreed =
    detectionMs === null
      ? `sends every ${transmitMs} ms`
      : `sends every ${transmitMs} ms, lost after ${detectionMs} ms`;
  const ours = `min_tx ${minTxMs} min_rx ${minRxMs} multiplier ${multiplier}`;
  if (peer === null) return `${agreed}  (${ours})`;
  const theirs = `min_tx ${peer.minTxMs} min_rx ${peer.minRxMs} multiplier ${peer.multiplier}`;
  return `${agreed}  (here ${ours}; there ${theirs})`;
}

function dropsText(drops: Readonly<Record<string, number>>): string {
  return Object.entries(drops)
    .map(([why, count]) => `${count} for ${why}`)
    .join(', ');
}
