/**
 * Files → lines → tokens: includes are read in, lines for other hosts dropped, definitions replaced,
 * generators written out (config-grammar §8-11). A line with none of these goes to the lexer as it stands.
 */
import { dirname } from 'node:path';
import { type Definition, Definitions, LINE_CHARACTERS_MAX } from './definitions.ts';
import { DerivedText, standingFor } from './derived-text.ts';
import type { Reports } from './diagnostic.ts';
import { generate } from './generator.ts';
import { type FilePort, Includes } from './include.ts';
import { Lexer } from './lexer.ts';
import { mended, tellByteOrderMark } from './mend.ts';
import type { SourceFile, Span } from './source.ts';
import { TOKENS_MAX, Tokens } from './tokens.ts';

export interface ExpandOptions {
  readonly configId: string;
  readonly files: FilePort;
  readonly reports: Reports;
  /** Odd characters stay as keepalived takes them, instead of being read as what was meant. */
  readonly literal: boolean;
  /** Other values of predefined names: `_INSTANCE`, `_ENV NAME`. */
  predefined(name: string): string | undefined;
}

/** Definitions within definitions. */
const DEPTH_MAX = 32;
/** Uses of definitions in one line, those within definitions included. */
const USES_MAX = 4096;
/** Lines that definitions and generators make; each of them is kept with its places. */
const DERIVED_LINES_MAX = 500_000;
/** Characters of all files, and of all lines after definitions were replaced, likewise. */
export const TEXT_MAX: number = 64 * 1024 * 1024;
/** Files that are read; one that is included twice counts twice. */
const FILES_MAX = 20_000;
const TOO_LONG = `more than ${LINE_CHARACTERS_MAX} characters in a line with a definition, a sequence, an include or an odd character`;

const CONDITION = /^(\s*)@(\^?)(\S*)(\s*)/;
const DEFINITION = /^\s*\$([A-Za-z_]\w*)=[ \t]*([\s\S]*)$/;
const DEFINITION_WITH_BLANK = /^\s*(\$[A-Za-z_]\w*)\s+=/;

export class Expander {
  readonly sources: SourceFile[] = [];
  readonly tokens: Tokens = new Tokens();
  private readonly options: ExpandOptions;
  private readonly lexer: Lexer;
  private readonly definitions: Definitions;
  private readonly includes: Includes;
  private derivedLength = 0;
  private derivedLines = 0;
  private readLength = 0;
  /** A limit of the whole configuration is passed, and told: nothing more is read. */
  private isStopped = false;

  constructor(options: ExpandOptions) {
    this.options = options;
    this.lexer = new Lexer(this.tokens, options.reports);
    this.includes = new Includes(options.files, options.reports);
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
    this.includes.enter(file.path);
    let at = hasMark ? 1 : 0;
    while (at < text.length && !this.isStopped) {
      const next = this.lexer.plainLine(cutting, text, at);
      at = next >= 0 ? next : this.special(file, at);
      if (this.tokens.count > TOKENS_MAX) {
        this.stop({ file, start: at, end: at }, `more than ${TOKENS_MAX} words and braces`);
      }
    }
    this.includes.leave();
  }

  /** A line that is more than words; gives where the next one begins. */
  private special(file: SourceFile, at: number): number {
    const reader = new PhysicalLines(file, at);
    const { text, start } = reader.next() as PhysicalLine;
    if (this.isTooLong(file, start, text)) return reader.at;
    const kept = this.keep(text);
    if (kept === null) return reader.at;
    const line = DerivedText.of(file, text.slice(kept), start + kept);
    if (!this.define(line, reader)) this.expanded(line, 0);
    return reader.at;
  }

  /** How many characters a condition in front takes; null when the line is for another host. */
  private keep(text: string): number | null {
    const found = CONDITION.exec(text);
    if (found === null) return 0;
    const [whole, , not, id] = found;
    const same = id === this.options.configId;
    return same === (not === '') ? whole.length : null;
  }

  /** Takes in a definition, with its further lines. */
  private define(line: DerivedText, reader: PhysicalLines | null): boolean {
    const { text } = line;
    const found = DEFINITION.exec(text);
    if (found === null) return this.tellBlankBeforeEquals(line);
    const [whole, name = '', first = ''] = found;
    const definedAt = line.spanOf(whole.length - first.length, whole.length);
    const lines = [{ text: first, definedAt }];
    while (reader !== null && continues(lines.at(-1)?.text ?? '')) {
      const last = lines.pop() as { text: string; definedAt: Span };
      lines.push({ ...last, text: last.text.trimEnd().slice(0, -1) });
      const next = reader.next();
      if (next === null || this.isTooLong(definedAt.file, next.start, next.text)) break;
      if (lines.length === 1) this.tellConditionInFirstLine(next, definedAt.file);
      const kept = this.keep(next.text);
      const [start, end] = [next.start + (kept ?? 0), next.start + next.text.length];
      const span = { file: definedAt.file, start, end };
      lines.push({ text: kept === null ? '\\' : next.text.slice(kept), definedAt: span });
    }
    const several = lines.length > 1 ? lines.filter((one) => one.text.trim() !== '') : lines;
    this.definitions.set(name, several);
    return true;
  }

