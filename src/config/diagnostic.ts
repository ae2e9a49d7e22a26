/**
 * What is said about a configuration: a code that stays the same for ever, where, what is wrong and how
 * to mend it. Whether it is an error or a warning is decided in one place, by `severityOf`.
 */
import { positionOf, type Span } from './source.ts';

export type Severity = 'error' | 'warning';

/** Every mistake that can be told. Cause and cure stand in docs/diagnostics.md. */
export type DiagnosticCode =
  | 'unreadable-file'
  | 'not-text'
  | 'include-missing'
  | 'include-required'
  | 'include-cycle'
  | 'too-large'
  | 'too-many'
  | 'odd-character'
  | 'odd-blank'
  | 'comment-sign'
  | 'unmatched-quote'
  | 'missing-open-brace'
  | 'missing-close-brace'
  | 'unexpected-brace'
  | 'undefined-name'
  | 'not-replaced'
  | 'bad-condition'
  | 'bad-definition'
  | 'bad-generator'
  | 'unknown-keyword'
  | 'misplaced-keyword'
  | 'missing-argument'
  | 'extra-argument'
  | 'bad-value'
  | 'out-of-range'
  | 'no-effect'
  | 'deprecated'
  | 'repeated'
  | 'missing-keyword'
  | 'duplicate'
  | 'unknown-reference'
  | 'unknown-interface'
  | 'unknown-account'
  | 'script-missing'
  | 'script-not-executable'
  | 'contradiction'
  | 'adjusted'
  | 'timeout-too-long'
  | 'not-tracked'
  | 'single-member'
  | 'unequal-priorities'
  | 'useless-weight'
  | 'sample-value'
  | 'shell-syntax';

/** A name that was meant, to replace the text of the span. */
export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: Severity;
  readonly span: Span;
  readonly message: string;
  readonly hint: string | null;
  readonly suggestion: string | null;
}

/** What a stage reports; the severity is not its business. */
export interface Report {
  readonly code: DiagnosticCode;
  readonly span: Span;
  readonly message: string;
  readonly hint?: string;
  readonly suggestion?: string;
  /** The same in many lines of a file is one mistake: the first is told, with their number. */
  readonly oncePerFile?: boolean;
}

export type Mode = 'default' | 'compat';

/** Said, but never a reason not to start: nothing is lost or guessed. */
const ALWAYS_WARNINGS: ReadonlySet<DiagnosticCode> = new Set([
  'include-missing',
  'odd-blank',
  'no-effect',
  'deprecated',
  'repeated',
  'extra-argument',
  'unknown-interface',
  'adjusted',
  'timeout-too-long',
  'not-tracked',
  'single-member',
  'unequal-priorities',
  'useless-weight',
  'sample-value',
  'shell-syntax',
] as const);

/** Without these there is nothing to start, in any mode. */
const ALWAYS_ERRORS: ReadonlySet<DiagnosticCode> = new Set([
  'unreadable-file',
  'not-text',
  'include-cycle',
  'too-large',
  'too-many',
] as const);

/**
 * The policy: where keepalived would ignore, guess or fight itself is an error of ours; in `compat`
 * what keepalived would start with starts, and each mistake is a warning.
 */
export function severityOf(code: DiagnosticCode, mode: Mode): Severity {
  if (ALWAYS_ERRORS.has(code)) return 'error';
  if (ALWAYS_WARNINGS.has(code)) return 'warning';
  return mode === 'compat' ? 'warning' : 'error';
}

/** More mistakes are not told: a person mends the first ones, and then looks again. */
export const REPORTS_MAX: number = 10_000;

/** Collects what the stages report, each mistake once. */
export class Reports {
  readonly all: Report[];
  private readonly seen: Set<string>;
  private readonly ignored: DiagnosticCode | null;

  constructor(of?: Reports, ignored: DiagnosticCode | null = null) {
    this.all = of?.all ?? [];
    this.seen = of?.seen ?? new Set();
    this.ignored = ignored;
  }

  /** The same collection, which takes none of one code. */
  without(code: DiagnosticCode): Reports {
    return new Reports(this, code);
  }

  /** Nothing more is told: what is costly to find out need not be found. */
  get isFull(): boolean {
    return this.seen.size > REPORTS_MAX;
  }

  add(report: Report): void {
    if (report.code === this.ignored) return;
    const { file, start } = report.span;
    const key = `${report.code} ${file.path} ${start} ${report.message}`;
    if (this.isFull || this.seen.has(key)) return;
    this.seen.add(key);
    this.all.push(this.isFull ? tooMany(report.span) : report);
  }
}

function tooMany(span: Span): Report {
  return {
    code: 'too-many',
    span,
    message: `more than ${REPORTS_MAX} mistakes: the rest is not told`,
    hint: 'mend the first ones, and check again',
  };
}

/** A value that is not what was meant, because something in its line was told to be wrong. */
const VALUE_CODES: readonly DiagnosticCode[] = [
  'extra-argument',
  'bad-value',
  'out-of-range',
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
  'odd-character': ['extra-argument'],
  'undefined-name': [...VALUE_CODES, 'missing-argument', 'unknown-keyword'],
  'not-replaced': VALUE_CODES,
  'bad-generator': VALUE_CODES,
  'bad-condition': ['unknown-keyword'],
  'bad-definition': ['unknown-keyword', 'undefined-name'],
};

function withoutConsequences(reports: readonly Report[]): readonly Report[] {
  const lineOf = ({ file, start }: Span): string => `${file.order} ${positionOf(file, start).line}`;
  const followsIn = new Map<string, readonly DiagnosticCode[]>();
  for (const { code, span } of reports) {
    const follows = FOLLOWS[code];
    if (follows === undefined) continue;
    const line = lineOf(span);
    followsIn.set(line, [...(followsIn.get(line) ?? []), ...follows]);
  }
  if (followsIn.size === 0) return reports;
  return reports.filter(({ code, span }) => !followsIn.get(lineOf(span))?.includes(code));
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

/** In the order of the text, with their severities. */
export function toDiagnostics(reports: readonly Report[], mode: Mode): readonly Diagnostic[] {
  return gatheredPerFile(withoutConsequences(reports))
    .map((report) => ({
      code: report.code,
      severity: severityOf(report.code, mode),
      span: report.span,
      message: report.message,
      hint: report.hint ?? null,
      suggestion: report.suggestion ?? null,
    }))
    .sort((a, b) => a.span.file.order - b.span.file.order || a.span.start - b.span.start);
}
