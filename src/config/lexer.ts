/**
 * One expanded line → words and braces (config-grammar §2-5). Comments begin at `#` or `!` anywhere
 * outside double quotes; a brace outside quotes ends the word and the line it stands on.
 */
import type { Word } from './ast.ts';
import type { Reports } from './diagnostic.ts';
import type { Span } from './source.ts';

/** A line after definitions were replaced, and where each of its characters came from. */
export interface Line {
  readonly text: string;
  /** The source of the characters from `start` to `end` of `text`. */
  spanOf(start: number, end: number): Span;
}

export type Piece =
  | { readonly kind: 'words'; readonly words: readonly Word[]; readonly raw: string }
  | { readonly kind: 'open' | 'close'; readonly span: Span };

const BLANK = /[ \t\r\v\f]/;

/** Characters that only look like those of the language, and what was meant. */
const LOOKALIKES: Readonly<Record<string, string>> = {
  '\u201c': '"',
  '\u201d': '"',
  '\u2018': "'",
  '\u2019': "'",
  '\uff5b': '{',
  '\uff5d': '}',
  '\uff03': '#',
  '\u00a0': 'a blank',
  '\u3000': 'a blank',
  '\u0000': 'nothing: it is a NUL',
  '\ufeff': 'nothing: it is a byte order mark',
};

export function lexLine(line: Line, reports: Reports): readonly Piece[] {
  return new LineLexer(line, reports).run();
}

class LineLexer {
  private readonly line: Line;
  private readonly text: string;
  private readonly reports: Reports;
  private readonly pieces: Piece[] = [];
  private words: Word[] = [];
  private rawFrom = 0;
  private at = 0;

  constructor(line: Line, reports: Reports) {
    this.line = line;
    this.text = line.text;
    this.reports = reports;
  }

  run(): readonly Piece[] {
    while (this.at < this.text.length) {
      const character = this.text[this.at] as string;
      if (BLANK.test(character)) this.at += 1;
      else if (character === '#' || character === '!') break;
      else if (character === '{' || character === '}') this.brace(character);
      else if (character === '"') this.quoted();
      else this.bare();
    }
    this.endWords();
    return this.pieces;
  }

  private brace(character: '{' | '}'): void {
    this.endWords();
    const span = this.line.spanOf(this.at, this.at + 1);
    this.pieces.push({ kind: character === '{' ? 'open' : 'close', span });
    this.at += 1;
  }

  private endWords(): void {
    if (this.words.length === 0) return;
    const raw = this.text.slice(this.rawFrom, this.at).trim();
    this.pieces.push({ kind: 'words', words: this.words, raw });
    this.words = [];
  }

  private push(text: string, start: number, end: number, quoted: boolean): void {
    if (this.words.length === 0) this.rawFrom = end;
    this.words.push({ text, quoted, span: this.line.spanOf(start, end) });
  }

  /** There are no escapes: a quoted word ends at the next quote. */
  private quoted(): void {
    const start = this.at;
    const end = this.text.indexOf('"', start + 1);
    if (end < 0) {
      this.reports.add({
        code: 'unmatched-quote',
        span: this.line.spanOf(start, this.text.length),
        message: 'this quote is never closed',
        hint: 'a quoted text ends on its line, and there is no escape for a quote inside it',
      });
      this.at = this.text.length;
      return;
    }
    this.push(this.text.slice(start + 1, end), start, end + 1, true);
    this.at = end + 1;
  }

  private bare(): void {
    const start = this.at;
    let word = '';
    for (; this.at < this.text.length; this.at += 1) {
      const character = this.text[this.at] as string;
      const next = this.text[this.at + 1];
      if (character === '\\' && (next === '#' || next === '!')) {
        word += next;
        this.at += 1;
        continue;
      }
      if (BLANK.test(character) || '{}"#!'.includes(character)) break;
      if (character in LOOKALIKES) this.lookalike(character);
      word += character;
    }
    this.push(word, start, this.at, false);
  }

  private lookalike(character: string): void {
    const code = (character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0');
    this.reports.add({
      code: 'odd-character',
      span: this.line.spanOf(this.at, this.at + 1),
      message: `the character U+${code} is no part of this language`,
      hint: `meant was ${LOOKALIKES[character]}`,
    });
  }
}

/**
 * Splits a script's value as keepalived does: both kinds of quotes, adjacent parts joined. `escapes`:
 * the second splitting, of the command line itself, where a backslash protects the next character.
 */
export function splitCommand(text: string, escapes: boolean): readonly string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote = '';
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] as string;
    if (escapes && character === '\\' && at + 1 < text.length) {
      at += 1;
      word = (word ?? '') + escaped(text[at] as string);
    } else if (quote !== '') {
      if (character === quote) quote = '';
      else word = (word ?? '') + character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (BLANK.test(character)) {
      if (word !== null) words.push(word);
      word = null;
    } else {
      word = (word ?? '') + character;
    }
  }
  if (word !== null) words.push(word);
  return words;
}

function escaped(character: string): string {
  const named: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', f: '\f', v: '\v' };
  return named[character] ?? character;
}
