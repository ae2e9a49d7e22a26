/** Comment signs of other languages: keepalived takes them for words, and drops what follows in silence. */

import type { Reports } from '../diagnostics/reports.ts';
import type { Statement, Word } from '../text/ast.ts';
import type { Span } from '../text/source.ts';

const SLASH = 47;
const SEMICOLON = 59;

/** The words behind a keyword, up to such a sign. */
export function withoutStrayComment(args: readonly Word[], reports: Reports): readonly Word[] {
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] as Word;
    if (!isSign(word, /^(\/\/|\/\*|;)$/)) continue;
    tell(word, reports);
    return args.slice(0, at);
  }
  return args;
}

/** A number or a word of the language that a semicolon is glued to, without it. */
export function withoutSemicolon(word: Word, reports: Reports): Word {
  const { text, span, quoted } = word;
  if (quoted || text.length < 2 || !text.endsWith(';')) return word;
  reports.add({
    code: 'comment-sign',
    span: { ...placeOf(span), start: span.end - 1 },
    message: 'no line ends with ";" in this language',
    hint: 'remove it',
  });
  return { text: text.slice(0, -1), span, quoted };
}

function placeOf({ file, start, end, definedAt }: Span): Span {
  return { file, start, end, definedAt: definedAt ?? null };
}

/** Whether a whole line was meant as a comment; it is told. */
export function isStrayComment({ keyword }: Statement, reports: Reports): boolean {
  // No keyword begins like that, so text may be glued to the sign.
  const isComment = isSign(keyword, /^(\/\/|\/\*|;)/);
  if (isComment) tell(keyword, reports);
  return isComment;
}

function isSign({ text, quoted }: Word, form: RegExp): boolean {
  const first = text.charCodeAt(0);
  return (first === SLASH || first === SEMICOLON) && !quoted && form.test(text);
}

/** Of a remark behind `//` nothing counts for keepalived either but for braces: `#` says so where there are none. */
function tell({ text, span }: Word, reports: Reports): void {
  const sign = text.startsWith(';') ? ';' : text.slice(0, 2);
  const { file, start } = span;
  const isAlone = sign === '//' && !/[{}]/.test(restOfLine(file.text, start));
  reports.add({
    code: 'comment-sign',
    span: span.definedAt ? span : { file, start, end: start + sign.length },
    message: `"${sign}" begins no comment in this language`,
    hint: 'a comment begins with # or !',
    ...(isAlone ? { suggestion: '#' } : {}),
  });
}

function restOfLine(text: string, from: number): string {
  const end = text.indexOf('\n', from);
  return text.slice(from, end < 0 ? undefined : end);
}
