/**
 * Files → lines → tokens: includes are read in (include.ts), lines for other hosts dropped (conditions.ts), definitions
 * replaced (definitions.ts), generators written out (generator.ts), within limits (limits.ts). A line with none of
 * these goes to the lexer as it stands.
 */
import { dirname } from 'node:path';
import { type ConditionOptions, Conditions } from './conditions.ts';
import { codeOf, type DefinedLine, type Definition, Definitions } from './definitions.ts';
import { type DerivedText, standingFor } from './derived-text.ts';
import { type Generated, generate } from './generator.ts';
import { type FilePort, Includes } from './include.ts';
import { Lexer, type RememberedBlocks } from './lexer.ts';
import { Limits } from './limits.ts';
import { mended, tellByteOrderMark } from './mend.ts';
import { PhysicalLines } from './physical-lines.ts';
import type { SourceFile, Span } from './source.ts';
import { TOKENS_MAX, Tokens } from './tokens.ts';

export interface ExpandOptions extends ConditionOptions {
  readonly files: FilePort;
  /** Odd characters stay as keepalived takes them, instead of being read as what was meant. */
  readonly literal: boolean;
  readonly remembered?: RememberedBlocks;
  /** Other values of predefined names: `_INSTANCE`, `_ENV NAME`. */
  predefined(name: string): string | undefined;
}

const EXAMPLES = {
  sequence: '~SEQ(i, 1, 3) real_server 10.0.0.$i 80 { … }',
  list: '~LST({n, w}, {21, 5}, {22, 7}) real_server 10.0.0.$n 80 { weight $w }',
};

