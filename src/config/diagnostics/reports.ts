/**
 * What the stages of a reading report, collected: each mistake once, without secrets, and no more than a person can
 * use. In the end it becomes diagnostics.
 */
import type { Span } from '../text/source.ts';
import type { DiagnosticCode } from './codes.ts';
import { conceal } from './conceal.ts';
import { causes } from './consequences.ts';
import type { Diagnostic, Report, Severity } from './diagnostic.ts';
import { fillIn, isFillIn } from './fill-in.ts';
import { type Mode, severityOf } from './severity.ts';

/** What was told, and whether only the first of its kind was to be. */
export interface Told {
  readonly report: Report;
  readonly once: boolean;
}

/** More mistakes are not told: a person mends the first ones, and then looks again. */
const REPORTS_MAX = 10_000;

/** Messages quote words of the user, and a word may have megabytes. */
const SENTENCE_CHARACTERS_MAX = 500;

/**
 * Collects what the stages report, each mistake once, and no more than a person can use: of notes,
 * warnings and the rest `REPORTS_MAX` each, so that ten thousand old words never hide an error.
 */
export class Reports {
  readonly all: Report[];
  /** False: advice is not asked for, and what is said of it is dropped. */
  readonly takesNotes: boolean;
  /** What was told where, and the messages alone. */
  private readonly seen: Set<string>;
  private readonly counts: Record<Severity | 'attempt', number>;
  /** Where it is written down besides what is told. */
  private readonly tape: { told: Told[] | null };
  private readonly ignored: DiagnosticCode | null;

  constructor(takesNotes = false, of?: Reports, ignored: DiagnosticCode | null = null) {
    this.takesNotes = takesNotes;
    this.all = of?.all ?? [];
    this.seen = of?.seen ?? new Set();
    this.counts = of?.counts ?? { attempt: 0, note: 0, warning: 0, error: 0 };
    this.tape = of?.tape ?? { told: null };
    this.ignored = ignored;
  }

  /** The same collection, which takes none of one code. */
  without(code: DiagnosticCode): Reports {
    return new Reports(this.takesNotes, this, code);
  }

  /** How often something was to be told, also what was told before or is too much. */
  get attempts(): number {
    return this.counts.attempt;
  }

  /** No more mistakes are told: what is costly to find out need not be found. */
  get isFull(): boolean {
    return this.counts.error > REPORTS_MAX;
  }

  /** Does some work, and gives what was told meanwhile: to be told again where the same stands once more. */
  listening<Result>(work: () => Result): {
    readonly result: Result;
    readonly told: readonly Told[];
  } {
    const told: Told[] = [];
    this.tape.told = told;
    try {
      return { result: work(), told };
    } finally {
      this.tape.told = null;
    }
  }

  tell({ report, once }: Told): void {
    if (once) this.addOnce(report);
    else this.add(report);
  }

  add(report: Report): void {
    if (this.isDropped(report)) return;
    this.tape.told?.push({ report, once: false });
    this.take(report);
  }

  /** The first report of this message only, wherever the others stand. */
  addOnce(report: Report): void {
    if (this.isDropped(report)) return;
    this.tape.told?.push({ report, once: true });
    if (this.seen.has(shortened(report.message))) this.counts.attempt += 1;
    else this.take(report);
  }

  private isDropped({ code }: Report): boolean {
    return code === this.ignored || (!this.takesNotes && gravityOf(code) === 'note');
  }

  private take(said: Report): void {
    const { counts } = this;
    counts.attempt += 1;
    const severity = gravityOf(said.code);
    if (counts[severity] > REPORTS_MAX) return;
    const report = brief(concealed(plainer(said)));
    const { file, start } = report.span;
    const key = `${report.code} ${file.path} ${start} ${report.message}`;
    if (this.seen.has(key)) return;
    this.seen.add(key).add(report.message);
    counts[severity] += 1;
    this.all.push(counts[severity] > REPORTS_MAX ? tooMany(report.span) : report);
  }
}

/** As it is by default: what is an error there fills the place of errors in `compat`, too. */
function gravityOf(code: DiagnosticCode): Severity {
  return severityOf(code, 'default');
}

/** What a user wrote may be a secret. */
function concealed(report: Report): Report {
  const { message, hint, span } = report;
  return {
    ...report,
    message: conceal(message, span),
    ...(hint === undefined ? {} : { hint: conceal(hint, span) }),
  };
}

/** What a user wrote may be long. */
function brief(report: Report): Report {
  const message = shortened(report.message);
  const { hint } = report;
  return { ...report, message, ...(hint === undefined ? {} : { hint: shortened(hint) }) };
}

function shortened(sentence: string): string {
  if (sentence.length <= SENTENCE_CHARACTERS_MAX) return sentence;
  return `${sentence.slice(0, SENTENCE_CHARACTERS_MAX)}…`;
}

function tooMany(span: Span): Report {
  return {
    code: 'too-many',
    span,
    message: `more than ${REPORTS_MAX} mistakes: the rest is not told`,
    hint: 'mend the first ones, and check again',
  };
}

/** What nobody has filled in is told as that, and not as an address or a word that it is not. */
function plainer(report: Report): Report {
  if (report.code !== 'bad-value' && report.code !== 'unknown-keyword') return report;
  const { file, start, end } = report.span;
  return isFillIn(file.text.slice(start, end)) ? fillIn(report.span) : report;
}

/** In the order of the text, with their severities. */
export function toDiagnostics(reports: readonly Report[], mode: Mode): readonly Diagnostic[] {
  return causes(reports)
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
