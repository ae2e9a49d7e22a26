/** Diagnostics → text for a person, with the line and the word underlined, or JSON for machines. */
import { styleText } from 'node:util';
import type { JsonDiagnostic } from '../../model/json-diagnostic.ts';
import { positionOf, type SourceFile, type Span } from '../text/source.ts';
import { concealedLine } from './conceal.ts';
import type { Diagnostic, Severity } from './diagnostic.ts';
import { hasSecret } from './secret.ts';

export interface RenderStyle {
  readonly colour: boolean;
}

/** Longer lines are shown around the place. */
const SHOWN_CHARACTERS_MAX = 100;

/**
 *     error[unknown-keyword]: there is no "internal" in vrrp_script
 *       --> lvsd.conf:7:5
 *        |
 *      7 |     internal 1
 *        |     ^^^^^^^^ did you mean "interval"?
 */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], style: RenderStyle): string {
  return diagnostics.map((diagnostic) => `${renderOne(diagnostic, style)}\n`).join('\n');
}

type Format = Parameters<typeof styleText>[0];

const TONES: Readonly<Record<Severity, Format>> = {
  error: ['bold', 'red'],
  warning: ['bold', 'yellow'],
  note: ['bold', 'cyan'],
};

function paint(text: string, format: Format, { colour }: RenderStyle): string {
  return colour ? styleText(format, text, { validateStream: false }) : text;
}

function renderOne(
  { code, severity, span, message, hint }: Diagnostic,
  style: RenderStyle,
): string {
  const tone = TONES[severity];
  const title = `${paint(`${severity}[${code}]`, tone, style)}: ${visible(message)}`;
  return [
    title,
    ...excerpt(span, '-->', visible(hint ?? ''), (marks) => paint(marks, tone, style)),
    ...definition(span),
    ...includers(span),
  ].join('\n');
}

/** Where a definition was written; a generator stands on the line itself, and is seen already. */
function definition({ file, start, definedAt }: Span): readonly string[] {
  if (!definedAt) return [];
  const { line } = positionOf(file, start);
  const isSameLine = definedAt.file === file && line === positionOf(file, definedAt.start).line;
  if (isSameLine) return [];
  const isSecret = hasSecret(shownLine(file, line));
  return excerpt(definedAt, ':::', 'written here', (marks) => marks, isSecret);
}

/** The place, its line, and the marks under what is meant, with a note behind them. */
function excerpt(
  span: Span,
  arrow: string,
  note: string,
  painted: (marks: string) => string,
  isSecret = false,
): readonly string[] {
  const { line, column } = positionOf(span.file, span.start);
  const text = isSecret ? '' : shownLine(span.file, line);
  const number = String(line);
  const margin = ' '.repeat(number.length);
  const place = `${margin}${arrow} ${visible(span.file.path)}:${line}:${column}`;
  if (text.trim() === '') return [place, ...(note ? [`${margin} = ${note}`] : [])];
  const isLong = text.length > SHOWN_CHARACTERS_MAX;
  const from = isLong ? Math.max(0, column - 1 - SHOWN_CHARACTERS_MAX / 2) : 0;
  const shown = visible(text.slice(from, from + SHOWN_CHARACTERS_MAX));
  const before = shown.slice(0, column - 1 - from).replace(/[^\t]/g, ' ');
  const width = Math.max(1, Math.min(span.end - span.start, shown.length - before.length));
  return [
    place,
    `${margin} |`,
    `${number} | ${shown}`,
    `${margin} | ${before}${painted('^'.repeat(width))}${note ? ` ${note}` : ''}`,
  ];
}

/** By which lines the file has been read in, the nearest one first. */
function includers(span: Span): readonly string[] {
  const lines: string[] = [];
  for (let at = span.file.includedAt; at !== null; at = at.file.includedAt) {
    const { line, column } = positionOf(at.file, at.start);
    lines.push(`  = included by ${visible(at.file.path)}:${line}:${column}`);
  }
  return lines;
}

/** Lines that were shown: thousands of mistakes may stand on one line of many megabytes. */
const shownLines = new WeakMap<SourceFile, Map<number, string>>();

/** A line with its passwords as stars. */
function shownLine(file: SourceFile, line: number): string {
  let lines = shownLines.get(file);
  if (lines === undefined) {
    lines = new Map();
    shownLines.set(file, lines);
  }
  let text = lines.get(line);
  if (text === undefined) {
    text = concealedLine(file, line);
    lines.set(line, text);
  }
  return text;
}

/** No file may steer a terminal: controls are shown as their pictures, which are as wide. */
function visible(text: string): string {
  return text.replace(/(?!\t)\p{Cc}/gu, (control) => {
    const code = control.charCodeAt(0);
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : code === 0x7f ? '\u2421' : '\ufffd';
  });
}

export function diagnosticsToJson(diagnostics: readonly Diagnostic[]): readonly JsonDiagnostic[] {
  return diagnostics.map(({ code, severity, span, message, hint, suggestion }) => ({
    code,
    severity,
    file: span.file.path,
    ...positionOf(span.file, span.start),
    length: span.end - span.start,
    message,
    hint,
    suggestion,
  }));
}
