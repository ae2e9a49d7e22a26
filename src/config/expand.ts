/**
 * Files → lines: includes are read in, lines for other hosts dropped, definitions replaced, generators
 * written out (config-grammar §8-11). Each line remembers where every character of it came from.
 */
import { dirname, isAbsolute, join } from 'node:path';
import type { Reports } from './diagnostic.ts';
import { generate } from './generator.ts';
import type { Line } from './lexer.ts';
import type { SourceFile, Span } from './source.ts';

/** What reading needs of the outside. */
export interface FilePort {
  /** The text, or why it cannot be read (`ENOENT`, `EISDIR`, …). */
  readFile(path: string): { readonly text: string } | { readonly error: string };
  /** Regular files that match a pattern of * ? [] {}, sorted. */
  listFiles(pattern: string): readonly string[];
}

export interface ExpandOptions {
  readonly configId: string;
  readonly files: FilePort;
  readonly reports: Reports;
  /** Other values of predefined names: `_INSTANCE`, `_ENV NAME`. */
  predefined(name: string): string | undefined;
}

/** Files within files, and definitions within definitions. */
const DEPTH_MAX = 32;
/** Uses of definitions in one line, those within definitions included. */
const USES_MAX = 4096;
/** Characters of all lines together, likewise. */
const EXPANDED_LENGTH_MAX = 64 * 1024 * 1024;

const INCLUDE = /^\s*(include[rmwba]?)\s+(?:"([^"]*)"|(\S+))\s*$/;
const CONDITION = /^(\s*)@(\^?)(\S*)(\s*)/;
const DEFINITION = /^\s*\$([A-Za-z_]\w*)=[ \t]*(.*)$/;
const USE = /\$\{([A-Za-z_]\w*)((?:[ \t]+[^}]*)?)\}|\$([A-Za-z_]\w*)(?=[ \t,)]|$)/g;

interface Definition {
  /** More than one for a multi-line definition. */
  readonly lines: readonly string[];
}

/** A line being expanded: where each stretch of its text came from. */
interface Stretch {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Character by character the source's; else the whole stretch stands for the source's span. */
  readonly literal: boolean;
}

export class Expander {
  readonly sources: SourceFile[] = [];
  private readonly options: ExpandOptions;
  private readonly definitions = new Map<string, Definition>();
  private readonly open: string[] = [];
  private length = 0;

  constructor(options: ExpandOptions) {
    this.options = options;
  }

  /** All lines of a file and of those that it includes. Null: the file cannot be read. */
  read(path: string): Iterable<Line> | null {
    const file = this.load(path);
    return file === null ? null : this.linesOf(file);
  }

  private load(path: string): SourceFile | null {
    const read = this.options.files.readFile(path);
    const file = { path, text: 'text' in read ? read.text : '', order: this.sources.length };
    this.sources.push(file);
    if ('text' in read) return file;
    this.options.reports.add({
      code: 'unreadable-file',
      span: { file, start: 0, end: 0 },
      message: `cannot read ${path}: ${read.error}`,
      hint: 'check the path and its permissions',
    });
    return null;
  }

  private *linesOf(file: SourceFile): Iterable<Line> {
    this.open.push(file.path);
    const reader = new PhysicalLines(file);
    if (file.text.startsWith('\ufeff')) this.tellByteOrderMark(file);
    for (let line = reader.next(); line !== null; line = reader.next()) {
      yield* this.linesFrom(file, line.text, line.start, reader);
    }
    this.open.pop();
  }

