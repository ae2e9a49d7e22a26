/** The text of a configuration and places in it: offset ⇄ file, line and column. */

export interface SourceFile {
  readonly path: string;
  readonly text: string;
  /** Position in the order of reading: the main file is 0. */
  readonly order: number;
  /** The line that includes this file; null for the main file. */
  readonly includedAt: Span | null;
}

/** A piece of a file's text, by offsets in UTF-16 units; the end is exclusive. */
export interface Span {
  readonly file: SourceFile;
  readonly start: number;
  readonly end: number;
  /** Where the text itself was written, when a definition has put it here. */
  readonly definedAt?: Span | null;
}

/** Where a block stands in its file: from its keyword to behind its brace. */
export interface Extent {
  readonly start: number;
  readonly end: number;
  /** Behind the brace that opens it. */
  readonly bodyStart: number;
}

/** Line and column count from 1; a tab is one column. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

const lineStarts = new WeakMap<SourceFile, Uint32Array>();

function lineStartsOf(file: SourceFile): Uint32Array {
  const known = lineStarts.get(file);
  if (known !== undefined) return known;
  const starts = new Uint32Array(countNewlines(file.text) + 1);
  let line = 0;
  for (let at = file.text.indexOf('\n'); at >= 0; at = file.text.indexOf('\n', at + 1)) {
    line += 1;
    starts[line] = at + 1;
  }
  lineStarts.set(file, starts);
  return starts;
}

function countNewlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

/** Where an offset stands; the last line start at or before it, by halving. */
export function positionOf(file: SourceFile, offset: number): Position {
  const starts = lineStartsOf(file);
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] as number) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (starts[low] as number) + 1 };
}

/** The text of a line without its end. */
export function lineText(file: SourceFile, line: number): string {
  const starts = lineStartsOf(file);
  const from = starts[line - 1] ?? file.text.length;
  const to = starts[line] ?? file.text.length + 1;
  const text = file.text.slice(from, to - 1);
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}
