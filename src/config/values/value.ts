/**
 * A statement × its keyword → a checked value, or diagnostics. Blocks of statements are read-section.ts's; what a
 * line of words may say is phrase.ts's.
 */
import type { Reports } from '../diagnostics/reports.ts';
import { type Keyword, MANDATORY, type PhraseName, type Scalar } from '../keywords/keyword.ts';
import { PHRASES } from '../keywords/phrases.ts';
import { isKeyword } from '../keywords/table.ts';
import { type Opening, type Statement, statementSpan, type Word } from '../text/ast.ts';
import type { Run } from '../text/pool.ts';
import type { Extent, Span } from '../text/source.ts';
import { type Endpoint, plainEndpoint } from './endpoint.ts';
import { formOf, readPhraseNamed, type Said } from './phrase.ts';
import { readScalar } from './scalar.ts';
import type { Section } from './section.ts';
import { isStrayComment, withoutSemicolon, withoutStrayComment } from './stray-comment.ts';

/** One entry of an entry block: `10.0.0.1/24 dev eth0`. */
export type EntryLine = readonly [Word, ...Word[]];

export type Value =
  | { readonly is: 'flag' }
  | { readonly is: 'boolean'; readonly on: boolean }
  | { readonly is: 'number'; readonly number: number }
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'words'; readonly words: readonly Word[]; readonly said: Said }
  | { readonly is: 'script'; readonly raw: string }
  | {
      readonly is: 'entries';
      readonly entries: readonly EntryLine[];
      readonly label: readonly Word[];
      readonly said: readonly Said[];
      /** Nothing stands between the braces, not even what cannot be used. */
      readonly isEmpty: boolean;
    }
  | { readonly is: 'section'; readonly section: Section }
  /** A block that is read when it is asked for, and not kept: a file may have 10 000 virtual servers. */
  | Unread;

export interface Unread {
  readonly is: 'unread';
  /** The words between the keyword and its brace; they have been checked. */
  readonly label: readonly Word[];
  /** The first two of them, if they are that. */
  readonly endpoint: Endpoint | null;
  readonly span: Span;
  /** What stands between the braces; null: not all of it was written there. */
  readonly text: string | null;
  /** The same, if it was found to be that of a block before; else null. */
  readonly repeatedText: string | null;
  /** Where all of it stands; null: not in one piece. */
  readonly extent: Extent | null;
  /** It is many blocks, which an earlier reading has made, and none that could be read; else null. */
  readonly run: Run | null;
  /** Keyword and label as written. */
  readonly head: string;
  /** What it says is all in this text. */
  readonly isPlain: boolean;
  /** The same text, when only an earlier reading can read what it says; else null. */
  readonly remembered: string | null;
  read(): Section;
  /** What stands between its brace and its first block of this keyword; null: there is none, or more than words. */
  opening(keyword: string): Opening | null;
  /** The blocks behind such a text; null: it does not begin with that, or something else is behind it. */
  blocksBehind(opening: Opening): readonly Statement[] | null;
}

/** The value of a keyword that has no block. */
export function readWords(keyword: Keyword, statement: Statement, reports: Reports): Value | null {
  const { argument } = keyword;
  if (statement.hasBlock) tellBlock(keyword.name, statement, reports);
  const args = argument.is === 'script' ? statement.args : cleanArgs(argument, statement, reports);
  const [first, second] = args;
  switch (argument.is) {
    case 'flag':
      if (first !== undefined) tellBehindFlag(keyword, first, reports);
      return { is: 'flag' };
    case 'script':
      if (first === undefined && !argument.optional)
        return tellMissing(keyword, statement, reports);
      return { is: 'script', raw: statement.rawArgs };
    case 'phrase':
      return readPhraseOf(argument.of, keyword, { statement, args }, reports);
    case 'boolean':
      if (second !== undefined) tellExtra(keyword, second, reports);
      return first === undefined
        ? { is: 'boolean', on: true }
        : readBoolean(keyword, first, reports);
    case 'entries':
    case 'block':
      return null;
    default:
      if (second !== undefined) tellExtra(keyword, second, reports);
      return readOne(argument, keyword, { statement, first }, reports);
  }
}

/** Without a comment of another language, and a semicolon that ends the line in one. */
function cleanArgs(
  argument: Keyword['argument'],
  statement: Statement,
  reports: Reports,
): readonly Word[] {
  const args = withoutStrayComment(statement.args, reports);
  const last = args[args.length - 1];
  // A word of the user's own may end with anything.
  if (argument.is === 'word' || last === undefined) return args;
  const clean = withoutSemicolon(last, reports);
  return clean === last ? args : [...args.slice(0, -1), clean];
}

function readPhraseOf(
  of: PhraseName,
  keyword: Keyword,
  { statement, args }: { readonly statement: Statement; readonly args: readonly Word[] },
  reports: Reports,
): Value | null {
  const { name, help } = keyword;
  const line = { name, help, span: statement.keyword.span, relation: 'behind' } as const;
  const said = readPhraseNamed(of, args, line, reports);
  return said && { is: 'words', words: said.words, said };
}

/** The words between the keyword of a block and its brace. */
export function readLabel(of: PhraseName, statement: Statement, reports: Reports): void {
  if ((of === 'endpoint' || of === 'service') && plainEndpoint(statement) !== null) return;
  const { text, span } = statement.keyword;
  const line = { name: text, help: formOf(PHRASES[of]), span, relation: 'behind' } as const;
  readPhraseNamed(of, statement.args, line, reports);
}

