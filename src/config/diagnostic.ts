/**
 * What is said about a configuration: a code that stays the same for ever, where, what is wrong and how
 * to mend it. Whether it is an error or a warning is decided in one place, by `severityOf`.
 */
import { maskSecretsIn } from './secret.ts';
import type { Span } from './source.ts';

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

/** Messages quote words of the user, and a word may have megabytes. */
const SENTENCE_CHARACTERS_MAX = 500;

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
    if (report.code === this.ignored || this.isFull) return;
    const message = quotable(report.message);
    const { file, start } = report.span;
    const key = `${report.code} ${file.path} ${start} ${message}`;
    if (this.seen.has(key)) return;
    this.seen.add(key);
    if (this.isFull) this.all.push(tooMany(report.span));
    else if (report.hint === undefined) this.all.push({ ...report, message });
    else this.all.push({ ...report, message, hint: quotable(report.hint) });
  }
}

/** What a user wrote may be long, and hold a password. */
function quotable(sentence: string): string {
  const short =
    sentence.length <= SENTENCE_CHARACTERS_MAX
      ? sentence
      : `${sentence.slice(0, SENTENCE_CHARACTERS_MAX)}…`;
  return maskSecretsIn(short);
}

function tooMany(span: Span): Report {
  return {
    code: 'too-many',
    span,
    message: `more than ${REPORTS_MAX} mistakes: the rest is not told`,
    hint: 'mend the first ones, and check again',
  };
}

/** In the order of the text, with their severities. */
export function toDiagnostics(reports: readonly Report[], mode: Mode): readonly Diagnostic[] {
  return reports
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
