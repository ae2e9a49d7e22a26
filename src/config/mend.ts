/**
 * Characters that only look like those of the language: each is told, and read as what was meant, so that
 * one typographic quote is one mistake and not five.
 */
import type { DerivedText } from './derived-text.ts';
import type { Reports } from './diagnostic.ts';
import { LOOKALIKES } from './lexer.ts';
import type { SourceFile } from './source.ts';

const ODD = new RegExp(`[${[...LOOKALIKES.keys()].join('')}]`);
/** A quoted text, or one odd character outside of one. */
const QUOTED_OR_ODD = new RegExp(`"[^"]*"?|${ODD.source}`, 'g');

/**
 * The line as it was meant. `literal`: as keepalived takes it, and told all the same; null: keepalived
 * drops a line with a NUL.
 */
export function mended(line: DerivedText, reports: Reports, literal: boolean): DerivedText | null {
  const { text } = line;
  if (!ODD.test(text)) return line;
  const code = codeOf(text);
  const meant = code.replace(QUOTED_OR_ODD, (found, index: number) => {
    if (found.startsWith('"')) return withoutNuls(line, found, index, reports);
    tell(line, index, found, reports);
    return LOOKALIKES.get(found)?.meant ?? found;
  });
  if (literal) return text.includes('\0') ? null : line;
  return line.withText(meant + text.slice(code.length));
}

/** What stands in quotes is the user's own, but for a NUL. */
function withoutNuls(line: DerivedText, quoted: string, index: number, reports: Reports): string {
  return quoted.replace(/\0/g, (nul, at: number) => {
    tell(line, index + at, nul, reports);
    return ' ';
  });
}

/** The line up to its comment. */
function codeOf(text: string): string {
  const [code = ''] = /^(?:[^"#!\\]|\\[\s\S]|"[^"]*"?)*/.exec(text) ?? [];
  return code;
}

function tell(line: DerivedText, index: number, character: string, reports: Reports): void {
  const { is, meant } = LOOKALIKES.get(character) as { is: string; meant: string };
  const number = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  reports.add({
    code: 'odd-character',
    span: line.spanOf(index, index + 1),
    message: `U+${number} is ${is}, and no part of this language`,
    hint:
      character === '\ufffd'
        ? 'save the file as UTF-8'
        : meant === ' '
          ? 'write a blank'
          : `write ${meant}`,
  });
}

export function tellByteOrderMark(file: SourceFile, reports: Reports): void {
  reports.add({
    code: 'odd-character',
    span: { file, start: 0, end: 1 },
    message: 'the file begins with a byte order mark, which keepalived takes for a word',
    hint: 'save it as UTF-8 without byte order mark',
  });
}
