/**
 * What is said about a configuration: a code that stays the same for ever, where, what is wrong and how
 * to mend it. Whether it is an error or a warning is decided in one place, by `severityOf`.
 */

import { positionOf, type Span } from '../text/source.ts';
import { conceal } from './conceal.ts';
import { isFillIn } from './fill-in.ts';

/** A note is advice of `lvsctl lint` and said nowhere else. */
export type Severity = 'error' | 'warning' | 'note';

/** Every mistake that can be told. Cause and cure stand in docs/diagnostics.md, the whole story in explanations.ts. */
export type DiagnosticCode =
  | 'unreadable-file'
  | 'not-text'
  | 'empty'
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
  | 'unknown-option'
  | 'misplaced-keyword'
  | 'missing-argument'
  | 'extra-argument'
  | 'bad-value'
  | 'out-of-range'
  | 'no-effect'
  | 'not-keepalived'
  | 'deprecated'
  | 'repeated'
  | 'missing-keyword'
  | 'duplicate'
  | 'unknown-reference'
  | 'unknown-interface'
  | 'unknown-account'
  | 'script-missing'
  | 'script-not-executable'
  | 'script-unsafe'
  | 'contradiction'
  | 'adjusted'
  | 'timeout-too-long'
  | 'not-tracked'
  | 'unused'
  | 'single-member'
  | 'lease-unusable'
  | 'signing-unusable'
  | 'lease-not-here'
  | 'unequal-priorities'
  | 'useless-weight'
  | 'sample-value'
  | 'shell-syntax'
  | 'fill-in'
  | 'cut-by-comment'
  | 'empty-block'
  | 'off-ignored'
  | 'bad-interface-name'
  | 'own-interface'
  | 'vip-outside-network'
  | 'vip-twice'
  | 'too-many-addresses'
  | 'odd-broadcast'
  | 'not-the-owner'
  | 'nopreempt-ignored'
  | 'preempt-delay-ignored'
  | 'lost-weight'
  | 'weight-in-group'
  | 'strict-ignored'
  | 'strict-unicast'
  | 'strict-no-vip'
  | 'strict-unpingable'
  | 'strict-link-local'
  | 'unicast-family'
  | 'unicast-self'
  | 'peer-is-this-host'
  | 'unicast-no-peer'
  | 'two-sources'
  | 'declared-late'
  | 'script-too-slow'
  | 'no-script-user'
  | 'port-ignored'
  | 'unknown-scheduler'
  | 'flag-before-scheduler'
  | 'flag-of-other-scheduler'
  | 'all-weights-zero'
  | 'unchecked-server'
  | 'clamped-weight'
  | 'fault-by-script'
  | 'no-vip'
  | 'mixed-families'
  | 'link-local-first'
  | 'vip-without-prefix'
  | 'unicast-no-source'
  | 'script-security'
  | 'mail-never-sent'
  | 'mail-by-name'
  | 'sample-vrid'
  | 'sample-router-id'
  | 'sample-mail'
  | 'weak-password'
  | 'service-not-vip'
  | 'no-checkers'
  | 'retry-default'
  | 'persistence-alone'
  | 'other-port-checked'
  | 'stacked-checkers'
  | 'weights-ignored'
  | 'hash-without-fallback'
  | 'quorum-alone'
  | 'pair-missing-instance'
  | 'pair-both-masters'
  | 'pair-equal-priority'
  | 'pair-preempt'
  | 'pair-advert-interval'
  | 'pair-version'
  | 'pair-authentication'
  | 'pair-addresses'
  | 'pair-address-order'
  | 'pair-transport'
  | 'pair-peers'
  | 'pair-advert-paths'
  | 'pair-peer-link'
  | 'pair-sync-group'
  | 'pair-lease'
  | 'pair-weights'
  | 'pair-virtual-servers'
  | 'pair-sync-daemon';

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

/** What was told, and whether only the first of its kind was to be. */
export interface Told {
  readonly report: Report;
  readonly once: boolean;
}

export type Mode = 'default' | 'compat';

/** Said, but never a reason not to start: nothing is lost or guessed. */
const NEVER_ERRORS: ReadonlySet<DiagnosticCode> = new Set([
  'too-many',
  'include-missing',
  'odd-blank',
  'no-effect',
  'not-keepalived',
  'deprecated',
  'repeated',
  'extra-argument',
  'unknown-interface',
  'adjusted',
  'timeout-too-long',
  'not-tracked',
  'unused',
  'single-member',
  'empty',
  'lease-not-here',
  'unequal-priorities',
  'sample-value',
  'shell-syntax',
  'cut-by-comment',
  'empty-block',
  'off-ignored',
  'own-interface',
  'vip-outside-network',
  'vip-twice',
  'too-many-addresses',
  'odd-broadcast',
  'not-the-owner',
  'lost-weight',
  'strict-unpingable',
  'strict-link-local',
  'peer-is-this-host',
  'unicast-no-peer',
  'script-too-slow',
  'no-script-user',
  'port-ignored',
  'unknown-scheduler',
  'flag-of-other-scheduler',
  'all-weights-zero',
  'unchecked-server',
  'pair-equal-priority',
  'pair-preempt',
  'pair-address-order',
  'pair-sync-daemon',
  'pair-advert-paths',
  'pair-peer-link',
] as const);

