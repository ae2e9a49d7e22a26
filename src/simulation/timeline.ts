/** A journal as lines for people: what was done, who became what and why, who answers for what. */
import type { Instant } from '../base/time.ts';
import type { Finding } from './audit.ts';
import type { Entry } from './journal.ts';

export function renderTimeline(
  entries: readonly Entry[],
  findings: readonly Finding[],
): readonly string[] {
  const lines = entries.flatMap((entry) => {
    const text = lineOf(entry);
    return text === null ? [] : [{ at: entry.at, text }];
  });
  const marks = findings.map(({ rule, text, from, to }) => ({
    at: from,
    text: `!!  ${rule}: ${text}, for ${formatMs(to - from)}`,
  }));
  return [...lines, ...marks]
    .sort((a, b) => a.at - b.at)
    .map(({ at, text }) => `${formatSeconds(at)}  ${text}`);
}

function lineOf(entry: Entry): string | null {
  switch (entry.what) {
    case 'fault':
      return `--  ${entry.text}`;
    case 'state':
      return `${entry.host}   ${entry.name} ${entry.to.toUpperCase()}: ${entry.reason}`;
    case 'holds':
      return `${entry.host}   + ${entry.address}`;
    case 'releases':
      return `${entry.host}   - ${entry.address}`;
    case 'weight': {
      const { host, virtualServer, realServer, weight } = entry;
      const change = weight === null ? 'leaves' : `weight ${weight} in`;
      return `${host}   ${realServer} ${change} ${virtualServer}`;
    }
    case 'process':
      return `${entry.host}   process ${entry.is}`;
    case 'reload':
      return `${entry.host}   goes by its new configuration`;
    case 'health':
    case 'guards':
    case 'unguards':
    case 'refuses':
    case 'permits':
      return null;
  }
}

function formatSeconds(at: Instant): string {
  return `${(at / 1000).toFixed(3).padStart(9)} s`;
}

function formatMs(ms: number): string {
  return ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${ms.toFixed(1)} ms`;
}