  private tellBlankBeforeEquals(line: DerivedText): boolean {
    const [, name] = DEFINITION_WITH_BLANK.exec(line.text) ?? [];
    if (name === undefined) return false;
    this.options.reports.add({
      code: 'bad-definition',
      span: line.spanOf(0, line.text.length),
      message: 'a definition has no blank before its "="',
      hint: `${name}=VALUE`,
    });
    return true;
  }

  private tellConditionInFirstLine({ text, start }: PhysicalLine, file: SourceFile): void {
    const [condition] = CONDITION.exec(text) ?? [];
    if (condition === undefined) return;
    this.options.reports.add({
      code: 'bad-definition',
      span: { file, start, end: start + condition.trimEnd().length },
      message: 'keepalived knows no condition on the first line of a definition',
      hint: 'put a line without condition first',
    });
  }

  /** False: a limit is passed, and nothing more is made of this line. */
  private expanded(line: DerivedText, depth: number): boolean {
    const { text } = line;
    this.derivedLength += text.length;
    this.derivedLines += 1;
    if (this.isTooMuch(line, depth)) return false;
    const generated = generate(text, (value) => this.definitions.replacedIn(value));
    if (generated !== null) return this.generated(line, generated, depth);
    const block = this.definitions.blockIn(text);
    if (block !== null) return this.definedLines(line, block, depth);
    const replaced = this.definitions.replacedInLine(line, this.options.reports);
    if (replaced !== null) return this.expanded(replaced, depth + 1);
    if (!this.include(line)) this.emit(line);
    return !this.isStopped;
  }

  private generated(
    line: DerivedText,
    generated: NonNullable<ReturnType<typeof generate>>,
    depth: number,
  ): boolean {
    if ('fault' in generated) {
      this.options.reports.add({
        code: 'bad-generator',
        span: line.spanOf(0, line.text.length),
        message: generated.fault,
        hint: 'for example: ~SEQ(i, 1, 3) real_server 10.0.0.$i 80 { … }',
      });
      return true;
    }
    const definedAt = line.spanOf(0, generated.restAt);
    const rest = line.from(generated.restAt);
    for (const values of generated.rounds) {
      for (const [name, text] of values) this.definitions.set(name, [{ text, definedAt }]);
      if (!this.expanded(rest, depth + 1)) return false;
    }
    return true;
  }

  /** The lines of a definition, where it stands alone on a line; they may define names themselves. */
  private definedLines(line: DerivedText, definition: Definition, depth: number): boolean {
    for (const { text, definedAt } of definition) {
      const inner = standingFor(line, text, definedAt);
      if (!this.define(inner, null) && !this.expanded(inner, depth + 1)) return false;
    }
    return true;
  }

  /** Nothing is left to replace: to the lexer, odd characters read as what was meant. */
  private emit(line: DerivedText): void {
    const { reports, literal } = this.options;
    const good = mended(line, reports, literal);
    if (good !== null) this.lexer.derivedLine(good);
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
    if (name === '_PWD') return dirname(this.includes.current);
    if (name === '_HASH') return '#';
    if (name === '_BANG') return '!';
    return this.options.predefined(name);
  }

  /** Whether a limit is passed, which is told. */
  private isTooMuch(line: DerivedText, depth: number): boolean {
    const span = (): Span => line.spanOf(0, line.text.length);
    if (this.derivedLines > DERIVED_LINES_MAX) {
      this.stop(span(), `more than ${DERIVED_LINES_MAX} lines made by definitions and generators`);
    } else if (this.derivedLength > TEXT_MAX) {
      this.stop(span(), `more than ${TEXT_MAX} characters after definitions are written out`);
    } else if (depth > DEPTH_MAX) {
      this.tellTooLarge(span(), `definitions within definitions, more than ${DEPTH_MAX} deep`);
    } else if (line.text.length > LINE_CHARACTERS_MAX) {
      this.tellTooLarge(span(), TOO_LONG);
    } else if (line.pieces > USES_MAX) {
      this.tellTooLarge(span(), `more than ${USES_MAX} uses of definitions in one line`);
    } else {
      return false;
    }
    return true;
  }

  private isTooLong(file: SourceFile, start: number, { length }: string): boolean {
    if (length <= LINE_CHARACTERS_MAX) return false;
    this.tellTooLarge({ file, start, end: start + length }, TOO_LONG);
    return true;
  }

  private stop(span: Span, message: string): void {
    if (!this.isStopped) this.tellTooLarge(span, message);
    this.isStopped = true;
  }

  private tellTooLarge(span: Span, message: string): void {
    this.options.reports.add({ code: 'too-large', span, message });
  }
}

/** So many NULs at the beginning are no slip. */
const NULS_MAX = 32;

function isBinary(text: string): boolean {
  return text.slice(0, 4096).split('\0').length > NULS_MAX;
}

function continues(text: string): boolean {
  return text.trimEnd().endsWith('\\');
}

interface PhysicalLine {
  readonly text: string;
  readonly start: number;
}

/** Physical lines of a file from an offset on. */
class PhysicalLines {
  /** Where the next line begins. */
  at: number;
  private readonly text: string;

  constructor({ text }: SourceFile, at: number) {
    this.text = text;
    this.at = at;
  }

  next(): PhysicalLine | null {
    if (this.at >= this.text.length) return null;
    const start = this.at;
    const end = this.text.indexOf('\n', start);
    this.at = end < 0 ? this.text.length : end + 1;
    const text = this.text.slice(start, end < 0 ? undefined : end);
    return { text: text.endsWith('\r') ? text.slice(0, -1) : text, start };
  }
}
