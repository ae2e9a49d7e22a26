/**
 * AST × keyword tables → sections: each block with its checked values, or diagnostics. A value that
 * cannot be used is reported and left out, so that what is built from a section is always sound.
 */
import { parseAddress } from '../base/address.ts';
import { type Statement, statementSpan, type Word } from './ast.ts';
import type { Reports } from './diagnostic.ts';
import { INCLUDE_WORDS } from './include.ts';
import {
  type BlockName,
  keyword as entry,
  type Keyword,
  type KeywordTable,
  tableOf,
} from './keywords/keyword.ts';
import { blocksWith, LANGUAGE, nearestKeyword } from './keywords/table.ts';
import type { Span } from './source.ts';
import { isStrayComment, withoutSemicolon, withoutStrayComment } from './stray-comment.ts';

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
  /** A block that is read when it is asked for, and not kept: a file may have 10 000 virtual servers. */
  | { readonly is: 'unread'; readonly read: () => Section };

export interface Setting {
  readonly keyword: Keyword;
  readonly word: Word;
  readonly span: Span;
  readonly value: Value;
}

/** A keyword that stands in a block, but with a value that cannot be used, or misspelt. */
interface Unusable {
  /** As it was meant. */
  readonly name: string;
  readonly label: readonly Word[];
}

export class Section {
  readonly block: BlockName;
  /** The words between the keyword and its brace: a name, an address and port. */
  readonly label: readonly Word[];
  readonly span: Span;
  private readonly settings: ReadonlyMap<string, readonly Setting[]>;
  private readonly unusable: readonly Unusable[];

  constructor(
    block: BlockName,
    label: readonly Word[],
    span: Span,
    settings: ReadonlyMap<string, readonly Setting[]>,
    unusable: readonly Unusable[] = [],
  ) {
    this.block = block;
    this.label = label;
    this.span = span;
    this.settings = settings;
    this.unusable = unusable;
  }

  /** Whether a keyword stands here, also misspelt or with a value that cannot be used. */
  mentions(...names: readonly string[]): boolean {
    return names.some((name) => this.has(name) || this.unusable.some((one) => one.name === name));
  }

  /** Whether something stands here that cannot be used: what is lacking may be that. */
  get isSpoilt(): boolean {
    return this.unusable.length > 0;
  }

  /** Whether one of these stands here in a way that cannot be used. */
  spoils(...names: readonly string[]): boolean {
    return this.unusable.some(({ name }) => names.includes(name));
  }

  /** The names of all blocks of a keyword, also of those that cannot be used: they are told already. */
  namesOf(keyword: string): ReadonlySet<string> {
    const good = this.sections(keyword).map(({ label }) => label);
    const bad = this.unusable.filter(({ name }) => name === keyword).map(({ label }) => label);
    return new Set([...good, ...bad].flatMap(([first]) => (first === undefined ? [] : first.text)));
  }

  /** Both together; where both have a keyword, the later one counts. */
  with(later: Section): Section {
    const settings = new Map(this.settings);
    for (const [name, more] of later.settings) {
      settings.set(name, [...(settings.get(name) ?? []), ...more]);
    }
    const unusable = [...this.unusable, ...later.unusable];
    return new Section(this.block, this.label, this.span, settings, unusable);
  }

