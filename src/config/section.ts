/**
 * AST × keyword tables → sections: each block with its checked values, or diagnostics. A value that
 * cannot be used is reported and left out, so that what is built from a section is always sound.
 */
import { parseAddress } from '../base/address.ts';
import { type Statement, statementSpan, type Word } from './ast.ts';
import type { Reports } from './diagnostic.ts';
import type { BlockName, Keyword } from './keywords/keyword.ts';
import { blocksWith, LANGUAGE, nearestKeyword } from './keywords/table.ts';
import type { Span } from './source.ts';

/** One entry of an entry block: `10.0.0.1/24 dev eth0`. */
export type EntryLine = readonly [Word, ...Word[]];

export type Value =
  | { readonly is: 'flag' }
  | { readonly is: 'boolean'; readonly on: boolean }
  | { readonly is: 'number'; readonly number: number }
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'words'; readonly words: readonly Word[] }
  | { readonly is: 'script'; readonly raw: string }
  | { readonly is: 'entries'; readonly entries: readonly EntryLine[] }
  | { readonly is: 'section'; readonly section: Section }
  /** Of a keyword whose value is not looked at: as it stands. */
  | { readonly is: 'verbatim'; readonly statement: Statement };

export interface Setting {
  readonly keyword: Keyword;
  readonly word: Word;
  readonly span: Span;
  readonly value: Value;
}

export class Section {
  readonly block: BlockName;
  /** The words between the keyword and its brace: a name, an address and port. */
  readonly label: readonly Word[];
  readonly span: Span;
  private readonly settings: ReadonlyMap<string, readonly Setting[]>;
  /** Keywords that stand here, also with values that cannot be used. */
  private readonly mentioned: ReadonlySet<string>;
  /** Settings without effect in this version: only who shows the configuration asks for them. */
  readonly inert: readonly Setting[];

  constructor(
    block: BlockName,
    label: readonly Word[],
    span: Span,
    settings: ReadonlyMap<string, readonly Setting[]>,
    mentioned: Iterable<string> = settings.keys(),
    inert: readonly Setting[] = [],
  ) {
    this.block = block;
    this.label = label;
    this.span = span;
    this.settings = settings;
    this.mentioned = new Set(mentioned);
    this.inert = inert;
  }

  mentions(name: string): boolean {
    return this.mentioned.has(name);
  }

  /** Both together; where both have a keyword, the later one counts. */
  with(later: Section): Section {
    const settings = new Map(this.settings);
    for (const [name, more] of later.settings) {
      settings.set(name, [...(settings.get(name) ?? []), ...more]);
    }
    const inert = [...this.inert, ...later.inert];
    return new Section(this.block, this.label, this.span, settings, settings.keys(), inert);
  }

  /** Every setting of a keyword, in the order of the text. */
  every(name: string): readonly Setting[] {
    return this.settings.get(name) ?? [];
  }

  /** The last one of these keywords, which are other words for one thing. */
  find(...names: readonly string[]): Setting | null {
    for (const name of names) {
      const setting = this.settings.get(name)?.at(-1);
      if (setting !== undefined) return setting;
    }
    return null;
  }

  has(name: string): boolean {
    return this.settings.has(name);
  }

  number(...names: readonly string[]): number | null {
    const value = this.find(...names)?.value;
    return value?.is === 'number' ? value.number : null;
  }

  text(...names: readonly string[]): string | null {
    const value = this.find(...names)?.value;
    return value?.is === 'text' ? value.text : null;
  }

  words(...names: readonly string[]): readonly Word[] {
    const value = this.find(...names)?.value;
    return value?.is === 'words' ? value.words : [];
  }

  boolean(name: string): boolean | null {
    const value = this.find(name)?.value;
    if (value?.is === 'boolean') return value.on;
    return value?.is === 'flag' ? true : null;
  }

  entries(name: string): readonly EntryLine[] {
    return (this.settings.get(name) ?? []).flatMap(({ value }) =>
      value.is === 'entries' ? value.entries : [],
    );
  }

  sections(...names: readonly string[]): readonly Section[] {
    return names.flatMap((name) =>
      (this.settings.get(name) ?? []).flatMap(({ value }) =>
        value.is === 'section' ? value.section : [],
      ),
    );
  }
}

/** Several blocks that are one; null: there is none. */
export function merged(sections: readonly Section[]): Section | null {
  const [first, ...rest] = sections;
  return first === undefined ? null : rest.reduce((sum, section) => sum.with(section), first);
}

