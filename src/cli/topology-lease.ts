/** The leases of a snapshot as text: who holds each, until when, and which acceptors answer. */
import type { AcceptorSnapshot, LeaseSnapshot, LeasesSnapshot } from '../model/snapshot-lease.ts';
import { type TextStyle, tone } from './text.ts';

interface Context {
  readonly nowMs: number;
  readonly style: TextStyle;
}

/** Nothing where no instance needs a lease. */
export function renderLeases(snapshot: LeasesSnapshot | null, context: Context): string {
  if (snapshot === null || snapshot.leases.length === 0) return '';
  const { leases, acceptors, refused } = snapshot;
  const isWanted = leases.some(({ state }) => state !== 'idle');
  // That a director or an acceptor was started is no fault.
  const reasons = Object.entries(refused).filter(([why]) => why !== 'epoch');
  const counts = reasons.map(([why, count]) => `${count} for ${why}`).join(', ');
  return [
    ...leases.map((lease) => renderLease(lease, context)),
    ...acceptors.map((acceptor) => renderAcceptor(acceptor, { ...context, isWanted })),
    ...(reasons.length > 0 ? [tone(`    refused ${counts}`, 'bad', context.style), '\n'] : []),
  ].join('');
}

function renderLease({ name, state, untilMs, holder }: LeaseSnapshot, context: Context): string {
  const { nowMs, style } = context;
  const title = `  lease ${tone(name, 'strong', style)}  `;
  if (untilMs !== null) {
    const left = Math.max(0, untilMs - nowMs) / 1000;
    return `${title}${tone('HELD', 'good', style)} for ${left.toFixed(1)} s more, if nobody renews it\n`;
  }
  const other = holder === null ? '' : `, ${holder} has it`;
  const isWanted = state === 'asking' || state === 'resting';
  const word = isWanted ? tone('WAITS FOR IT', 'bad', style) : tone('not asked for', 'weak', style);
  return `${title}${word}${isWanted ? other : ''}\n`;
}

function renderAcceptor(
  { endpoint, isOwn, answer, answeredAtMs }: AcceptorSnapshot,
  { nowMs, style, isWanted }: Context & { readonly isWanted: boolean },
): string {
  const who = `    acceptor ${endpoint}${isOwn ? ' (this director)' : ''}: `;
  if (answer === null || answeredAtMs === null) {
    return `${who}${isWanted ? tone('does not answer', 'bad', style) : 'not asked yet'}\n`;
  }
  const agoMs = Math.max(0, nowMs - answeredAtMs);
  const text = `${WORDS[answer] ?? answer}, ${(agoMs / 1000).toFixed(1)} s ago`;
  const isBad = (isWanted && agoMs > SILENT_MS) || answer === 'list' || answer === 'time';
  return `${who}${isBad ? tone(text, 'bad', style) : text}\n`;
}

/** Who asks and is not answered for so long is told in red; the longest lease is renewed every 20 s. */
const SILENT_MS = 25_000;

const WORDS: Readonly<Record<string, string>> = {
  held: 'has promised it to another director',
  silent: 'was started shortly before, and is silent',
  old: 'had heard a later question',
  list: 'its list of acceptors is another one',
  time: 'promises nothing for so long',
};
