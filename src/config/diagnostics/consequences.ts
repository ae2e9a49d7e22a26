/**
 * One cause is one message: what follows from another mistake in its line is left out, and the same in many lines of
 * a file is told where it stands first. Pure.
 */
import { positionOf, type Span } from '../text/source.ts';
import type { DiagnosticCode } from './codes.ts';
import type { Report } from './diagnostic.ts';

export function causes(reports: readonly Report[]): readonly Report[] {
  return gatheredPerFile(withoutConsequences(reports));
}

/** A value that is not what was meant, because something in its line was told to be wrong. */
const VALUE_CODES: readonly DiagnosticCode[] = [
  'extra-argument',
  'bad-value',
  'out-of-range',
  'unknown-option',
  'unknown-reference',
  'unknown-interface',
  'unknown-account',
  'script-missing',
  'script-not-executable',
  'include-missing',
  'include-required',
];

/** One cause is one message: what follows from it in the same line is left out. */
const FOLLOWS: Partial<Record<DiagnosticCode, readonly DiagnosticCode[]>> = {
  'unmatched-quote': ['missing-argument', 'missing-open-brace', 'extra-argument'],
  'odd-character': ['extra-argument', 'unknown-interface'],
  // What the block lacks may stand behind the brace that closes it too early, or in the next line of a sequence.
  'missing-close-brace': ['missing-keyword'],
  'undefined-name': [...VALUE_CODES, 'missing-argument', 'unknown-keyword'],
  'not-replaced': VALUE_CODES,
  'bad-generator': VALUE_CODES,
  'bad-condition': ['unknown-keyword'],
  'bad-definition': ['unknown-keyword', 'undefined-name'],
};

function withoutConsequences(reports: readonly Report[]): readonly Report[] {
  const lineOf = ({ file, start }: Span): string => `${file.order} ${positionOf(file, start).line}`;
  const followsIn = new Map<string, Set<DiagnosticCode>>();
  for (const { code, span } of reports) {
    const follows = FOLLOWS[code];
    if (follows === undefined) continue;
    const line = lineOf(span);
    const before = followsIn.get(line);
    if (before === undefined) followsIn.set(line, new Set(follows));
    else for (const one of follows) before.add(one);
  }
  if (followsIn.size === 0) return reports;
  return reports.filter(({ code, span }) => !followsIn.get(lineOf(span))?.has(code));
}

function gatheredPerFile(reports: readonly Report[]): readonly Report[] {
  const counts = new Map<string, number>();
  const keyOf = ({ code, span, message }: Report): string =>
    `${code} ${span.file.order} ${message}`;
  for (const report of reports) {
    if (report.oncePerFile) counts.set(keyOf(report), (counts.get(keyOf(report)) ?? 0) + 1);
  }
  return reports.flatMap((report) => {
    if (!report.oncePerFile) return [report];
    const more = (counts.get(keyOf(report)) ?? 0) - 1;
    counts.delete(keyOf(report));
    // Told with the first one.
    if (more < 0) return [];
    const { hint = '' } = report;
    return [
      more === 0
        ? report
        : { ...report, hint: `${hint}; so in ${more} more ${more === 1 ? 'line' : 'lines'}` },
    ];
  });
}
