/** Diagnostics → text for a person, with the line and the word underlined, or JSON for machines. */
import { styleText } from 'node:util';
import type { Diagnostic } from './diagnostic.ts';
import { maskLine } from './secret.ts';
import { lineText, positionOf } from './source.ts';

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

function paint(text: string, format: Format, { colour }: RenderStyle): string {
  return colour ? styleText(format, text, { validateStream: false }) : text;
}

function renderOne(
  { code, severity, span, message, hint }: Diagnostic,
  style: RenderStyle,
): string {
  const tone: Format = severity === 'error' ? ['bold', 'red'] : ['bold', 'yellow'];
  const { line, column } = positionOf(span.file, span.start);
  const title = `${paint(`${severity}[${code}]`, tone, style)}: ${message}`;
  const text = maskLine(lineText(span.file, line));
  const number = String(line);
  const margin = ' '.repeat(number.length);
  const place = `${margin}--> ${span.file.path}:${line}:${column}`;
  if (text.trim() === '')
    return [title, place, ...(hint ? [`${margin} = ${hint}`] : [])].join('\n');
  const from = Math.max(0, column - 1 - SHOWN_CHARACTERS_MAX / 2);
  const shown = text.slice(from, from + SHOWN_CHARACTERS_MAX);
  const before = shown.slice(0, column - 1 - from).replace(/[^\t]/g, ' ');
  const width = Math.max(1, Math.min(span.end - span.start, shown.length - before.length));
  const marks = paint('^'.repeat(width), tone, style);
  return [
    title,
    place,
    `${margin} |`,
    `${number} | ${shown}`,
    `${margin} | ${before}${marks}${hint ? ` ${hint}` : ''}`,
  ].join('\n');
}

export interface JsonDiagnostic {
  readonly code: string;
  readonly severity: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly length: number;
  readonly message: string;
  readonly hint: string | null;
  readonly suggestion: string | null;
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