  private *linesFrom(
    file: SourceFile,
    written: string,
    writtenAt: number,
    reader: PhysicalLines,
  ): Iterable<Line> {
    const kept = this.keep(written);
    if (kept === null) return;
    const text = written.slice(kept);
    const start = writtenAt + kept;
    if (this.define(text, reader)) return;
    const whole: Stretch = { text, start, end: start + text.length, literal: true };
    yield* this.expanded(file, [whole], 0);
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
  private define(text: string, reader: PhysicalLines): boolean {
    const found = DEFINITION.exec(text);
    if (found === null) return false;
    const [, name = '', first = ''] = found;
    const lines = [first];
    while (lines.at(-1)?.trimEnd().endsWith('\\')) {
      lines.push((lines.pop() as string).trimEnd().slice(0, -1));
      const next = reader.next();
      if (next === null) break;
      const kept = this.keep(next.text);
      if (kept !== null) lines.push(next.text.slice(kept));
      else lines.push('\\');
    }
    const several = lines.length > 1 ? lines.filter((line) => line.trim() !== '') : lines;
    this.definitions.set(name, { lines: several.map(withoutComment) });
    return true;
  }

  private *expanded(
    file: SourceFile,
    stretches: readonly Stretch[],
    depth: number,
  ): Iterable<Line> {
    const text = stretches.map((stretch) => stretch.text).join('');
    this.length += text.length;
    const excess = this.excessOf(stretches, depth);
    if (excess !== null) {
      const span = spanIn(file, stretches, 0, text.length);
      this.options.reports.add({ code: 'too-large', span, message: excess });
      return;
    }
    const generated = generate(text, (value) => this.replaceText(value));
    if (generated !== null) {
      yield* this.generated(file, stretches, text, generated, depth);
      return;
    }
    const block = this.blockDefinition(text);
    if (block !== null) {
      for (const line of block) yield* this.expanded(file, standingFor(stretches, line), depth + 1);
      return;
    }
    const replaced = this.replace(stretches);
    if (replaced !== null) {
      yield* this.expanded(file, replaced, depth + 1);
      return;
    }
    const include = INCLUDE.exec(text);
    const spanOf = (start: number, end: number): Span => spanIn(file, stretches, start, end);
    if (include === null) yield { text, spanOf };
    else yield* this.include(file, include[2] ?? include[3] ?? '', spanOf(0, text.length));
  }

  private *generated(
    file: SourceFile,
    stretches: readonly Stretch[],
    text: string,
    generated: NonNullable<ReturnType<typeof generate>>,
    depth: number,
  ): Iterable<Line> {
    if ('fault' in generated) {
      this.options.reports.add({
        code: 'bad-generator',
        span: spanIn(file, stretches, 0, text.length),
        message: generated.fault,
        hint: 'for example: ~SEQ(i, 1, 3) real_server 10.0.0.$i 80 { … }',
      });
      return;
    }
    for (const values of generated.rounds) {
      for (const [name, value] of values) this.definitions.set(name, { lines: [value] });
      yield* this.expanded(file, cut(stretches, generated.restAt), depth + 1);
    }
  }

  /** A definition of several lines, alone on a line. */
  private blockDefinition(text: string): readonly string[] | null {
    const name = /^\s*\$(?:\{(\w+)\}|(\w+))\s*$/.exec(text);
    const found = name && this.definitions.get(name[1] ?? name[2] ?? '');
    return found && found.lines.length > 1 ? found.lines : null;
  }

  private valueOf(name: string, argument: string): string | undefined {
    const defined = this.definitions.get(name);
    if (defined !== undefined) return defined.lines.join(' ');
    if (name === '_PWD') return dirname(this.open.at(-1) ?? '.');
    if (name === '_HASH') return '#';
    if (name === '_BANG') return '!';
    return this.options.predefined(`${name} ${argument}`.trim());
  }

  private replaceText(text: string): string {
    return text.replace(USE, (use, braced, argument, plain) => {
      return this.valueOf(braced ?? plain, (argument ?? '').trim()) ?? use;
    });
  }

  /** One round of replacement; null when nothing is left to replace. */
  private replace(stretches: readonly Stretch[]): readonly Stretch[] | null {
    let changed = false;
    const result = stretches.flatMap((stretch) => {
      const parts: Stretch[] = [];
      let from = 0;
      for (const use of stretch.text.matchAll(USE)) {
        const value = this.valueOf((use[1] ?? use[3]) as string, (use[2] ?? '').trim());
        if (value === undefined) continue;
        changed = true;
        parts.push(...cutOne(stretch, from, use.index));
        const [written] = cutOne(stretch, use.index, use.index + use[0].length);
        if (written) parts.push({ ...written, text: value, literal: false });
        from = use.index + use[0].length;
      }
      parts.push(...cutOne(stretch, from, stretch.text.length));
      return parts;
    });
    return changed ? result : null;
  }

  private *include(file: SourceFile, pattern: string, span: Span): Iterable<Line> {
    const path = isAbsolute(pattern) ? pattern : join(dirname(file.path), pattern);
    const { files, reports } = this.options;
    const found = files.listFiles(path);
    if (found.length === 0) {
      reports.add({
        code: 'include-missing',
        span,
        message: `no file matches ${path}`,
        hint: 'directories, and files with an execute bit, are passed over',
      });
    }
    for (const one of found) {
      if (this.open.includes(one) || this.open.length > DEPTH_MAX) {
        reports.add({ code: 'include-cycle', span, message: `${one} includes itself` });
        continue;
      }
      const included = this.load(one);
      if (included !== null) yield* this.linesOf(included);
    }
  }

  /** Which limit is passed, or null. */
  private excessOf(stretches: readonly Stretch[], depth: number): string | null {
    if (depth > DEPTH_MAX) return `definitions within definitions, more than ${DEPTH_MAX} deep`;
    if (stretches.length > USES_MAX) return `more than ${USES_MAX} uses of definitions in one line`;
    if (this.length <= EXPANDED_LENGTH_MAX) return null;
    return `more than ${EXPANDED_LENGTH_MAX} characters after definitions are written out`;
  }

  private tellByteOrderMark(file: SourceFile): void {
    this.options.reports.add({
      code: 'odd-character',
      span: { file, start: 0, end: 1 },
      message: 'the file begins with a byte order mark, which keepalived takes for a word',
      hint: 'save it as UTF-8 without byte order mark',
    });
  }
}

/** Physical lines with their offsets; a byte order mark in front is passed over. */
class PhysicalLines {
  private readonly text: string;
  private at: number;