export function readSection(
  block: BlockName,
  statements: readonly Statement[],
  reports: Reports,
  opener?: Statement,
): Section {
  const settings = new Map<string, Setting[]>();
  const inert: Setting[] = [];
  for (const statement of statements) {
    const setting = readSetting(block, statement, reports);
    if (setting === null) continue;
    if (setting.keyword.effect === 'none') {
      inert.push(setting);
      continue;
    }
    const { name } = setting.keyword;
    const earlier = settings.get(name);
    if (earlier === undefined) settings.set(name, [setting]);
    else {
      if (!setting.keyword.repeatable) tellRepeated(setting, reports);
      earlier.push(setting);
    }
  }
  const span = opener?.keyword.span ?? statements[0]?.keyword.span ?? NOWHERE;
  const mentioned = statements.map((statement) => statement.keyword.text);
  return new Section(block, opener?.args ?? [], span, settings, mentioned, inert);
}

const BLOCKS_NAMED_MAX = 3;
const NOWHERE: Span = { file: { path: '', text: '', order: 0 }, start: 0, end: 0 };

function tellRepeated({ keyword, span }: Setting, reports: Reports): void {
  reports.add({
    code: 'repeated',
    span,
    message: `"${keyword.name}" stands here a second time: the last one counts`,
    hint: 'remove one of them',
  });
}

function readSetting(block: BlockName, statement: Statement, reports: Reports): Setting | null {
  const { keyword: word } = statement;
  const keyword = LANGUAGE[block].get(word.text);
  if (keyword === undefined) {
    tellUnknown(block, statement, reports);
    return null;
  }
  if (keyword.insteadOf !== null) {
    reports.add({
      code: 'deprecated',
      span: word.span,
      message: `"${word.text}" is an old word for "${keyword.insteadOf}"`,
      suggestion: keyword.insteadOf,
    });
  }
  if (keyword.effect === 'none') {
    reports.add({
      code: 'no-effect',
      span: word.span,
      message: `"${word.text}" has no effect in this version`,
      hint: 'it is accepted, so that the file loads; what it asks for does not happen',
    });
  }
  // Its mistakes are told all the same; that what it holds has no effect either goes without saying.
  const told = keyword.effect === 'none' ? reports.without('no-effect') : reports;
  const value = readValue(keyword, statement, told);
  return value && { keyword, word, span: statementSpan(statement), value };
}

function tellUnknown(
  block: BlockName,
  { keyword, block: body }: Statement,
  reports: Reports,
): void {
  const { text, span } = keyword;
  const nearest = nearestKeyword(text, LANGUAGE[block]);
  const elsewhere = blocksWith(text, block);
  const place = block === 'the top level' ? 'at the top level' : `in ${block}`;
  if (elsewhere.length > 0) {
    reports.add({
      code: 'misplaced-keyword',
      span,
      message: `"${text}" does not belong ${place}`,
      hint: `it belongs in ${namesOf(elsewhere)}`,
    });
    return;
  }
  const skipped = body === null ? '' : '; what it holds is not looked at';
  reports.add({
    code: 'unknown-keyword',
    span,
    message: `there is no "${text}" ${place}${skipped}`,
    ...(nearest === null ? {} : { hint: `did you mean "${nearest}"?`, suggestion: nearest }),
  });
}

/** The first few, which are the outer ones: whoever misplaced a word means one of these. */
function namesOf(blocks: readonly BlockName[]): string {
  const [some, more] = [blocks.slice(0, BLOCKS_NAMED_MAX), blocks.length - BLOCKS_NAMED_MAX];
  return more > 0 ? `${some.join(', ')} and ${more} other blocks` : some.join(' or ');
}

function readValue(keyword: Keyword, statement: Statement, reports: Reports): Value | null {
  const { argument } = keyword;
  if (argument.is === 'anything') return { is: 'verbatim', statement };
  if (argument.is === 'block' || argument.is === 'entries') {
    return readBlock(argument, statement, reports);
  }
  if (statement.block !== null) {
    reports.add({
      code: 'unexpected-brace',
      span: statement.keyword.span,
      message: `"${keyword.name}" is no block`,
      hint: 'remove the braces, or what they hold',
    });
  }
  const [first, ...rest] = statement.args;
  if (first === undefined) return readBare(keyword, statement, reports);
  const value = readWord(keyword, statement, first, reports);
  if (!takesMany(keyword) && rest[0] !== undefined) {
    reports.add({
      code: 'extra-argument',
      span: rest[0].span,
      message: `"${keyword.name}" takes no more than ${argument.is === 'flag' ? 'itself' : 'one value'}: the rest is ignored`,
    });
  }
  return value;
}

function takesMany({ argument }: Keyword): boolean {
  return argument.is === 'words' || argument.is === 'script' || argument.is === 'anything';
}

