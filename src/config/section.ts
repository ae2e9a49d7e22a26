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
import { isStrayComment, withoutStrayComment } from './stray-comment.ts';

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
  | { readonly is: 'unread'; readonly read: () => Section }
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
  /** What has no effect in this version, too: for those who look at the file and not at what we do. */
  private readonly settings: Settings;
  /** Keywords that stand here with values that cannot be used. */
  private readonly unusable: readonly string[];

  constructor(
    block: BlockName,
    label: readonly Word[],
    span: Span,
    settings: Settings,
    unusable: readonly string[] = [],
  ) {
    this.block = block;
    this.label = label;
    this.span = span;
    this.settings = settings;
    this.unusable = unusable;
  }

  /** All of a keyword that stands here, also when it has no effect in this version. */
  written(name: string): readonly Setting[] {
    const found = this.settings.get(name) ?? NONE;
    if (found[0]?.value.is !== 'unread') return found;
    return found.map((setting) =>
      setting.value.is === 'unread'
        ? { ...setting, value: { is: 'section', section: setting.value.read() } }
        : setting,
    );
  }

  /** All that stands here, keyword by keyword: for who would else ask for many that do not. */
  all(): Iterable<readonly Setting[]> {
    return this.settings.values();
  }

  /** Whether a keyword stands here, also with a value that cannot be used. */
  mentions(name: string): boolean {
    return this.settings.has(name) || this.unusable.includes(name);
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

  /** All that has no effect in this version. */
  get inert(): readonly Setting[] {
    return [...this.settings.values()].flat().filter(({ keyword }) => keyword.effect === 'none');
  }

  /** Those of a keyword that have an effect. */
  private effective(name: string): readonly Setting[] {
    const found = this.settings.get(name);
    return found === undefined || found[0]?.keyword.effect === 'none' ? NONE : found;
  }

  /** The last one of these keywords, which are other words for one thing. */
  find(...names: readonly string[]): Setting | null {
    for (const name of names) {
      const found = this.effective(name);
      if (found.length > 0) return found[found.length - 1] as Setting;
    }
    return null;
  }

  has(name: string): boolean {
    return this.effective(name).length > 0;
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
    return this.effective(name).flatMap(({ value }) =>
      value.is === 'entries' ? value.entries : [],
    );
  }

  sections(...names: readonly string[]): readonly Section[] {
    const found: Section[] = [];
    for (const name of names) {
      for (const { value } of this.effective(name)) {
        if (value.is === 'section') found.push(value.section);
        else if (value.is === 'unread') found.push(value.read());
      }
    }
    return found;
  }

  /** The blocks of a keyword that are read one after the other. Reading one again tells nothing anew. */
  *each(name: string): Iterable<Section> {
    for (const { value } of this.effective(name)) {
      if (value.is === 'unread') yield value.read();
    }
  }
}

type Settings = ReadonlyMap<string, readonly Setting[]>;

const NONE: readonly Setting[] = [];

/** Several blocks that are one; null: there is none. */
export function merged(sections: readonly Section[]): Section | null {
  const [first, ...rest] = sections;
  return first === undefined ? null : rest.reduce((sum, section) => sum.with(section), first);
}

export function readSection(
  block: BlockName,
  statements: Iterable<Statement>,
  reports: Reports,
  opener?: Statement,
): Section {
  const settings = new Map<string, Setting[]>();
  const unusable: string[] = [];
  let span = opener?.keyword.span ?? null;
  for (const statement of statements) {
    span ??= statement.keyword.span;
    if (isStrayComment(statement, reports)) continue;
    const setting = readSetting(block, statement, reports);
    if (setting === null) {
      unusable.push(statement.keyword.text);
      continue;
    }
    const { name, effect, repeatable } = setting.keyword;
    const earlier = settings.get(name);
    if (earlier === undefined) settings.set(name, [setting]);
    else {
      if (!repeatable && effect !== 'none') tellRepeated(setting, reports);
      // Of scripts keepalived keeps the first, of all else the last.
      if (setting.value.is === 'script') continue;
      earlier.push(setting);
    }
  }
  return new Section(block, opener?.args ?? [], span ?? NOWHERE, settings, unusable);
}

const BLOCKS_NAMED_MAX = 3;
const NOWHERE: Span = {
  file: { path: '', text: '', order: 0, includedAt: null },
  start: 0,
  end: 0,
};

function tellRepeated({ keyword, span, value }: Setting, reports: Reports): void {
  const isNotify = keyword.name.startsWith('notify');
  reports.add({
    code: 'repeated',
    span,
    message: `"${keyword.name}" stands here a second time: the ${value.is === 'script' ? 'first' : 'last'} one counts`,
    hint: isNotify
      ? 'each change has a word of its own: notify_master, notify_backup, notify_fault, notify_stop'
      : 'remove one of them',
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

function tellUnknown(block: BlockName, { keyword, hasBlock }: Statement, reports: Reports): void {
  if (reports.isFull) return;
  const { text, span } = keyword;
  const nearest = nearestKeyword(text, LANGUAGE[block]);
  const elsewhere = blocksWith(text, block);
  const place = block === 'the top level' ? 'at the top level' : `in ${block}`;
  const global = `vrrp_${text}`;
  if (block === 'global_defs' && LANGUAGE.global_defs.has(global)) {
    reports.add({
      code: 'unknown-keyword',
      span,
      message: `there is no "${text}" ${place}`,
      hint: `what holds for all instances has a prefix: "${global}"`,
      suggestion: global,
    });
    return;
  }
  if (elsewhere.length > 0) {
    reports.add({
      code: 'misplaced-keyword',
      span,
      message: `"${text}" does not belong ${place}`,
      hint: `it belongs in ${namesOf(elsewhere)}`,
    });
    return;
  }
  const skipped = !hasBlock ? '' : '; what it holds is not looked at';
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
  if (statement.hasBlock) {
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
  const extra = argument.is === 'flag' ? first : rest[0];
  if (!takesMany(keyword) && extra !== undefined) {
    reports.add({
      code: 'extra-argument',
      span: extra.span,
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
    entries.push([entry.keyword, ...withoutStrayComment(entry.args, reports)]);
  }
  return { is: 'entries', entries };
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
