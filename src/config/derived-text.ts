/** A line that is being expanded: its text, and where each stretch of it came from. */
import type { SourceFile, Span } from './source.ts';
import type { DerivedLine } from './tokens.ts';

interface Stretch {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Character by character the source's; else the whole stretch stands for the source's span. */
  readonly literal: boolean;
  /** Where a definition's text was written. */
  readonly definedAt: Span | null;
}

export class DerivedText implements DerivedLine {
  readonly text: string;
  private readonly file: SourceFile;
  private readonly stretches: readonly Stretch[];
  /** Where each stretch ends in the text. */
  private readonly ends: readonly number[];

  constructor(file: SourceFile, stretches: readonly Stretch[]) {
    this.file = file;
    this.stretches = stretches;
    this.text =
      stretches.length === 1
        ? (stretches[0] as Stretch).text
        : stretches.map((stretch) => stretch.text).join('');
    let passed = 0;
    this.ends = stretches.map((stretch) => {
      passed += stretch.text.length;
      return passed;
    });
  }

  /** A piece of a file's text as it stands. */
  static of(file: SourceFile, text: string, start: number): DerivedText {
    const end = start + text.length;
    return new DerivedText(file, [{ text, start, end, literal: true, definedAt: null }]);
  }

  /** Of how many stretches it is made. */
  get pieces(): number {
    return this.stretches.length;
  }

  /** The same places with another text of the same length. */
  withText(text: string): DerivedText {
    let at = 0;
    return new DerivedText(
      this.file,
      this.stretches.map((stretch) => {
        const from = at;
        at += stretch.text.length;
        return { ...stretch, text: text.slice(from, at) };
      }),
    );
  }

  /** From a character on. */
  from(start: number): DerivedText {
    let passed = 0;
    const rest = this.stretches.flatMap((stretch) => {
      const skip = Math.max(0, start - passed);
      passed += stretch.text.length;
      return skip < stretch.text.length ? cut(stretch, skip, stretch.text.length) : [];
    });
    return new DerivedText(this.file, rest);
  }

  /**
   * Each match of `pattern` replaced by what `valueFor` gives for it; those for which it gives null stay.
   * Null: none was replaced. A use never reaches over two stretches: what a definition gives is complete.
   * What comes behind more than `lengthMax` characters is left out.
   */
  replaced(
    pattern: RegExp,
    valueFor: (
      use: RegExpExecArray,
    ) => { readonly text: string; readonly definedAt: Span | null } | null,
    lengthMax: number,
  ): DerivedText | null {
    let isChanged = false;
    let length = 0;
    const stretches: Stretch[] = [];
    for (const stretch of this.stretches) {
      let from = 0;
      for (const use of stretch.text.matchAll(pattern)) {
        const value = valueFor(use);
        if (value === null) continue;
        isChanged = true;
        length += use.index - from + value.text.length;
        const to = use.index + use[0].length;
        if (from < use.index) stretches.push(cut(stretch, from, use.index));
        // Of a line of empty values one is kept, so that the line has a place.
        if (value.text !== '' || stretches.length === 0) {
          const { start, end } = cut(stretch, use.index, to);
          const { text, definedAt } = value;
          stretches.push({ text, start, end, literal: false, definedAt });
        }
        from = to;
        if (length > lengthMax) return new DerivedText(this.file, stretches);
      }
      if (from < stretch.text.length) stretches.push(cut(stretch, from, stretch.text.length));
    }
    return isChanged ? new DerivedText(this.file, stretches) : null;
  }

  spanOf(start: number, end: number): Span {
    const { file, stretches, ends } = this;
    const first = firstReaching(ends, start === end ? start : start + 1);
    const [opening] = stretches.slice(first, first + 1);
    if (opening === undefined) {
      const { start: whole } = this.place;
      return { file, start: whole, end: whole };
    }
    const passed = ends[first - 1] ?? 0;
    const from = opening.literal ? opening.start + start - passed : opening.start;
    let to = from;
    let definedAt: Span | null = null;
    for (let at = first; at === first || (ends[at - 1] ?? end) < end; at += 1) {
      const { literal, definedAt: written, ...place } = stretches[at] as Stretch;
      const last = Math.min(end, ends[at] as number) - (ends[at - 1] ?? 0);
      to = literal ? place.start + last : place.end;
      definedAt ??= written;
    }
    return { file, start: from, end: Math.max(from, to), definedAt };
  }

  /** Where its first and its last character stand. */
  get place(): { readonly start: number; readonly end: number } {
    return { start: this.stretches[0]?.start ?? 0, end: this.stretches.at(-1)?.end ?? 0 };
  }

  get source(): SourceFile {
    return this.file;
  }
}

/** The first of ascending numbers that is `least` or more, by halving; their count: there is none. */
function firstReaching(ends: readonly number[], least: number): number {
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ends[middle] as number) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A text that a definition puts in the place of a line. */
export function standingFor(line: DerivedText, text: string, definedAt: Span): DerivedText {
  return new DerivedText(line.source, [{ ...line.place, text, literal: false, definedAt }]);
}

function cut(stretch: Stretch, from: number, to: number): Stretch {
  const { start, end, literal, definedAt } = stretch;
  if (from === 0 && to === stretch.text.length) return stretch;
  const text = stretch.text.slice(from, to);
  return literal
    ? { text, start: start + from, end: start + to, literal, definedAt }
    : { text, start, end, literal, definedAt };
}