/** Good as it is written, and worth a thought: advice of `lvsctl lint`. */
const NOTES: ReadonlySet<DiagnosticCode> = new Set([
  'clamped-weight',
  'fault-by-script',
  'no-vip',
  'mixed-families',
  'link-local-first',
  'vip-without-prefix',
  'unicast-no-source',
  'script-security',
  'mail-never-sent',
  'mail-by-name',
  'sample-vrid',
  'sample-router-id',
  'sample-mail',
  'weak-password',
  'service-not-vip',
  'no-checkers',
  'retry-default',
  'persistence-alone',
  'other-port-checked',
  'stacked-checkers',
  'weights-ignored',
  'hash-without-fallback',
  'quorum-alone',
  'pair-virtual-servers',
] as const);

/** What is true on one machine and not on another: never said of a peer's file. */
const OF_THIS_HOST: ReadonlySet<DiagnosticCode> = new Set([
  'unknown-interface',
  'unknown-account',
  'script-missing',
  'script-not-executable',
  'script-unsafe',
  'vip-outside-network',
  'not-the-owner',
  'too-many-addresses',
  'peer-is-this-host',
  'no-script-user',
  'lease-not-here',
] as const);

export function isOfThisHost(code: DiagnosticCode): boolean {
  return OF_THIS_HOST.has(code);
}

/** In any mode: there is nothing to start, or it would do what was to be prevented. */
const ALWAYS_ERRORS: ReadonlySet<DiagnosticCode> = new Set([
  'unreadable-file',
  'not-text',
  'include-cycle',
  'too-large',
  'lease-unusable',
  'signing-unusable',
] as const);

/**
 * The policy: where keepalived would ignore, guess or fight itself is an error of ours; in `compat`
 * what keepalived would start with starts, and each mistake is a warning.
 */
export function severityOf(code: DiagnosticCode, mode: Mode): Severity {
  if (ALWAYS_ERRORS.has(code)) return 'error';
  if (NEVER_ERRORS.has(code)) return 'warning';
  if (NOTES.has(code)) return 'note';
  return mode === 'compat' ? 'warning' : 'error';
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
  private readonly counts: { attempts: number; notes: number; warnings: number; mistakes: number };
  /** Where it is written down besides what is told. */
  private readonly tape: { told: Told[] | null };
  private readonly ignored: DiagnosticCode | null;

  constructor(takesNotes = false, of?: Reports, ignored: DiagnosticCode | null = null) {
    this.takesNotes = takesNotes;
    this.all = of?.all ?? [];
    this.seen = of?.seen ?? new Set();
    this.counts = of?.counts ?? { attempts: 0, notes: 0, warnings: 0, mistakes: 0 };
    this.tape = of?.tape ?? { told: null };
    this.ignored = ignored;
  }

  /** The same collection, which takes none of one code. */
  without(code: DiagnosticCode): Reports {
    return new Reports(this.takesNotes, this, code);
  }

  /** How often something was to be told, also what was told before or is too much. */
  get attempts(): number {
    return this.counts.attempts;
  }

  /** No more mistakes are told: what is costly to find out need not be found. */
  get isFull(): boolean {
    return this.counts.mistakes > REPORTS_MAX;
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
    if (this.seen.has(shortened(report.message))) this.counts.attempts += 1;
    else this.take(report);
  }

  private isDropped({ code }: Report): boolean {
    return code === this.ignored || (NOTES.has(code) && !this.takesNotes);
  }

  private take(said: Report): void {
    const { counts } = this;
    counts.attempts += 1;
    const kind = kindOf(said.code);
    if (counts[kind] > REPORTS_MAX) return;
    const report = brief(concealed(plainer(said)));
    const { file, start } = report.span;
    const key = `${report.code} ${file.path} ${start} ${report.message}`;
    if (this.seen.has(key)) return;
    this.seen.add(key).add(report.message);
    counts[kind] += 1;
    this.all.push(counts[kind] > REPORTS_MAX ? tooMany(report.span) : report);
  }
}

function kindOf(code: DiagnosticCode): 'notes' | 'warnings' | 'mistakes' {
  if (NOTES.has(code)) return 'notes';
  return NEVER_ERRORS.has(code) ? 'warnings' : 'mistakes';
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

export function fillIn(span: Span): Report {
  return {
    code: 'fill-in',
    span,
    message: 'a fill-in was left here',
    hint: 'write the value of this machine in its place',
  };
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
  'odd-character': ['extra-argument'],
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

/** Nothing was read at all: the path is wrong, or not allowed. */
export function isUnreadable(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ code }) => code === 'unreadable-file');
}
