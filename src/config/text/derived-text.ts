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
  /** It stands there character by character. */
  readonly isVerbatim: boolean;
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
    return new DerivedText(file, [
      { text, start, end, literal: true, definedAt: null, isVerbatim: false },
    ]);
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
    return new DerivedText(this.file, slicer(this.stretches)(start, this.text.length));
  }

  /** The characters before one. */
  upTo(end: number): DerivedText {
    return new DerivedText(this.file, slicer(this.stretches)(0, end));
  }

  /**
   * Each match of `pattern` replaced by what `valueFor` gives for it; those for which it gives null stay.
   * Null: none was replaced. What comes behind more than `lengthMax` characters is left out.
   */
  replaced(
    pattern: RegExp,
    valueFor: (
      use: RegExpExecArray,
    ) => { readonly text: string; readonly definedAt: Span | null } | null,
    lengthMax: number,
  ): DerivedText | null {
    const between = slicer(this.stretches);
    const stretches: Stretch[] = [];
    let from: number | null = null;
    let length = 0;
    for (const use of this.text.matchAll(pattern)) {
      const value = valueFor(use);
      if (value === null) continue;
      length += use.index - (from ?? 0) + value.text.length;
      stretches.push(...between(from ?? 0, use.index));
      from = use.index + use[0].length;
      const replacedOnes = between(use.index, from);
      const [start, end] = [replacedOnes[0]?.start ?? 0, replacedOnes.at(-1)?.end ?? 0];
      // Of a line of empty values one is kept, so that the line has a place.
      if (value.text !== '' || stretches.length === 0) {
        stretches.push(written(value, start, end));
      }
      if (length > lengthMax) return new DerivedText(this.file, stretches);
    }
    if (from === null) return null;
    stretches.push(...between(from, this.text.length));
    return new DerivedText(this.file, stretches);
  }

  spanOf(start: number, end: number): Span {
    const { file, stretches, ends } = this;
    const first = firstReaching(ends, start === end ? start : start + 1);
    const [opening] = stretches.slice(first, first + 1);
    if (opening === undefined) {
      const whole = stretches[0]?.start ?? 0;
      return { file, start: whole, end: whole };
    }
    const passed = ends[first - 1] ?? 0;
    const from = opening.literal ? opening.start + start - passed : opening.start;
    let to = from;
    let definedAt: Span | null = null;
    for (let at = first; at === first || (ends[at - 1] ?? end) < end; at += 1) {
      const stretch = stretches[at] as Stretch;
      const before = ends[at - 1] ?? 0;
      const last = Math.min(end, ends[at] as number) - before;
      to = stretch.literal ? stretch.start + last : stretch.end;
      definedAt ??= narrowed(stretch, Math.max(start, before) - before, last);
    }
    return { file, start: from, end: Math.max(from, to), definedAt };
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

/** A text that a definition puts in the place of a line, which is at `place`. */
export function standingFor(place: Span, text: string, definedAt: Span): DerivedText {
  return new DerivedText(place.file, [written({ text, definedAt }, place.start, place.end)]);
}

/** What a definition gives, for what stands from `start` to `end`. */
function written(
  { text, definedAt }: { readonly text: string; readonly definedAt: Span | null },
  start: number,
  end: number,
): Stretch {
  const isVerbatim =
    definedAt !== null &&
    definedAt.end - definedAt.start === text.length &&
    definedAt.file.text.slice(definedAt.start, definedAt.end) === text;
  return { text, start, end, literal: false, definedAt, isVerbatim };
}

/** Gives the stretches between two characters, of which neither may lie before the ones asked for last. */
function slicer(stretches: readonly Stretch[]): (from: number, to: number) => readonly Stretch[] {
  let index = 0;
  let passed = 0;
  return (from, to) => {
    const found: Stretch[] = [];
    for (; index < stretches.length; index += 1) {
      const stretch = stretches[index] as Stretch;
      found.push(...cut(stretch, Math.max(0, from - passed), to - passed));
      if (passed + stretch.text.length > to) break;
      passed += stretch.text.length;
    }
    return found;
  };
}

function cut(stretch: Stretch, from: number, to: number): readonly Stretch[] {
  if (from === 0 && to >= stretch.text.length && stretch.text !== '') return [stretch];
  const text = stretch.text.slice(from, Math.max(from, to));
  if (text === '') return [];
  const definedAt = narrowed(stretch, from, from + text.length);
  if (!stretch.literal) return [{ ...stretch, text, definedAt }];
  const start = stretch.start + from;
  return [{ ...stretch, text, start, end: start + text.length, definedAt }];
}

/** Where a part of a stretch was written, when the definition's text stands there as it is. */
function narrowed({ definedAt, isVerbatim }: Stretch, from: number, to: number): Span | null {
  if (definedAt === null || !isVerbatim) return definedAt;
  const { file, start, end } = definedAt;
  if (from === 0 && start + to === end) return definedAt;
  return { file, start: start + from, end: start + to };
}