  constructor({ text }: SourceFile) {
    this.text = text;
    this.at = text.startsWith('\ufeff') ? 1 : 0;
  }

  next(): { readonly text: string; readonly start: number } | null {
    if (this.at >= this.text.length) return null;
    const start = this.at;
    const end = this.text.indexOf('\n', start);
    this.at = end < 0 ? this.text.length : end + 1;
    return { text: this.text.slice(start, end < 0 ? undefined : end), start };
  }
}

function withoutComment(text: string): string {
  const comment = /^(?:[^"#!\\]|\\.|"[^"]*")*/.exec(text);
  return (comment?.[0] ?? text).trim();
}

function cutOne(stretch: Stretch, from: number, to: number): readonly Stretch[] {
  if (from >= to) return [];
  const text = stretch.text.slice(from, to);
  if (!stretch.literal) return [{ ...stretch, text }];
  return [{ text, start: stretch.start + from, end: stretch.start + to, literal: true }];
}

/** The stretches from a character of the joined text on. */
function cut(stretches: readonly Stretch[], from: number): readonly Stretch[] {
  let passed = 0;
  return stretches.flatMap((stretch) => {
    const skip = Math.max(0, from - passed);
    passed += stretch.text.length;
    return cutOne(stretch, skip, stretch.text.length);
  });
}

function standingFor(stretches: readonly Stretch[], text: string): readonly Stretch[] {
  const first = stretches[0] as Stretch;
  return [{ text, start: first.start, end: stretches.at(-1)?.end ?? first.end, literal: false }];
}

function spanIn(file: SourceFile, stretches: readonly Stretch[], start: number, end: number): Span {
  let passed = 0;
  let from: number | null = null;
  let to = 0;
  for (const stretch of stretches) {
    const first = Math.max(start, passed) - passed;
    const last = Math.min(end, passed + stretch.text.length) - passed;
    if (first < last || (start === end && first <= stretch.text.length && first === last)) {
      from ??= stretch.literal ? stretch.start + first : stretch.start;
      to = stretch.literal ? stretch.start + last : stretch.end;
    }
    passed += stretch.text.length;
  }
  return from === null ? { file, start: 0, end: 0 } : { file, start: from, end: to };
}