function readBlock(
  argument: { readonly is: 'block'; readonly block: BlockName } | { readonly is: 'entries' },
  statement: Statement,
  reports: Reports,
): Value | null {
  const { keyword, block } = statement;
  if (block === null) {
    reports.add({
      code: 'missing-open-brace',
      span: keyword.span,
      message: `"${keyword.text}" needs a block: { … }`,
      hint: 'a { is missing after it',
    });
    return null;
  }
  if (argument.is === 'block') {
    return { is: 'section', section: readSection(argument.block, block, reports, statement) };
  }
  for (const { block: inner, keyword: word } of block) {
    if (inner === null) continue;
    reports.add({
      code: 'unexpected-brace',
      span: word.span,
      message: `${keyword.text} holds a list, and no block`,
    });
  }
  return { is: 'entries', entries: block.map((entry) => [entry.keyword, ...entry.args]) };
}

/** The keyword stands alone. */
function readBare(keyword: Keyword, statement: Statement, reports: Reports): Value | null {
  const { argument } = keyword;
  if (argument.is === 'flag') return { is: 'flag' };
  if (argument.is === 'boolean') return { is: 'boolean', on: true };
  if (argument.is === 'integer' && argument.bare !== undefined) {
    return { is: 'number', number: argument.bare };
  }
  reports.add({
    code: 'missing-argument',
    span: statement.keyword.span,
    message: `"${keyword.name}" needs a value`,
    hint: `${keyword.name}: ${keyword.help}`,
  });
  return null;
}

function readWord(
  keyword: Keyword,
  statement: Statement,
  word: Word,
  reports: Reports,
): Value | null {
  const { argument } = keyword;
  switch (argument.is) {
    case 'flag':
      return { is: 'flag' };
    case 'boolean':
      return readBoolean(keyword, word, reports);
    case 'integer':
      return readNumber(keyword, word, argument, /^[+-]?\d+$/, reports);
    case 'seconds':
      return readNumber(keyword, word, argument, /^\+?(\d+(\.\d*)?|\.\d+)$/, reports);
    case 'word':
      return { is: 'text', text: word.text };
    case 'milliseconds':
      return readNumber(keyword, word, argument, /^\+?(\d+(\.\d*)?|\.\d+)$/, reports);
    case 'words':
      return { is: 'words', words: statement.args };
    case 'choice':
      return readChoice(keyword, word, argument, reports);
    case 'address':
      return readAddress(keyword, word, reports);
    case 'script':
      return { is: 'script', raw: statement.rawArgs };
    default:
      return null;
  }
}

function readBoolean(keyword: Keyword, word: Word, reports: Reports): Value | null {
  const known = { on: true, true: true, yes: true, off: false, false: false, no: false };
  const on = known[word.text as keyof typeof known];
  if (on !== undefined) return { is: 'boolean', on };
  const lower = word.text.toLowerCase();
  reports.add({
    code: 'bad-value',
    span: word.span,
    message: `"${keyword.name}" is on or off, not "${word.text}"`,
    hint: 'one of on, off, true, false, yes, no; in small letters',
    ...(lower in known ? { suggestion: lower } : {}),
  });
  return null;
}

const UNITS: Readonly<Record<string, string>> = { seconds: ' s', milliseconds: ' ms' };

function readNumber(
  keyword: Keyword,
  word: Word,
  range: { readonly is: string; readonly min: number; readonly max: number },
  form: RegExp,
  reports: Reports,
): Value | null {
  const unit = UNITS[range.is] ?? '';
  const allowed = `from ${range.min}${unit} to ${range.max}${unit}`;
  if (!form.test(word.text)) {
    const what = range.is === 'integer' ? 'decimal number' : `number of ${range.is}`;
    reports.add({
      code: 'bad-value',
      span: word.span,
      message: `"${word.text}" is no ${what}`,
      hint: `${keyword.name} is ${allowed}`,
    });
    return null;
  }
  const number = Number(word.text);
  if (number >= range.min && number <= range.max) return { is: 'number', number };
  reports.add({
    code: 'out-of-range',
    span: word.span,
    message: `${word.text}${unit} is out of range`,
    hint: `${keyword.name} is ${allowed}`,
  });
  return null;
}

function readChoice(
  keyword: Keyword,
  word: Word,
  argument: { readonly of: readonly string[]; readonly anyCase?: boolean },
  reports: Reports,
): Value | null {
  const upper = word.text.toUpperCase();
  const fit = argument.of.find((one) => one === (argument.anyCase ? upper : word.text));
  if (fit !== undefined) return { is: 'text', text: fit };
  const meant = argument.of.find((one) => one.toUpperCase() === upper);
  reports.add({
    code: 'bad-value',
    span: word.span,
    message: `"${keyword.name}" cannot be "${word.text}"`,
    hint: `one of ${argument.of.join(', ')}`,
    ...(meant === undefined ? {} : { suggestion: meant }),
  });
  return null;
}

function readAddress(keyword: Keyword, word: Word, reports: Reports): Value | null {
  const text = parseAddress(word.text);
  if (text !== null) return { is: 'text', text };
  reports.add({
    code: 'bad-value',
    span: word.span,
    message: `"${word.text}" is no IP address`,
    hint: `${keyword.name}: ${keyword.help}`,
  });
  return null;
}
