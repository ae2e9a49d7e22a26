/**
 * Files → lines → tokens: includes are read in, lines for other hosts dropped, definitions replaced,
 * generators written out (config-grammar §8-11). A line with none of these goes to the lexer as it stands.
 */
import { dirname } from 'node:path';
import type { Reports } from '../diagnostics/reports.ts';
import {
  codeOf,
  type DefinedLine,
  type Definition,
  Definitions,
  LINE_CHARACTERS_MAX,
} from './definitions.ts';
import { DerivedText, standingFor } from './derived-text.ts';
import { type Generated, generate } from './generator.ts';
import { type FilePort, Includes } from './include.ts';
import { Lexer, type RememberedBlocks } from './lexer.ts';
import { mended, tellByteOrderMark } from './mend.ts';
import type { SourceFile, Span } from './source.ts';
import { TOKENS_MAX, Tokens } from './tokens.ts';

export interface ExpandOptions {
  readonly configId: string;
  readonly files: FilePort;
  readonly reports: Reports;
  /** Odd characters stay as keepalived takes them, instead of being read as what was meant. */
  readonly literal: boolean;
  readonly remembered?: RememberedBlocks;
  /** Lines of other hosts are taken in as well when they open or close a block, and not both. */
  readonly keepsBraces: boolean;
  /** Other values of predefined names: `_INSTANCE`, `_ENV NAME`. */
  predefined(name: string): string | undefined;
}

const EXAMPLES = {
  sequence: '~SEQ(i, 1, 3) real_server 10.0.0.$i 80 { … }',
  list: '~LST({n, w}, {21, 5}, {22, 7}) real_server 10.0.0.$n 80 { weight $w }',
};

/** Definitions within definitions. */
const DEPTH_MAX = 32;
/** Uses of definitions in one line, those within definitions included. */
const USES_MAX = 4096;
/** What stands behind a brace and is more than words is a line of its own. */
const PARTS_MAX = 256;
/** Lines that definitions and generators make; each of them is kept with its places. */
const DERIVED_LINES_MAX = 500_000;
/** Characters of all files, and of all lines after definitions were replaced, likewise. */
export const TEXT_MAX: number = 64 * 1024 * 1024;
/** Files that are read; one that is included twice counts twice. */
const FILES_MAX = 20_000;
const TOO_LONG = `more than ${LINE_CHARACTERS_MAX} characters in a line with a definition, a sequence, an include or an odd character`;

