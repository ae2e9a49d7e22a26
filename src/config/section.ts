/**
 * AST × keyword tables → sections: each block with its checked values, or diagnostics. A value that
 * cannot be used is reported and left out, so that what is built from a section is always sound.
 */
import { type Statement, statementSpan, type Word } from './ast.ts';
import type { Reports } from './diagnostic.ts';
import { type BlockName, type Keyword, nameOfMeaning } from './keywords/keyword.ts';
import { strangerIn } from './keywords/strangers.ts';
import { blocksWith, LANGUAGE, nearestKeyword } from './keywords/table.ts';
import type { Said } from './phrase.ts';
import type { Span } from './source.ts';
import { tellRepeated, tellStanding } from './standing.ts';
import { isStrayComment } from './stray-comment.ts';
import {
  type EntryLine,
  readEntries,
  readLabel,
  readWords,
  tellNoBlock,
  type Unread,
  type Value,
  wordsOf,
} from './value.ts';

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
  private readonly unusable: ReadonlySet<string>;

  constructor(
    block: BlockName,
    label: readonly Word[],
    span: Span,
    settings: Settings,
    unusable: ReadonlySet<string> = new Set(),
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
    return found.map((setting) => {
      const { keyword, word, span, value } = setting;
      if (value.is !== 'unread') return setting;
      return { keyword, word, span, value: { is: 'section', section: value.read() } };
    });
  }

  /** Whether one of these keywords stands here, also with a value that cannot be used. */
  mentions(...names: readonly string[]): boolean {
    return names.some((name) => this.settings.has(name) || this.unusable.has(name));
  }

  /** Blocks in it of whatever name, in no order that means anything. */
  innerSections(): readonly Section[] {
    const found: Section[] = [];
    for (const settings of this.settings.values()) {
      for (const { value } of settings) if (value.is === 'section') found.push(value.section);
    }
    return found;
  }

  /** Both together; where both have a keyword, the later one counts. */
  with(later: Section): Section {
    const settings = new Map(this.settings);
    for (const [name, more] of later.settings) {
      const both = [...(settings.get(name) ?? [])];
      for (const setting of more) addAgain(both, setting);
      settings.set(name, both);
    }
    const unusable = new Set([...this.unusable, ...later.unusable]);
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
    return this.said(...names).flatMap(({ words }) => words);
  }

  /** What the phrase behind the keyword says, or each line of its block; of a list, all of them. */
  said(...names: readonly string[]): readonly Said[] {
    const settings = names.map((name) => this.effective(name)).find((found) => found.length > 0);
    const isList = settings?.[0]?.keyword.repeats === 'list';
    const counting = isList ? settings : settings?.slice(-1);
    return (counting ?? []).flatMap(({ value }) => {
      if (value.is === 'words') return [value.said];
      return value.is === 'entries' ? value.said : [];
    });
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
  unread(name: string): readonly Unread[] {
    return this.effective(name).flatMap(({ value }) => (value.is === 'unread' ? [value] : []));
  }

  /** All that is said here, blocks that are not read yet aside: equal texts mean the same. */
  signature(): string {
    const parts: string[] = [];
    for (const [name, settings] of this.settings) {
      for (const { value } of settings) {
        if (value.is !== 'unread') parts.push(name, ...wordsOf(value), '');
      }
    }
    return parts.join('\n');
  }
}

/** A setting that makes its words when it is asked where it stands. */
class StatementSetting implements Setting {
  readonly keyword: Keyword;
  readonly value: Value;
  private readonly statement: Statement;

  constructor(keyword: Keyword, statement: Statement, value: Value) {
    this.keyword = keyword;
    this.statement = statement;
    this.value = value;
  }

  get word(): Word {
    return this.statement.keyword;
  }

  get span(): Span {
    return statementSpan(this.statement);
  }
}

class UnreadBlock implements Unread {
  readonly is = 'unread';
  readonly read: () => Section;
  private readonly statement: Statement;

  constructor(statement: Statement, read: () => Section) {
    this.statement = statement;
    this.read = read;
  }

  get label(): readonly Word[] {
    return this.statement.args;
  }

  get address(): string {
    return this.statement.argText(0);
  }

  get port(): string {
    return this.statement.argText(1);
  }

  get span(): Span {
    return this.statement.keyword.span;
  }

  get text(): string | null {
    return this.statement.blockText();
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
  const unusable = new Set<string>();
  const table = LANGUAGE[block];
  let span = opener?.keyword.span ?? null;
  for (const statement of statements) {
    span ??= statement.keyword.span;
    const keyword = table.get(statement.name);
    if (keyword === undefined) {
      if (!isStrayComment(statement, reports)) tellUnknown(block, statement, reports);
      continue;
    }
    const name = nameOfMeaning(keyword);
    const isAgain = settings.has(name) || unusable.has(name);
    if (isAgain) tellRepeated(keyword, statementSpan(statement), reports);
    const setting = readSetting(keyword, statement, reports);
    if (setting === null) {
      unusable.add(name);
      continue;
    }
    const earlier = settings.get(name);
    if (earlier === undefined) settings.set(name, [setting]);
    else addAgain(earlier, setting);
  }
  return new Section(block, opener?.args ?? [], span ?? NOWHERE, settings, unusable);
}

const BLOCKS_NAMED_MAX = 3;
const NOWHERE: Span = {
  file: { path: '', text: '', order: 0, includedAt: null },
  start: 0,
  end: 0,
};

/** The last one of a list is the one that counts, where one counts. */
function addAgain(earlier: Setting[], setting: Setting): void {
  const { repeats } = setting.keyword;
  if (repeats === 'first' && earlier.length > 0) return;
  if (repeats === 'largest' && numberIn(setting) < numberIn(earlier.at(-1))) return;
  earlier.push(setting);
}

function numberIn(setting: Setting | undefined): number {
  return setting?.value.is === 'number' ? setting.value.number : 0;
}

/** Null: it cannot be used. */
function readSetting(keyword: Keyword, statement: Statement, reports: Reports): Setting | null {
  tellStanding(keyword, statement, reports);
  // Its mistakes are told all the same; that what it holds has no effect either goes without saying.
  const told = keyword.effect === 'none' ? reports.without('no-effect') : reports;
  const value = readValue(keyword, statement, told);
  return value && new StatementSetting(keyword, statement, value);
}

function tellUnknown(block: BlockName, { keyword, hasBlock }: Statement, reports: Reports): void {
  if (reports.isFull) return;
  const { text, span } = keyword;
  const stranger = strangerIn(block, text);
  if (stranger !== null) {
    reports.add({ ...stranger, span });
    return;
  }
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

/** The value of one statement; null: it cannot be used, and why has been told. */
function readValue(keyword: Keyword, statement: Statement, reports: Reports): Value | null {
  const { argument } = keyword;
  if (argument.is !== 'block' && argument.is !== 'entries') {
    return readWords(keyword, statement, reports);
  }
  if (!statement.hasBlock) {
    tellNoBlock(statement, reports);
    return null;
  }
  readLabel(argument.label, statement, reports);
  if (argument.is === 'entries') return readEntries(keyword, statement, reports);
  const read = (): Section => readSection(argument.block, statement.block(), reports, statement);
  return MANY.has(argument.block)
    ? new UnreadBlock(statement, read)
    : { is: 'section', section: read() };
}

/** Blocks of which a file may have so many that they are read one after the other, and not kept. */
const MANY: ReadonlySet<BlockName> = new Set(['virtual_server', 'real_server']);
