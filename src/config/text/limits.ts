/**
 * What a configuration may come to: a generator, or a definition of definitions, makes gigabytes of a few lines. A limit
 * of the whole ends the reading, one of a line ends what is made of that line; either is told.
 */
import type { Reports } from '../diagnostics/reports.ts';
import { LINE_CHARACTERS_MAX } from './definitions.ts';
import type { DerivedText } from './derived-text.ts';
import type { Span } from './source.ts';
import { TOKENS_MAX } from './tokens.ts';

/** Characters of all files, and of all lines after definitions were replaced, likewise. */
export const TEXT_MAX: number = 64 * 1024 * 1024;
/** Files that are read; one that is included twice counts twice. */
const FILES_MAX = 20_000;
/** Lines that definitions and generators make; each of them is kept with its places. */
const DERIVED_LINES_MAX = 500_000;
/** Definitions within definitions. */
const DEPTH_MAX = 32;
/** Uses of definitions in one line, those within definitions included. */
const USES_MAX = 4096;
/** What stands behind a brace and is more than words is a line of its own. */
const PARTS_MAX = 256;
const TOO_LONG = `more than ${LINE_CHARACTERS_MAX} characters in a line with a definition, a sequence, an include or an odd character`;

export class Limits {
  /** A limit of the whole configuration is passed, and told: nothing more is read. */
  isStopped = false;
  private readonly reports: Reports;
  /** A limit of one line is passed, and told: nothing more is made of it. */
  private isLineGivenUp = false;
  private readLength = 0;
  private derivedLength = 0;
  private derivedLines = 0;

  constructor(reports: Reports) {
    this.reports = reports;
  }

  /** A limit is passed: nothing more is made of this line. */
  get isOver(): boolean {
    return this.isStopped || this.isLineGivenUp;
  }

  beginLine(): void {
    this.isLineGivenUp = false;
  }

  /** Whether one file more, behind so many, is too many. */
  isOneTooMany(files: number, includedAt: Span): boolean {
    if (files < FILES_MAX) return false;
    this.stop(includedAt, `more than ${FILES_MAX} files, each counted as often as it is included`);
    return true;
  }

  /** Whether the text of one file more is too much; it is told by `stopReading`, when the file has a place. */
  isTooMuchToRead(text: string): boolean {
    this.readLength += text.length;
    return this.readLength > TEXT_MAX;
  }

  stopReading(span: Span): void {
    this.stop(span, `more than ${TEXT_MAX} characters in all files`);
  }

  stopAtTokens(span: Span): void {
    this.stop(span, `more than ${TOKENS_MAX} words and braces`);
  }

  /** Of a line of a file. */
  isTooLong(line: DerivedText): boolean {
    const { length } = line.text;
    if (length <= LINE_CHARACTERS_MAX) return false;
    this.giveUp(line.spanOf(0, length), TOO_LONG);
    return true;
  }

  /** Of a line behind so many parts that stood in front of it. */
  hasTooManyParts(line: DerivedText, parts: number): boolean {
    if (parts <= PARTS_MAX) return false;
    this.giveUp(
      line.spanOf(0, line.text.length),
      `more than ${PARTS_MAX} conditions and the like behind braces of one line`,
    );
    return true;
  }

  /** Counts one line more to be expanded, within so many definitions; whether that is too much. */
  isTooMuch(line: DerivedText, depth: number): boolean {
    this.derivedLength += line.text.length;
    this.derivedLines += 1;
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

  private giveUp(span: Span, message: string): void {
    this.tell(span, message);
    this.isLineGivenUp = true;
  }

  private stop(span: Span, message: string): void {
    if (!this.isStopped) this.tell(span, message);
    this.isStopped = true;
  }

  private tell(span: Span, message: string): void {
    this.reports.add({ code: 'too-large', span, message });
  }
}
