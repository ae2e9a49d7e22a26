/**
 * AST × keyword tables → sections: each block with its checked values, or diagnostics. What is missing in one
 * line and stands in the next is told once.
 */

import type { Reports } from '../diagnostics/reports.ts';
import { type BlockName, type Keyword, nameOfMeaning } from '../keywords/keyword.ts';
import { blocksWith, LANGUAGE, nearestKeyword } from '../keywords/table.ts';
import { type Opening, type Statement, statementSpan, type Word } from '../text/ast.ts';
import type { Run } from '../text/pool.ts';
import type { Extent, Span } from '../text/source.ts';
import { type Endpoint, endpointOf } from './endpoint.ts';
import { addAgain, Section, type Setting } from './section.ts';
import { tellRepeated, tellStanding } from './standing.ts';
import { isStrayComment } from './stray-comment.ts';
import { tellUnknown } from './unknown-keyword.ts';
import {
  readEntries,
  readLabel,
  readWords,
  tellNoBlock,
  type Unread,
  type Value,
} from './value.ts';

export function readSection(
  block: BlockName,
  statements: Iterable<Statement>,
  reports: Reports,
  opener?: Statement,
): Section {
  const settings = new Map<string, Setting[]>();
  const unusable = new Map<string, (readonly Word[])[]>();
  const spoil = (name: string, { args }: Statement): void => {
    const before = unusable.get(name);
    if (before === undefined) unusable.set(name, [args]);
    else before.push(args);
  };
  const table = LANGUAGE[block];
  let span = opener?.keyword.span ?? null;
  let lack: Lack | null = null;
  for (const statement of statements) {
    span ??= statement.keyword.span;
    if (lack !== null && fills(lack, block, statement, reports)) continue;
    const keyword = table.get(statement.name);
    if (keyword === undefined) {
      if (isStrayComment(statement, reports)) continue;
      spoil(readUnknown(block, statement, reports), statement);
      lack = lackOf(block, statement);
      continue;
    }
    const name = nameOfMeaning(keyword);
    const isOnce = keyword.repeats !== 'list';
    if (isOnce && (settings.has(name) || unusable.has(name))) {
      tellRepeated(keyword, statementSpan(statement), reports);
    }
    const setting = readSetting(keyword, statement, reports);
    lack = setting === null || statement.hasBlock ? lackOf(block, statement) : null;
    if (setting === null) {
      spoil(name, statement);
      continue;
    }
    const earlier = settings.get(name);
    if (earlier === undefined) settings.set(name, [setting]);
    else addAgain(earlier, setting);
  }
  return new Section(block, opener?.args ?? [], span ?? NOWHERE, settings, unusable);
}

/** What a statement lacks, when that may stand behind it as a statement of its own. */
type Lack =
  | { readonly is: 'value' }
  /** Its braces. */
  | { readonly is: 'braces'; readonly block: BlockName };

function lackOf(block: BlockName, statement: Statement): Lack | null {
  const { name } = statement;
  const [home] = LANGUAGE[block].has(name) ? [block] : blocksWith(name, block);
  const argument = home === undefined ? undefined : LANGUAGE[home].get(name)?.argument;
  if (argument === undefined || argument.is === 'entries') return null;
  if (argument.is === 'block') {
    return statement.hasBlock ? null : { is: 'braces', block: argument.block };
  }
  const hasNoValue = statement.argCount === 0 && argument.is !== 'flag';
  return statement.hasBlock || hasNoValue ? { is: 'value' } : null;
}

/** Whether a statement is what the one before it lacks, which has been told there. */
function fills(lack: Lack, block: BlockName, statement: Statement, reports: Reports): boolean {
  const { name, argCount, hasBlock } = statement;
  if (LANGUAGE[block].has(name)) return false;
  if (lack.is === 'braces') {
    const keyword = LANGUAGE[lack.block].get(name);
    if (keyword !== undefined) readSetting(keyword, statement, reports);
    return keyword !== undefined;
  }
  const isWord = argCount === 0 && !hasBlock && !statement.keyword.quoted;
  return (
    isWord && nearestKeyword(name, LANGUAGE[block]) === null && blocksWith(name, block).length === 0
  );
}

/** Gives the keyword that was probably meant, or the word itself. What its block holds is checked as well. */
function readUnknown(block: BlockName, statement: Statement, reports: Reports): string {
  if (reports.isFull) return statement.name;
  const { name, meant } = tellUnknown(block, statement, reports);
  const argument = meant?.argument;
  if (
    meant !== null &&
    statement.hasBlock &&
    (argument?.is === 'block' || argument?.is === 'entries')
  ) {
    const value = readValue(meant, statement, reports);
    if (value?.is === 'unread') value.read();
  }
  return name;
}

const NOWHERE: Span = {
  file: { path: '', text: '', order: 0, includedAt: null },
  start: 0,
  end: 0,
};

/** Null: it cannot be used. */
function readSetting(keyword: Keyword, statement: Statement, reports: Reports): Setting | null {
  tellStanding(keyword, statement, reports);
  // Its mistakes are told all the same; that what it holds has no effect either goes without saying.
  const told = keyword.effect === 'none' ? reports.without('no-effect') : reports;
  const value = readValue(keyword, statement, told);
  return value && new StatementSetting(keyword, statement, value);
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
  if (statement.run === null) readLabel(argument.label, statement, reports);
  if (argument.is === 'entries') return readEntries(keyword, statement, reports);
  const { block } = argument;
  if (MANY.has(block)) return new UnreadBlock(block, statement, reports);
  return { is: 'section', section: readSection(block, statement.block(), reports, statement) };
}

/** Blocks of which a file may have so many that they are read one after the other, and not kept. */
const MANY: ReadonlySet<BlockName> = new Set(['virtual_server', 'real_server']);

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

/** A block of such a kind. */
export function unreadBlock(block: BlockName, statement: Statement, reports: Reports): Unread {
  return new UnreadBlock(block, statement, reports);
}

class UnreadBlock implements Unread {
  readonly is = 'unread';
  private readonly block: BlockName;
  private readonly statement: Statement;
  private readonly reports: Reports;

  constructor(block: BlockName, statement: Statement, reports: Reports) {
    this.block = block;
    this.statement = statement;
    this.reports = reports;
  }

  read(): Section {
    return readSection(this.block, this.statement.block(), this.reports, this.statement);
  }

  opening(keyword: string): Opening | null {
    return this.statement.opening(keyword);
  }

  blocksBehind(opening: Opening): readonly Statement[] | null {
    return this.statement.blocksBehind(opening);
  }

  get label(): readonly Word[] {
    return this.statement.args;
  }

  get endpoint(): Endpoint | null {
    return endpointOf(this.statement.argText(0), this.statement.argText(1));
  }

  get span(): Span {
    return this.statement.keyword.span;
  }

  get text(): string | null {
    return this.statement.blockText();
  }

  get repeatedText(): string | null {
    return this.statement.repeatedText();
  }

  get extent(): Extent | null {
    return this.statement.extent;
  }

  get run(): Run | null {
    return this.statement.run;
  }

  get head(): string {
    return this.statement.head;
  }

  get isPlain(): boolean {
    return this.statement.isPlain;
  }

  get remembered(): string | null {
    return this.statement.remembered;
  }
}
