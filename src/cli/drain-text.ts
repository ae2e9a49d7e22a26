/** What drains, in words: for `lvsctl show` and `lvsctl drain`. */
import type { Order, OrderSnapshot } from '../model/drain.ts';
import type { Connections } from '../model/plan.ts';
import { formatSince, formatTime, plural, printable } from './text.ts';

/** `draining since 12:01:48 (3 s), 12 connections left, until 12:11:48`. `left` null: nobody has counted. */
export function orderText(order: Order, left: Connections | null, nowMs: number): string {
  const since = formatSince(order.sinceMs, nowMs);
  if (order.kind === 'disable') return `disabled by operator ${since}`;
  const { ended, atEnd } = order;
  if (ended === null) {
    const goes = atEnd === 'remove' ? ', then out of the table' : '';
    return `${drainingText({ ...order, left }, nowMs)}${goes}`;
  }
  const how = ended.how === 'timeout' ? ' by its timeout' : '';
  if (atEnd === 'remove') {
    return `removed by operator: drained from ${formatTime(order.sinceMs, nowMs)} to ${formatTime(ended.atMs, nowMs)}${how}`;
  }
  const rest = left === null ? '' : `, ${leftText(left)}`;
  return `drained by operator ${since}, ended${how} at ${formatTime(ended.atMs, nowMs)}${rest}`;
}

/** `; ordered on lvs2; lvs2 has it`, or nothing: it was given here, and no other director is there. */
export function sharingText({
  order: { givenOn, isLocal },
  isOwn,
  peers,
}: Pick<OrderSnapshot, 'order' | 'isOwn' | 'peers'>): string {
  const names = (has: boolean): readonly string[] =>
    peers.filter((peer) => peer.has === has).map(({ name }) => printable(name));
  const [having, lacking] = [names(true), names(false)];
  return [
    isOwn ? '' : `; ordered on ${printable(givenOn)}`,
    isLocal ? '; on this director only' : '',
    having.length === 0 ? '' : `; ${having.join(', ')} ${having.length === 1 ? 'has' : 'have'} it`,
    lacking.length === 0 ? '' : `; not yet on ${lacking.join(', ')}`,
  ].join('');
}

export interface DrainingNow {
  readonly sinceMs: number;
  readonly untilMs: number | null;
  readonly left: Connections | null;
}

export function drainingText({ sinceMs, untilMs, left }: DrainingNow, nowMs: number): string {
  const count = left === null ? '' : `, ${leftText(left)}`;
  const until = untilMs === null ? 'until none is left' : `until ${formatTime(untilMs, nowMs)}`;
  return `draining ${formatSince(sinceMs, nowMs)}${count}, ${until}`;
}

/** `12 connections left` */
export function leftText(left: Connections): string {
  return `${plural(totalOf(left), 'connection')} left`;
}

/** `12 connections left (3 active, 8 inactive, 1 persistence template)` */
export function leftInDetail(left: Connections): string {
  if (totalOf(left) === 0) return leftText(left);
  const { active, inactive, persistent } = left;
  const parts = [
    active > 0 ? `${active} active` : '',
    inactive > 0 ? `${inactive} inactive` : '',
    persistent > 0 ? plural(persistent, 'persistence template') : '',
  ];
  return `${leftText(left)} (${parts.filter((part) => part !== '').join(', ')})`;
}

function totalOf({ active, inactive, persistent }: Connections): number {
  return active + inactive + persistent;
}
