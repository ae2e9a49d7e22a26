/** The lines of a file as they stand, one after the other. */
import { DerivedText } from './derived-text.ts';
import type { SourceFile } from './source.ts';

export class PhysicalLines {
  /** Where the next line begins. */
  at: number;
  private readonly file: SourceFile;

  /** From an offset on, where a line begins. */
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
