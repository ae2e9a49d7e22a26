/**
 * What is said about a configuration: a code, where, what is wrong and how to mend it. Stages report it (reports.ts);
 * how grave it is stands in one place, severity.ts.
 */
import type { Span } from '../text/source.ts';
import type { DiagnosticCode } from './codes.ts';

/** A note is advice of `lvsctl lint` and said nowhere else. */
export type Severity = 'error' | 'warning' | 'note';

export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: Severity;
  readonly span: Span;
  readonly message: string;
  readonly hint: string | null;
  /** A name that was meant, to replace the text of the span. */
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

/** Nothing was read at all: the path is wrong, or not allowed. */
export function isUnreadable(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ code }) => code === 'unreadable-file');
}
