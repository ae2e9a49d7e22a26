/**
 * Characters that only look like those of the language: each is told, and read as what was meant, so that
 * one typographic quote is one mistake and not five.
 */

import type { Reports } from '../diagnostics/reports.ts';
import type { DerivedText } from './derived-text.ts';
import { LOOKALIKES, type Lookalike } from './lookalikes.ts';
import type { SourceFile } from './source.ts';

const ODD = new RegExp(`[${[...LOOKALIKES.keys()].map(escaped).join('')}]`);
/** A quoted text, or the same odd character some times outside of one. */
const QUOTED_OR_ODD = new RegExp(`"[^"]*"?|(${ODD.source})\\1*`, 'g');

/**
 * The line as it was meant. `literal`: as keepalived takes it, and told all the same; null: keepalived
 * drops a line with a NUL.
 */
export function mended(line: DerivedText, reports: Reports, literal: boolean): DerivedText | null {
  const { text } = line;
  if (!ODD.test(text)) {
    tellTabs(line, reports);
    return line;
  }
  const code = codeOf(text);
  const runs: Run[] = [];
  const meant = code.replace(QUOTED_OR_ODD, (found, odd: string | undefined, index: number) => {
    if (odd === undefined) return withoutNuls(found, index, runs);
    runs.push({ index, text: found });
    return (LOOKALIKES.get(odd)?.meant ?? odd).repeat(found.length);
  });
  tellRuns(line, runs, reports);
  if (literal && text.includes('\0')) return null;
  const kept = literal ? code.replace(/[\v\f]/g, ' ') : meant;
  return line.withText(kept + text.slice(code.length));
}

/** A tab in a quoted text is part of the value: it was hardly meant to be. */
function tellTabs(line: DerivedText, reports: Reports): void {
  if (!line.text.includes('\t')) return;
  for (const { 0: quoted, index } of codeOf(line.text).matchAll(/"[^"]*"/g)) {
    const at = quoted.indexOf('\t');
    if (at < 0) continue;
    reports.add({
      code: 'odd-blank',
      span: line.spanOf(index + at, index + at + 1),
      message: 'a tab stands inside quotes: it is part of the value',
      hint: 'write a blank',
    });
  }
}

/** An odd character, once or several times. */
interface Run {
  readonly index: number;
  readonly text: string;
}

/** What stands in quotes is the user's own, but for a NUL. */
function withoutNuls(quoted: string, index: number, runs: Run[]): string {
  return quoted.replace(/\0/g, (nul, at: number) => {
    runs.push({ index: index + at, text: nul });
    return ' ';
  });
}

/** A pair of typographic quotes is one mistake: those of a line that stand for the same are told once. */
function tellRuns(line: DerivedText, runs: readonly Run[], reports: Reports): void {
  const meantBy = ({ text }: Run): string | undefined => LOOKALIKES.get(text[0] as string)?.meant;
  for (const kind of new Set(runs.map(meantBy))) {
    const [first, ...others] = runs.filter((run) => meantBy(run) === kind);
    if (first !== undefined) tell(line, first, others.length, reports);
  }
}

/** The line up to its comment. */
function codeOf(text: string): string {
  const [code = ''] = /^(?:[^"#!\\]|\\[\s\S]|"[^"]*"?)*/.exec(text) ?? [];
  return code;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function tell(line: DerivedText, { index, text }: Run, others: number, reports: Reports): void {
  const character = text[0] as string;
  const { is, meant } = LOOKALIKES.get(character) as Lookalike;
  const number = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  const remedy = meant === ' ' ? 'write a blank' : `write ${meant}`;
  const more = others === 0 ? '' : `, and for ${others} more in this line`;
  reports.add({
    code: 'odd-character',
    span: line.spanOf(index, index + text.length),
    message: `U+${number} is ${is}, and no part of this language`,
    hint: character === '\ufffd' ? 'save the file as UTF-8' : remedy + more,
    oncePerFile: meant === ' ' || character === '\ufffd',
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