const CONDITION = /^(\s*)@(\^?)(\S*)(\s*)/;
const DEFINITION = /^\s*\$([A-Za-z_]\w*)([ \t]*)=[ \t]*([\s\S]*)$/;
/** A brace outside quotes and comments, and behind it what is more than words. */
const BRACE_AND_DIRECTIVE =
  /^(?:[^"#!\\{}]|\\[\s\S]|"[^"]*"|[{}](?!\s*(?:[@$~]|include)))*[{}](\s*(?:[@$~]|include)[\s\S]*)$/;
/** A name in braces that is defined nowhere; a quoted text may hold it. */
const UNDEFINED_OR_QUOTED = /"[^"]*"|\$\{([A-Za-z_][^{}]*)\}/g;

export class Expander {
  readonly sources: SourceFile[] = [];
  readonly tokens: Tokens = new Tokens();
  private readonly options: ExpandOptions;
  private readonly lexer: Lexer;
  private readonly definitions: Definitions;
  private readonly includes: Includes;
  /** Lines of other hosts open so many more blocks than they close. */
  droppedOpens = 0;
  /** The first of these lines. */
  droppedBrace: Span | null = null;
  private derivedLength = 0;
  private derivedLines = 0;
  private readLength = 0;
  /** A limit of the whole configuration is passed, and told: nothing more is read. */
  private isStopped = false;
  /** A limit of one line is passed, and told: nothing more is made of it. */
  private isLineGivenUp = false;

  constructor(options: ExpandOptions) {
    this.options = options;
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
    if (includedAt !== null && this.sources.length >= FILES_MAX) {
      this.stop(
        includedAt,
        `more than ${FILES_MAX} files, each counted as often as it is included`,
      );
      return null;
    }
    const read = this.options.files.readFile(path);
    const text = 'text' in read ? read.text : '';
    this.readLength += text.length;
    const isTaken = 'text' in read && this.readLength <= TEXT_MAX;
    const order = this.sources.length;
    const file = { path, text: isTaken ? text : '', order, includedAt };
    this.sources.push(file);
    const span = includedAt ?? { file, start: 0, end: 0 };
    if ('error' in read) {
      this.includes.tellUnreadable(path, read.error, span, includedAt !== null);
    } else if (!isTaken) {
      this.stop(span, `more than ${TEXT_MAX} characters in all files`);
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
    const cutting = this.tokens.addFile(file);
    const hasMark = text.startsWith('\ufeff');
    if (hasMark) tellByteOrderMark(file, this.options.reports);
    this.tokens.expect(text.length);
    this.includes.enter(file.path);
    this.lexer.changeFile(file.path);
    let at = hasMark ? 1 : 0;
    while (at < text.length && !this.isStopped) {
      const next = this.lexer.plainLine(cutting, text, at);
      at = next >= 0 ? next : this.special(file, at);
      if (this.tokens.count > TOKENS_MAX) {
        this.stop({ file, start: at, end: at }, `more than ${TOKENS_MAX} words and braces`);
      }
    }
    this.lexer.changeFile(file.includedAt?.file.path ?? null);
    this.includes.leave();
  }

  /** A line that is more than words; gives where the next one begins. */
  private special(file: SourceFile, at: number): number {
    const reader = new PhysicalLines(file, at);
    this.isLineGivenUp = false;
    const line = reader.next() as DerivedText;
    if (!this.isTooLong(line)) this.line(line, 0, reader);
    return reader.at;
  }

  /** A line, and then what stands behind its braces: that is a line of its own. */
  private line(line: DerivedText, depth: number, reader: PhysicalLines | null): void {
    let rest: DerivedText | null = line;
    for (let parts = 1; rest !== null && !this.isOver; parts += 1) {
      if (parts > PARTS_MAX) {
        const span = rest.spanOf(0, rest.text.length);
        this.giveUp(
          span,
          `more than ${PARTS_MAX} conditions and the like behind braces of one line`,
        );
      } else {
        rest = this.beginning(rest, depth, reader);
      }
    }
  }

  /** Takes in a line, or its beginning up to a brace; gives what is left. */
  private beginning(
    line: DerivedText,
    depth: number,
    reader: PhysicalLines | null,
  ): DerivedText | null {
    const kept = this.keep(line);
    if (kept === null) return null;
    const rest = kept === 0 ? line : line.from(kept);
    if (kept > 0 && rest.text.startsWith('@')) this.tellSecondCondition(rest);
    return this.define(rest, reader) ? null : this.expanded(rest, depth, reader);
  }

  /** How many characters a condition in front takes; null when the line is for another host. */
  private keep(line: DerivedText): number | null {
    const found = CONDITION.exec(line.text);
    if (found === null) return 0;
    const [whole, , not, id] = found;
    const same = id === this.options.configId;
    if (same === (not === '')) return whole.length;
    const opens = netBraces(line.text);
    if (opens === 0) return null;
    this.droppedOpens += opens;
    this.droppedBrace ??= line.spanOf(whole.indexOf('@'), line.text.trimEnd().length);
    return this.options.keepsBraces ? whole.length : null;
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
      if (next === null || this.isTooLong(next)) break;
      if (last === value) this.tellConditionInFirstLine(next);
      const kept = this.keep(next);
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

  private tellConditionInFirstLine(line: DerivedText): void {
    const [condition] = CONDITION.exec(line.text) ?? [];
    if (condition === undefined) return;
    this.options.reports.add({
      code: 'bad-condition',
      span: line.spanOf(line.text.indexOf('@'), condition.trimEnd().length),
      message: 'keepalived knows no condition on the first line of a definition',
      hint: 'put a line without condition first',
    });
  }

  private tellSecondCondition(line: DerivedText): void {
    const [second = ''] = /^\S+/.exec(line.text) ?? [];
    this.options.reports.add({
      code: 'bad-condition',
      span: line.spanOf(0, second.length),
      message: 'a line has one condition',
      hint: 'write a line for each',
    });
  }

  private expanded(
    line: DerivedText,
    depth: number,
    reader: PhysicalLines | null,
  ): DerivedText | null {
    const { text } = line;
    this.derivedLength += text.length;
    this.derivedLines += 1;
    if (this.isTooMuch(line, depth)) return null;
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
      if (this.isOver) return;
      for (const [name, text] of values) this.definitions.set(name, [{ text, definedAt }]);
      this.line(rest, depth + 1, null);
    }
  }

  /** The lines of a definition, where it stands alone on a line; they may define names themselves. */
  private definedLines(line: DerivedText, definition: Definition, depth: number): void {
    const first = line.text.length - line.text.trimStart().length;
    const place = line.spanOf(first, line.text.trimEnd().length);
    for (const { text, definedAt } of definition) {
      if (this.isOver) return;
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
      if (this.isStopped) break;
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

  /** A limit is passed: nothing more is made of this line. */
  private get isOver(): boolean {
    return this.isStopped || this.isLineGivenUp;
  }

  /** Whether a limit is passed, which is told. */
  private isTooMuch(line: DerivedText, depth: number): boolean {
    const span = (): Span => line.spanOf(0, line.text.length);
    if (this.derivedLines > DERIVED_LINES_MAX) {
      this.stop(span(), `more than ${DERIVED_LINES_MAX} lines made by definitions and generators`);
    } else if (this.derivedLength > TEXT_MAX) {
      this.stop(span(), `more than ${TEXT_MAX} characters after definitions are written out`);
    } else if (depth > DEPTH_MAX) {
      this.giveUp(span(), `definitions within definitions, more than ${DEPTH_MAX} deep`);
    } else if (line.text.length > LINE_CHARACTERS_MAX) {
      this.giveUp(span(), TOO_LONG);
    } else if (line.pieces > USES_MAX) {
      this.giveUp(span(), `more than ${USES_MAX} uses of definitions in one line`);
    } else {
      return false;
    }
    return true;
  }

  private isTooLong(line: DerivedText): boolean {
    const { length } = line.text;
    if (length <= LINE_CHARACTERS_MAX) return false;
    this.giveUp(line.spanOf(0, length), TOO_LONG);
    return true;
  }

  /** Nothing more is made of the line. */
  private giveUp(span: Span, message: string): void {
    this.tellTooLarge(span, message);
    this.isLineGivenUp = true;
  }

  private stop(span: Span, message: string): void {
    if (!this.isStopped) this.tellTooLarge(span, message);
    this.isStopped = true;
  }

  private tellTooLarge(span: Span, message: string): void {
    this.options.reports.add({ code: 'too-large', span, message });
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

/** How many more blocks a line opens than it closes. */
function netBraces(text: string): number {
  const code = codeOf(text).replace(/"[^"]*"|\$\{[^}]*\}/g, '');
  return code.replace(/[^{]/g, '').length - code.replace(/[^}]/g, '').length;
}

/** A line of a definition, without its comment and the backslash that continues it. */
function definedLine(line: DerivedText): DefinedLine {
  const text = continues(line.text) ? line.text.trimEnd().slice(0, -1) : line.text;
  const code = codeOf(text);
  const start = code.length - code.trimStart().length;
  return { text: code.trim(), definedAt: line.spanOf(start, code.trimEnd().length) };
}

/** Physical lines of a file from an offset on. */
class PhysicalLines {
  /** Where the next line begins. */
  at: number;
  private readonly file: SourceFile;

  constructor(file: SourceFile, at: number) {
    this.file = file;
    this.at = at;
  }

  next(): DerivedText | null {
    const { text } = this.file;
    if (this.at >= text.length) return null;
    const start = this.at;
    const end = text.indexOf('\n', start);
    this.at = end < 0 ? text.length : end + 1;
    const line = text.slice(start, end < 0 ? undefined : end);
    return DerivedText.of(this.file, line.endsWith('\r') ? line.slice(0, -1) : line, start);
  }
}