const DEFINITION = /^\s*\$([A-Za-z_]\w*)([ \t]*)=[ \t]*([\s\S]*)$/;
/** A brace outside quotes and comments, and behind it what is more than words. */
const BRACE_AND_DIRECTIVE =
  /^(?:[^"#!\\{}]|\\[\s\S]|"[^"]*"|[{}](?!\s*(?:[@$~]|include)))*[{}](\s*(?:[@$~]|include)[\s\S]*)$/;
/** A name in braces that is defined nowhere; a quoted text may hold it. */
const UNDEFINED_OR_QUOTED = /"[^"]*"|\$\{([A-Za-z_][^{}]*)\}/g;

export class Expander {
  readonly sources: SourceFile[] = [];
  readonly tokens: Tokens = new Tokens();
  readonly conditions: Conditions;
  private readonly options: ExpandOptions;
  private readonly lexer: Lexer;
  private readonly definitions: Definitions;
  private readonly includes: Includes;
  private readonly limits: Limits;

  constructor(options: ExpandOptions) {
    this.options = options;
    this.conditions = new Conditions(options);
    this.limits = new Limits(options.reports);
    this.lexer = new Lexer(this.tokens, options.reports, options.remembered ?? null);
    this.includes = new Includes(options.files, options.reports, options.literal);
    this.definitions = new Definitions((name) => this.predefined(name));
  }

  /** Takes in a file and those that it includes; false: it cannot be read. */
  read(path: string): boolean {
    const file = this.load(path, null);
    if (file === null) return false;
    this.takeIn(file);
    return true;
  }

  private load(path: string, includedAt: Span | null): SourceFile | null {
    const { limits } = this;
    if (includedAt !== null && limits.isOneTooMany(this.sources.length, includedAt)) return null;
    const read = this.options.files.readFile(path);
    const text = 'text' in read ? read.text : '';
    const isTooMuch = limits.isTooMuchToRead(text);
    const order = this.sources.length;
    const file = { path, text: isTooMuch ? '' : text, order, includedAt };
    this.sources.push(file);
    const span = includedAt ?? { file, start: 0, end: 0 };
    if ('error' in read) {
      this.includes.tellUnreadable(path, read.error, span, includedAt !== null);
    } else if (isTooMuch) {
      limits.stopReading(span);
    } else if (isBinary(text)) {
      this.tellBinary(file);
    } else {
      return file;
    }
    return null;
  }

  private tellBinary(file: SourceFile): void {
    this.options.reports.add({
      code: 'not-text',
      span: { file, start: 0, end: 0 },
      message: `${file.path} is no text: it is full of NULs`,
      hint: 'check the path',
    });
  }

  private takeIn(file: SourceFile): void {
    const { text } = file;
    const { limits } = this;
    const cutting = this.tokens.addFile(file);
    const hasMark = text.startsWith('\ufeff');
    if (hasMark) tellByteOrderMark(file, this.options.reports);
    this.tokens.expect(text.length);
    this.includes.enter(file.path);
    this.lexer.changeFile(file.path);
    let at = hasMark ? 1 : 0;
    while (at < text.length && !limits.isStopped) {
      const next = this.lexer.plainLine(cutting, text, at);
      at = next >= 0 ? next : this.special(file, at);
      if (this.tokens.count > TOKENS_MAX) limits.stopAtTokens({ file, start: at, end: at });
    }
    this.lexer.changeFile(file.includedAt?.file.path ?? null);
    this.includes.leave();
  }

  /** A line that is more than words; gives where the next one begins. */
  private special(file: SourceFile, at: number): number {
    const reader = new PhysicalLines(file, at);
    this.limits.beginLine();
    const line = reader.next() as DerivedText;
    if (!this.limits.isTooLong(line)) this.line(line, 0, reader);
    return reader.at;
  }

  /** A line, and then what stands behind its braces: that is a line of its own. */
  private line(line: DerivedText, depth: number, reader: PhysicalLines | null): void {
    let rest: DerivedText | null = line;
    for (let parts = 1; rest !== null && !this.limits.isOver; parts += 1) {
      if (!this.limits.hasTooManyParts(rest, parts)) rest = this.beginning(rest, depth, reader);
    }
  }

  /** Takes in a line, or its beginning up to a brace; gives what is left. */
  private beginning(
    line: DerivedText,
    depth: number,
    reader: PhysicalLines | null,
  ): DerivedText | null {
    const kept = this.conditions.keep(line);
    if (kept === null) return null;
    const rest = kept === 0 ? line : line.from(kept);
    if (kept > 0) this.conditions.tellSecond(rest);
    return this.define(rest, reader) ? null : this.expanded(rest, depth, reader);
  }

  /** Takes in a definition, with its further lines. */
  private define(line: DerivedText, reader: PhysicalLines | null): boolean {
    const { text } = line;
    const found = DEFINITION.exec(text);
    if (found === null) return false;
    const [whole, name = '', blank = '', first = ''] = found;
    if (blank !== '') {
      this.tellBlankBeforeEquals(line, name);
      // keepalived takes the name for a use of an earlier definition.
      if (this.options.literal) return false;
    }
    const value = line.from(whole.length - first.length);
    const lines = [definedLine(value)];
    for (let last = value; reader !== null && continues(last.text); ) {
      const next = reader.next();
      if (next === null || this.limits.isTooLong(next)) break;
      if (last === value) this.conditions.tellOnFirstLine(next);
      const kept = this.conditions.keep(next);
      if (kept !== null) lines.push(definedLine(next.from(kept)));
      last = next;
    }
    const several = lines.length > 1 ? lines.filter(({ text }) => text !== '') : lines;
    this.definitions.set(name, several);
    return true;
  }

  private tellBlankBeforeEquals(line: DerivedText, name: string): void {
    this.options.reports.add({
      code: 'bad-definition',
      span: line.spanOf(line.text.indexOf('$'), line.text.indexOf('=') + 1),
      message: 'a definition has no blank before its "="',
      hint: `$${name}=VALUE`,
    });
  }

  private expanded(
    line: DerivedText,
    depth: number,
    reader: PhysicalLines | null,
  ): DerivedText | null {
    const { text } = line;
    if (this.limits.isTooMuch(line, depth)) return null;
    const generated = generate(text, (value) => this.definitions.replacedIn(value));
    if (generated !== null) {
      this.generated(line, generated, depth);
      return null;
    }
    const block = this.definitions.blockIn(text);
    if (block !== null) {
      this.definedLines(line, block, depth);
      return null;
    }
    const replaced = this.definitions.replacedInLine(line, this.options.reports);
    // What a definition has put there may be a condition or a definition itself.
    if (replaced !== null) return this.beginning(replaced, depth + 1, reader);
    return this.include(line) ? null : this.emit(line);
  }

  private generated(line: DerivedText, generated: Generated, depth: number): void {
    const { fault, start, end, rounds } = generated;
    const definedAt = line.spanOf(start, end);
    if (fault !== null) {
      this.options.reports.add({
        code: 'bad-generator',
        span: definedAt,
        message: fault,
        hint: `for example: ${EXAMPLES[/LST/.test(line.text.slice(start, end)) ? 'list' : 'sequence']}`,
      });
      // keepalived drops the line.
      if (this.options.literal) return;
    }
    const rest = line.from(end);
    for (const values of rounds) {
      if (this.limits.isOver) return;
      for (const [name, text] of values) this.definitions.set(name, [{ text, definedAt }]);
      this.line(rest, depth + 1, null);
    }
  }

  /** The lines of a definition, where it stands alone on a line; they may define names themselves. */
  private definedLines(line: DerivedText, definition: Definition, depth: number): void {
    const first = line.text.length - line.text.trimStart().length;
    const place = line.spanOf(first, line.text.trimEnd().length);
    for (const { text, definedAt } of definition) {
      if (this.limits.isOver) return;
      this.line(standingFor(place, text, definedAt), depth + 1, null);
    }
  }

  /** Nothing is left to replace: to the lexer, odd characters read as what was meant. */
  private emit(line: DerivedText): DerivedText | null {
    const { reports, literal } = this.options;
    const good = mended(withoutBracesOfNames(line), reports, literal);
    if (good === null) return null;
    const { 0: head, 1: rest = '' } = BRACE_AND_DIRECTIVE.exec(good.text) ?? [good.text];
    if (rest === '') {
      this.lexer.derivedLine(good);
      return null;
    }
    this.lexer.derivedLine(good.upTo(head.length - rest.length));
    return good.from(head.length - rest.length);
  }

  private include(line: DerivedText): boolean {
    const found = this.includes.find(line);
    if (found === null) return false;
    for (const { path, span } of found) {
      if (this.limits.isStopped) break;
      const included = this.load(path, span);
      if (included !== null) this.takeIn(included);
    }
    return true;
  }

  private predefined(name: string): string | undefined {
    if (name === '_PWD') return dirname(this.options.files.absolutePath(this.includes.current));
    if (name === '_HASH') return '#';
    if (name === '_BANG') return '!';
    return this.options.predefined(name);
  }
}

/** The braces of a name that is defined nowhere are none of a block; where it stands is told already. */
function withoutBracesOfNames(line: DerivedText): DerivedText {
  if (!line.text.includes('${')) return line;
  const text = line.text.replace(UNDEFINED_OR_QUOTED, (whole, name: string | undefined) =>
    name === undefined ? whole : `$[${name.replace(/\s/g, '_')}]`,
  );
  return line.withText(text);
}

/** So many NULs at the beginning are no slip. */
const NULS_MAX = 32;

function isBinary(text: string): boolean {
  return text.slice(0, 4096).split('\0').length > NULS_MAX;
}

function continues(text: string): boolean {
  return text.trimEnd().endsWith('\\');
}

/** A line of a definition, without its comment and the backslash that continues it. */
function definedLine(line: DerivedText): DefinedLine {
  const text = continues(line.text) ? line.text.trimEnd().slice(0, -1) : line.text;
  const code = codeOf(text);
  const start = code.length - code.trimStart().length;
  return { text: code.trim(), definedAt: line.spanOf(start, code.trimEnd().length) };
}