/** The lines of a value block; what stands before its brace is ignored. */
export function readEntries(
  keyword: Keyword,
  statement: Statement,
  reports: Reports,
): Value | null {
  const { argument, name, help } = keyword;
  if (argument.is !== 'entries') return null;
  const said: Said[] = [];
  let isEmpty = true;
  for (const entry of statement.block()) {
    if (isStrayComment(entry, reports)) continue;
    isEmpty = false;
    if (entry.hasBlock) tellBlockInList(name, entry, reports);
    const line = { name, help, span: statementSpan(entry), relation: 'in' } as const;
    const words = entryWords(entry, reports);
    const one = readPhraseNamed(argument.of, words, line, reports);
    if (one !== null && one.words.length > 0) said.push(one);
  }
  const entries = said.map(({ words }) => words as unknown as EntryLine);
  return { is: 'entries', entries, label: statement.args, said, isEmpty };
}

/** A semicolon at its end is none of it. */
function entryWords({ keyword, args }: Statement, reports: Reports): readonly Word[] {
  const words = [keyword, ...withoutStrayComment(args, reports)];
  const last = words.pop() as Word;
  return [...words, withoutSemicolon(last, reports)];
}

function tellBlockInList(name: string, entry: Statement, reports: Reports): void {
  reports.add({
    code: 'unexpected-brace',
    span: entry.keyword.span,
    message: `${name} holds a list, and no block`,
  });
}

function readOne(
  scalar: Scalar,
  keyword: Keyword,
  { statement, first }: { readonly statement: Statement; readonly first: Word | undefined },
  reports: Reports,
): Value | null {
  if (first === undefined) {
    const bare = scalar.is === 'integer' ? scalar.bare : undefined;
    return bare === undefined
      ? tellMissing(keyword, statement, reports)
      : { is: 'number', number: bare };
  }
  const reading = readScalar(scalar, first.text, keyword);
  if (!reading.good) {
    const isZero = reading.code === 'out-of-range' && Number(first.text) === 0;
    const hint = isZero ? reading.hint + withoutLine(keyword) : reading.hint;
    reports.add({ ...reading, hint, span: first.span });
    return null;
  }
  const { value, adjusted } = reading;
  if (adjusted !== undefined) {
    reports.add({ code: 'adjusted', span: first.span, message: adjusted });
  }
  return typeof value === 'number' ? { is: 'number', number: value } : { is: 'text', text: value };
}

/** Many write 0 for none, where none is said by saying nothing. */
function withoutLine({ default: standard, unset }: Keyword): string {
  return standard !== null || unset === MANDATORY ? '' : `; without the line: ${unset}`;
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['on', true],
  ['true', true],
  ['yes', true],
  ['off', false],
  ['false', false],
  ['no', false],
]);

function readBoolean(keyword: Keyword, word: Word, reports: Reports): Value | null {
  const on = BOOLEANS.get(word.text);
  if (on !== undefined) return { is: 'boolean', on };
  const lower = word.text.toLowerCase();
  reports.add({
    code: 'bad-value',
    span: word.span,
    message: `"${keyword.name}" is on or off, not "${word.text}"`,
    hint: 'one of on, off, true, false, yes, no; in small letters',
    ...(BOOLEANS.has(lower) ? { suggestion: lower } : {}),
  });
  return null;
}

/** keepalived reads `alpha off` as `alpha` where no value belongs: the opposite of what it says. */
function tellBehindFlag({ name }: Keyword, { text, span }: Word, reports: Reports): void {
  const meant = BOOLEANS.get(text.toLowerCase());
  if (meant === true) return;
  const isOff = meant === false || text === '0';
  if (isOff) {
    reports.add({
      code: 'off-ignored',
      span,
      message: `"${name}" is a flag here: it is switched on, whatever stands behind it`,
      hint: `remove the line: without "${name}" it is off`,
    });
    return;
  }
  reports.add({
    code: 'extra-argument',
    span,
    message: `"${name}" takes no more than itself: the rest is ignored`,
  });
}

function tellExtra({ name }: Keyword, { text, span }: Word, reports: Reports): void {
  reports.add({
    code: 'extra-argument',
    span,
    message: `"${name}" takes no more than one value: the rest is ignored`,
    ...hintOfExtra(text),
  });
}

function hintOfExtra(text: string): { readonly hint?: string } {
  if (text === '\\') return { hint: 'a \\ continues no line but those of a definition' };
  return isKeyword(text) ? { hint: `"${text}" is a keyword: it begins a line of its own` } : {};
}

function tellMissing({ name, help }: Keyword, { keyword }: Statement, reports: Reports): null {
  reports.add({
    code: 'missing-argument',
    span: keyword.span,
    message: `"${name}" needs a value`,
    hint: `${name}: ${help}`,
  });
  return null;
}

function tellBlock(name: string, { keyword }: Statement, reports: Reports): void {
  reports.add({
    code: 'unexpected-brace',
    span: keyword.span,
    message: `"${name}" is no block`,
    hint: 'remove the braces, or what they hold',
  });
}

export function tellNoBlock({ keyword }: Statement, reports: Reports): void {
  reports.add({
    code: 'missing-open-brace',
    span: keyword.span,
    message: `"${keyword.text}" needs a block: { … }`,
    hint: 'a { is missing after it',
  });
}

/** The words behind a keyword; none for a flag, one for a command as it was written. */
export function wordsOf(value: Value): readonly string[] {
  switch (value.is) {
    case 'boolean':
      return [value.on ? 'on' : 'off'];
    case 'number':
      return [decimal(value.number)];
    case 'text':
      return [value.text];
    case 'words':
      return value.words.map(({ text }) => text);
    case 'script':
      return [value.raw];
    default:
      return [];
  }
}

/** Never with an exponent, which the language does not know. */
function decimal(number: number): string {
  const text = String(number);
  return text.includes('e') ? number.toFixed(20).replace(/0+$/, '') : text;
}
