/**
 * Mistakes that can be mended without changing what the file means to keepalived: an old word for its new one,
 * a remark behind `//`. Not a value in the wrong case, which it ignores. Comments and layout stay. Pure.
 */

import { lineText, positionOf, type SourceFile, type Span } from '../text/source.ts';
import type { DiagnosticCode } from './codes.ts';
import type { Diagnostic } from './diagnostic.ts';
import { maskLine } from './secret.ts';

/** keepalived reads these as it reads the suggestion. */
const SAFE: ReadonlySet<DiagnosticCode> = new Set(['deprecated', 'comment-sign'] as const);

export interface Edit {
  readonly span: Span;
  readonly text: string;
}

/** The edits of all files, each place once. */
export function safeEdits(diagnostics: readonly Diagnostic[]): readonly Edit[] {
  const places = new Set<string>();
  return diagnostics.flatMap(({ code, span, suggestion }) => {
    const place = `${span.file.path} ${span.start}`;
    const old = span.file.text.slice(span.start, span.end);
    // What a definition has made stands nowhere in the file as it was read.
    const isSafe = SAFE.has(code) && suggestion !== null && !/[\s$"]/.test(old);
    if (!isSafe || old === '' || old === suggestion || places.has(place)) return [];
    places.add(place);
    return [{ span, text: suggestion }];
  });
}

/** The text of one file with its edits made. A file that is included twice is one file. */
export function edited(file: SourceFile, edits: readonly Edit[]): string {
  const pieces: string[] = [];
  let from = 0;
  for (const { span, text } of edits
    .filter((edit) => edit.span.file.path === file.path)
    .toSorted((a, b) => a.span.start - b.span.start)) {
    pieces.push(file.text.slice(from, span.start), text);
    from = span.end;
  }
  return pieces.join('') + file.text.slice(from);
}

const REPLACEMENT = '\ufffd';

/** A file that is no UTF-8 was not read as it is: written back, it would have lost something. */
export function isWritable({ text }: SourceFile): boolean {
  return !text.includes(REPLACEMENT);
}

/** Each changed line as it was and as it will be. */
export function renderEdits(edits: readonly Edit[]): string {
  return edits
    .map(({ span, text }) => {
      const { line, column } = positionOf(span.file, span.start);
      const before = lineText(span.file, line);
      const width = span.end - span.start;
      const after = before.slice(0, column - 1) + text + before.slice(column - 1 + width);
      return `${span.file.path}:${line}\n- ${maskLine(before)}\n+ ${maskLine(after)}\n`;
    })
    .join('');
}
