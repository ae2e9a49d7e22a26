/** One mistake in a configuration as data: what `--json` prints and the control socket carries. */
export interface JsonDiagnostic {
  /** Stays the same for ever: docs/diagnostics.md. */
  readonly code: string;
  readonly severity: string;
  readonly file: string;
  /** Line and column count from 1; a tab is one column. */
  readonly line: number;
  readonly column: number;
  readonly length: number;
  readonly message: string;
  readonly hint: string | null;
  readonly suggestion: string | null;
}