  /** The last one of these keywords, which are other words for one thing. */
  find(...names: readonly string[]): Setting | null {
    for (const name of names) {
      const found = this.settings.get(name);
      if (found !== undefined) return found[found.length - 1] as Setting;
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
    const found: Section[] = [];
    for (const name of names) {
      for (const { value } of this.settings.get(name) ?? []) {
        if (value.is === 'section') found.push(value.section);
      }
    }
    return found;
  }

  /** The blocks of a keyword that are read one after the other. Reading one again tells nothing anew. */
  *each(name: string): Iterable<Section> {
    for (const { value } of this.settings.get(name) ?? []) {
      if (value.is === 'unread') yield value.read();
    }
  }
}

export function readSection(
  block: BlockName,
  statements: Iterable<Statement>,
  reports: Reports,
  opener?: Statement,
): Section {
  const settings = new Map<string, Setting[]>();
  const unusable: Unusable[] = [];
  let span = opener?.keyword.span ?? null;
  let lack: Lack | null = null;
  for (const statement of statements) {
    span ??= statement.keyword.span;
    if (isStrayComment(statement, reports)) continue;
    if (lack !== null && fills(lack, block, statement, reports)) continue;
    const setting = readSetting(block, statement, reports);
    const isGood = 'value' in setting && !statement.hasBlock;
    lack = isGood ? null : lackOf(block, statement);
    if (!('value' in setting)) {
      unusable.push(setting);
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
  return new Section(block, opener?.args ?? [], span ?? NOWHERE, settings, unusable);
}

/** What a statement lacks, when that may stand behind it as a statement of its own. */
type Lack =
  | { readonly is: 'value' }
  /** Its braces. */
  | { readonly is: 'braces'; readonly block: BlockName };

function lackOf(block: BlockName, statement: Statement): Lack | null {
  const { text } = statement.keyword;
  const [home] = LANGUAGE[block].has(text) ? [block] : blocksWith(text, block);
  const argument = home === undefined ? undefined : LANGUAGE[home].get(text)?.argument;
  if (argument === undefined) return null;
  if (argument.is === 'block') {
    return statement.hasBlock ? null : { is: 'braces', block: argument.block };
  }
  const isList = argument.is === 'entries' || argument.is === 'anything';
  const hasStrayBraces = statement.hasBlock && !isList;
  const hasNoValue = statement.args.length === 0 && !isList && argument.is !== 'flag';
  return hasStrayBraces || hasNoValue ? { is: 'value' } : null;
}

/** Whether a statement is what the one before it lacks, which has been told there. */
function fills(lack: Lack, block: BlockName, statement: Statement, reports: Reports): boolean {
  const { keyword, args, hasBlock } = statement;
  const { text } = keyword;
  if (LANGUAGE[block].has(text)) return false;
  if (lack.is === 'braces') {
    const isOfBlock = LANGUAGE[lack.block].has(text);
    if (isOfBlock) readSetting(lack.block, statement, reports);
    return isOfBlock;
  }
  const isWord = args.length === 0 && !hasBlock && !keyword.quoted;
  return (
    isWord && nearestKeyword(text, LANGUAGE[block]) === null && blocksWith(text, block).length === 0
  );
}

const BLOCKS_NAMED_MAX = 3;
const NOWHERE: Span = {
  file: { path: '', text: '', order: 0, includedAt: null },
  start: 0,
  end: 0,
};

function tellRepeated({ keyword, span }: Setting, reports: Reports): void {
  reports.add({
    code: 'repeated',
    span,
    message: `"${keyword.name}" stands here a second time: the last one counts`,
    hint: 'remove one of them',
  });
}

function readSetting(block: BlockName, statement: Statement, reports: Reports): Setting | Unusable {
  const { keyword: word, args: label } = statement;
  const keyword = LANGUAGE[block].get(word.text);
  if (keyword === undefined) return { name: tellUnknown(block, statement, reports), label };
  const unusable = { name: keyword.insteadOf ?? keyword.name, label };
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
    // Its mistakes are told all the same; that what it holds has no effect either goes without saying.
    readValue(keyword, statement, reports.without('no-effect'));
    return unusable;
  }
  const value = readValue(keyword, statement, reports);
  return value === null ? unusable : { keyword, word, span: statementSpan(statement), value };
}

/** Words that are understood before there are blocks. */
const INCLUDES: KeywordTable = tableOf(
  ...INCLUDE_WORDS.map((name) => entry(name, { is: 'anything' }, 'files to read here')),
);

/** Gives the keyword that was probably meant, or the word itself. What its block holds is checked as well. */
function tellUnknown(block: BlockName, statement: Statement, reports: Reports): string {
  const { text, span } = statement.keyword;
  if (reports.isFull) return text;
  const [home] = blocksWith(text, block);
  if (home !== undefined) {
    tellMisplaced(block, statement, reports);
    checkBlock(LANGUAGE[home].get(text), statement, reports);
    return text;
  }
  const table = LANGUAGE[block];
  const spaced = withUnderscores(statement, table);
  const nearest = spaced ?? nearestKeyword(text, table) ?? nearestKeyword(text, INCLUDES);
  const meant = nearest === null ? undefined : table.get(nearest);
  const skipped = statement.hasBlock && !meant ? '; what it holds is not looked at' : '';
  const remark = remarkOn(block, statement);
  reports.add({
    code: 'unknown-keyword',
    span: spaced === null ? span : statementStart(statement, spaced),
    message: `there is no "${text}" ${placeOf(block)}${skipped}`,
    ...(nearest === null ? remark : { hint: `did you mean "${nearest}"?`, suggestion: nearest }),
  });
  checkBlock(meant, statement, reports);
  return nearest ?? text;
}

function placeOf(block: BlockName): string {
  return block === 'the top level' ? 'at the top level' : `in ${block}`;
}

function tellMisplaced(block: BlockName, { keyword }: Statement, reports: Reports): void {
  reports.add({
    code: 'misplaced-keyword',
    span: keyword.span,
    message: `"${keyword.text}" does not belong ${placeOf(block)}`,
    hint: `it belongs in ${namesOf(blocksWith(keyword.text, block))}`,
  });
}

const WORDS_OF_KEYWORD_MAX = 5;

/** `mcast src ip` for `mcast_src_ip`. */
function withUnderscores({ keyword, args }: Statement, table: KeywordTable): string | null {
  let name = keyword.text;
  for (const { text } of args.slice(0, WORDS_OF_KEYWORD_MAX - 1)) {
    name += `_${text}`;
    if (table.has(name)) return name;
  }
  return null;
}

/** The words that stand for a keyword with blanks in the place of its underscores. */
function statementStart({ keyword, args }: Statement, name: string): Span {
  const count = name.length - name.replaceAll('_', '').length;
  const own = keyword.text.length - keyword.text.replaceAll('_', '').length;
  const { file, start } = keyword.span;
  const end = args[count - own - 1]?.span.end ?? keyword.span.end;
  return {
    file,
    start,
    end: Math.max(end, keyword.span.end),
    definedAt: keyword.span.definedAt ?? null,
  };
}

const WORDS_OF_REMARK_MIN = 4;

function remarkOn(block: BlockName, statement: Statement): { readonly hint?: string } {
  if (isRemark(statement)) return { hint: 'put # before a remark' };
  const isMember = block === 'vrrp_sync_group' && statement.args.length === 0;
  return isMember ? { hint: `members stand in a block: group { ${statement.keyword.text} }` } : {};
}

/** A prompt, or prose; definitions and conditions have messages of their own. */
function isRemark({ keyword, args, hasBlock }: Statement): boolean {
  if (hasBlock || /^[$~@]/.test(keyword.text)) return false;
  if (!/^[\w-]+$/.test(keyword.text)) return true;
  return args.length + 1 >= WORDS_OF_REMARK_MIN && args.every(({ span }) => !span.definedAt);
}

/** Tells the mistakes in a block that is not used. */
function checkBlock(meant: Keyword | undefined, statement: Statement, reports: Reports): void {
  const argument = meant?.argument;
  if (!statement.hasBlock || (argument?.is !== 'block' && argument?.is !== 'entries')) return;
  const value = readBlock(argument, statement, reports);
  if (value?.is === 'unread') value.read();
}

/** The first few, which are the outer ones: whoever misplaced a word means one of these. */
function namesOf(blocks: readonly BlockName[]): string {
  const [some, more] = [blocks.slice(0, BLOCKS_NAMED_MAX), blocks.length - BLOCKS_NAMED_MAX];
  return more > 0 ? `${some.join(', ')} and ${more} other blocks` : some.join(' or ');
}

function readValue(keyword: Keyword, statement: Statement, reports: Reports): Value | null {
  const { argument } = keyword;
  if (argument.is === 'anything') return null;
  if (argument.is === 'block' || argument.is === 'entries') {
    return readBlock(argument, statement, reports);
  }
  if (statement.hasBlock) {
    reports.add({
      code: 'unexpected-brace',
      span: statement.keyword.span,
      message: `"${keyword.name}" is no block`,
      hint: 'remove the braces, or what they hold',
    });
  }
  const args = withoutStrayComment(statement.args, reports);
  if (argument.is === 'flag') tellWordsOfFlag(keyword, args, reports);
  const [first, second] = args;
  if (first === undefined) return readBare(keyword, statement, reports);
  const isShown = takesMany(keyword) || argument.is === 'word';
  const value = readWord(
    keyword,
    statement,
    isShown ? first : withoutSemicolon(first, reports),
    reports,
  );
  if (!takesMany(keyword) && argument.is !== 'flag' && second !== undefined) {
    reports.add({
      code: 'extra-argument',
      span: second.span,
      message: `"${keyword.name}" takes no more than one value: the rest is ignored`,
      ...(second.text === '\\' ? { hint: 'a \\ continues no line but those of a definition' } : {}),
    });
  }
  return value;
}

/** A flag is on, whatever stands behind it: `off` does not do what it says. */
function tellWordsOfFlag({ name }: Keyword, [first]: readonly Word[], reports: Reports): void {
  if (first === undefined) return;
  const isOff = /^(off|no|false|0)$/i.test(first.text);
  reports.add({
    code: isOff ? 'bad-value' : 'extra-argument',
    span: first.span,
    message: `"${name}" takes no value${isOff ? ': it is on here' : ': the rest is ignored'}`,
    ...(isOff ? { hint: 'remove the line to have it off' } : {}),
  });
}

function takesMany({ argument }: Keyword): boolean {
  return argument.is === 'words' || argument.is === 'script' || argument.is === 'anything';
}

function readBlock(
  argument: { readonly is: 'block'; readonly block: BlockName } | { readonly is: 'entries' },
  statement: Statement,
  reports: Reports,
): Value | null {
  const { keyword } = statement;
  if (!statement.hasBlock) {
    reports.add({
      code: 'missing-open-brace',
      span: keyword.span,
      message: `"${keyword.text}" needs a block: { … }`,
      hint: 'a { is missing after it',
    });
    return null;
  }
  if (argument.is === 'block' && argument.block === 'virtual_server') {
    const read = (): Section =>
      readSection('virtual_server', statement.block(), reports, statement);
    return { is: 'unread', read };
  }
  if (argument.is === 'block') {
    const section = readSection(argument.block, statement.block(), reports, statement);
    return { is: 'section', section };
  }
  const entries: EntryLine[] = [];
  for (const entry of statement.block()) {
    if (isStrayComment(entry, reports)) continue;
    if (entry.hasBlock) tellBlockInList(keyword, entry, reports);
    entries.push(readEntry(entry, reports));
  }
  return { is: 'entries', entries };
}

/** A semicolon at its end is none of it. */
function readEntry({ keyword, args }: Statement, reports: Reports): EntryLine {
  const words = [keyword, ...withoutStrayComment(args, reports)];
  const last = withoutSemicolon(words.pop() as Word, reports);
  return [...words, last] as unknown as EntryLine;
}

function tellBlockInList(list: Word, entry: Statement, reports: Reports): void {
  reports.add({
    code: 'unexpected-brace',
    span: entry.keyword.span,
    message: `${list.text} holds a list, and no block`,
  });
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
