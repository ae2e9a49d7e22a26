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
import {
  type EntryLine,
  readEntries,
  readLabel,
  readWords,
  tellNoBlock,
  type Value,
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
  private readonly settings: ReadonlyMap<string, readonly Setting[]>;
  /** Keywords that stand here, also with values that cannot be used. */
  private readonly mentioned: ReadonlySet<string>;

  constructor(
    block: BlockName,
    label: readonly Word[],
    span: Span,
    settings: ReadonlyMap<string, readonly Setting[]>,
    mentioned: Iterable<string> = settings.keys(),
  ) {
    this.block = block;
    this.label = label;
    this.span = span;
    this.settings = settings;
    this.mentioned = new Set(mentioned);
  }

  /** One of these keywords stands here, perhaps with a value that cannot be used. */
  mentions(...names: readonly string[]): boolean {
    return names.some((name) => this.mentioned.has(name));
  }

  /** Both together; where both have a keyword, the later one counts. */
  with(later: Section): Section {
    const settings = new Map(this.settings);
    for (const [name, more] of later.settings) {
      const both = [...(settings.get(name) ?? [])];
      for (const setting of more) addAgain(both, setting);
      settings.set(name, both);
    }
    return new Section(this.block, this.label, this.span, settings);
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
    return this.said(...names).flatMap(({ words }) => words);
  }

  /** What the phrase behind the keyword says, or each line of its block; of a list, all of them. */
  said(...names: readonly string[]): readonly Said[] {
    const settings = names.map((name) => this.settings.get(name)).find((found) => found) ?? [];
    const counting = settings[0]?.keyword.repeats === 'list' ? settings : settings.slice(-1);
    return counting.flatMap(({ value }) => {
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
    return (this.settings.get(name) ?? []).flatMap(({ value }) =>
      value.is === 'entries' ? value.said.map(({ words }) => words as unknown as EntryLine) : [],
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

export function readSection(
  block: BlockName,
  statements: readonly Statement[],
  reports: Reports,
  opener?: Statement,
): Section {
  const settings = new Map<string, Setting[]>();
  const stood = new Set<string>();
  for (const statement of statements) {
    const keyword = LANGUAGE[block].get(statement.keyword.text);
    if (keyword === undefined) {
      tellUnknown(block, statement, reports);
      continue;
    }
    const name = nameOfMeaning(keyword);
    const span = statementSpan(statement);
    if (stood.has(name)) tellRepeated(keyword, span, reports);
    stood.add(name);
    const value = readSetting(keyword, statement, reports);
    if (value === null) continue;
    const setting = { keyword, word: statement.keyword, span, value };
    const earlier = settings.get(name);
    if (earlier === undefined) settings.set(name, [setting]);
    else addAgain(earlier, setting);
  }
  const span = opener?.keyword.span ?? statements[0]?.keyword.span ?? NOWHERE;
  const mentioned = statements.map((statement) => statement.keyword.text);
  return new Section(block, opener?.args ?? [], span, settings, mentioned);
}

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

const BLOCKS_NAMED_MAX = 3;
const NOWHERE: Span = { file: { path: '', text: '', order: 0 }, start: 0, end: 0 };

/** Null: it has no effect, or cannot be used. */
function readSetting(keyword: Keyword, statement: Statement, reports: Reports): Value | null {
  tellStanding(keyword, statement.keyword, reports);
  if (keyword.effect !== 'none') return readValue(keyword, statement, reports);
  // Its mistakes are told all the same; that what it holds has no effect either goes without saying.
  readValue(keyword, statement, reports.without('no-effect'));
  return null;
}

function tellUnknown(
  block: BlockName,
  { keyword, block: body }: Statement,
  reports: Reports,
): void {
  const { text, span } = keyword;
  const stranger = strangerIn(block, text);
  if (stranger !== null) {
    reports.add({ ...stranger, span });
    return;
  }
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

/** The value of one statement; null: it cannot be used, and why has been told. */
function readValue(keyword: Keyword, statement: Statement, reports: Reports): Value | null {
  const { argument } = keyword;
  if (argument.is !== 'block' && argument.is !== 'entries') {
    return readWords(keyword, statement, reports);
  }
  if (statement.block === null) {
    tellNoBlock(statement, reports);
    return null;
  }
  readLabel(argument.label, statement, reports);
  if (argument.is === 'entries') return readEntries(keyword, statement, reports);
  return {
    is: 'section',
    section: readSection(argument.block, statement.block, reports, statement),
  };
}
