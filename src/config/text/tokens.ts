/**
 * The words and braces of all lines, as columns: a configuration of a million lines has three million
 * of them, and an object for each would cost more than reading it. parser.ts makes objects of a few at a time.
 *
 * A block that stands again to the letter is a passage, and its tokens are kept once:
 *
 *   real_server 10.1.0.3 80 { weight 2      tokens  word word word open word word close
 *   }                                                                  ╰───┬───╯
 *   real_server 10.1.0.4 80 { weight 2              word word word open repeat close
 *   }
 *
 * Who reads the second block is given the words of the first, moved to where they stand again. Of what an earlier
 * reading of the file has made already (memory.ts) there is the `repeat` alone, and nothing to read. Many blocks in a
 * row that it has made are one token of the kind `run`.
 */
import { grown } from '../../base/columns.ts';
import type { Word } from './ast.ts';
import type { Run } from './pool.ts';
import type { Extent, SourceFile, Span } from './source.ts';

/** A line after definitions were replaced, and where each of its characters came from. */
export interface DerivedLine {
  readonly text: string;
  /** The source of the characters from `start` to `end` of `text`. */
  spanOf(start: number, end: number): Span;
}

/**
 * Kinds of tokens. A word that begins a statement has `FIRST` added, and an opening brace `PLAIN` when nothing but
 * words and braces stands in its block: no definition, condition or include.
 */
export const Kind = {
  word: 0,
  escaped: 1,
  quoted: 2,
  open: 3,
  close: 4,
  repeat: 5,
  run: 6,
} as const;
export const FIRST = 8;
const PLAIN = 16;
const KIND_BITS = 7;

/** One token more is a file that nobody wrote by hand or by program: 13 octets each are kept. */
export const TOKENS_MAX: number = 8 * 1024 * 1024;

const TOKENS_AT_FIRST = 4096;
/** With its indentation; what is made ready and not needed costs address space, and no memory. */
const CHARACTERS_A_TOKEN = 12;

/**
 * What stands between two braces, to the letter and in one file: where it stands again, one token of the
 * kind `repeat` stands for all of it.
 */
export interface Passage {
  readonly text: string;
  /** Its tokens, the last one exclusive; none, if an earlier reading has cut it into words, and not this one. */
  readonly from: number;
  readonly to: number;
  /** Where it was cut from its file. */
  readonly start: number;
}

/** Where tokens were cut from: a whole file, or one line that definitions have made. */
type Cutting = SourceFile | DerivedLine;

/** Whether an earlier reading has the tokens of a passage. */
export function isElsewhere({ from, to }: Passage): boolean {
  return from === to;
}

function isLine(cutting: Cutting): cutting is DerivedLine {
  return 'spanOf' in cutting;
}

/** A word of a file, which knows its place; the text is cut when the word is made. */
class FileWord implements Word {
  readonly file: SourceFile;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly quoted: boolean;
  readonly definedAt: Span | null;

  constructor(
    text: string,
    quoted: boolean,
    file: SourceFile,
    start: number,
    end: number,
    definedAt: Span | null,
  ) {
    this.text = text;
    this.quoted = quoted;
    this.file = file;
    this.start = start;
    this.end = end;
    this.definedAt = definedAt;
  }

  /** A word is its own place. */
  get span(): Span {
    return this;
  }
}

export class Tokens {
  count = 0;
  private readonly cuttings: Cutting[] = [];
  private readonly passages: Passage[] = [];
  private readonly runs: Run[] = [];
  private kinds = new Uint8Array(TOKENS_AT_FIRST);
  private cuttingOf = new Uint32Array(TOKENS_AT_FIRST);
  private starts = new Uint32Array(TOKENS_AT_FIRST);
  private ends = new Uint32Array(TOKENS_AT_FIRST);

  /** The number by which `push` names the text that a token is cut from. */
  addFile(file: SourceFile): number {
    return this.cuttings.push(file) - 1;
  }

  addLine(line: DerivedLine): number {
    return this.cuttings.push(line) - 1;
  }

  /** `start` and `end` are offsets in the text of `cutting`; those of a quoted word include its quotes. */
  push(kind: number, cutting: number, start: number, end: number): void {
    const at = this.count;
    if (at === this.kinds.length) this.growTo(at * 2);
    this.kinds[at] = kind;
    this.cuttingOf[at] = cutting;
    this.starts[at] = start;
    this.ends[at] = end;
    this.count = at + 1;
  }

  /** What stands from an opening brace to the token `to`. */
  passage(open: number, to: number): Passage {
    const { text } = this.cuttings[this.cuttingOf[open] as number] as Cutting;
    const start = this.ends[open] as number;
    return { text: text.slice(start, this.starts[to]), from: open + 1, to, start };
  }

  /** A passage stands at `start` again. */
  pushRepeat(passage: Passage, cutting: number, start: number): void {
    const { passages } = this;
    if (passages[passages.length - 1] !== passage) passages.push(passage);
    this.push(Kind.repeat, cutting, start, passages.length - 1);
  }

  /** Blocks that an earlier reading has made stand from `start` on. */
  pushRun(run: Run, cutting: number, start: number): void {
    this.push(Kind.run + FIRST, cutting, start, this.runs.push(run) - 1);
  }

  get runCount(): number {
    return this.runs.length;
  }

  /** The blocks that a token stands for; or null. */
  runAt(at: number): Run | null {
    return this.kind(at) === Kind.run ? (this.runs[this.ends[at] as number] as Run) : null;
  }

  /** The passage that a token stands for, and how far behind its first place that is; or null. */
  passageAt(at: number): { readonly passage: Passage; readonly shift: number } | null {
    if (this.kind(at) !== Kind.repeat) return null;
    const passage = this.passages[this.ends[at] as number] as Passage;
    return { passage, shift: (this.starts[at] as number) - passage.start };
  }

  markPlain(open: number): void {
    this.kinds[open] = Kind.open | PLAIN;
  }

  isPlain(open: number): boolean {
    return ((this.kinds[open] as number) & PLAIN) !== 0;
  }

  /** Whether some of the text was cut into words by an earlier reading, and is not here. */
  get isIncomplete(): boolean {
    return this.runs.length > 0 || this.passages.some(isElsewhere);
  }

  /** The same with each passage written out. */
  unfolded(): Tokens {
    const all = new Tokens();
    all.cuttings.push(...this.cuttings);
    this.unfoldInto(all, 0, this.count, 0);
    return all;
  }

  private unfoldInto(all: Tokens, from: number, to: number, shift: number): void {
    for (let at = from; at < to; at += 1) {
      const start = (this.starts[at] as number) + shift;
      if (this.kind(at) === Kind.repeat) {
        const passage = this.passages[this.ends[at] as number] as Passage;
        this.unfoldInto(all, passage.from, passage.to, start - passage.start);
      } else {
        const kind = this.kinds[at] as number;
        all.push(kind, this.cuttingOf[at] as number, start, (this.ends[at] as number) + shift);
      }
    }
  }

  /** Makes room at once for what a text of so many characters usually has. */
  expect(characters: number): void {
    const length = Math.min(this.count + Math.ceil(characters / CHARACTERS_A_TOKEN), TOKENS_MAX);
    if (length > this.kinds.length) this.growTo(length);
  }

  private growTo(length: number): void {
    this.kinds = grown(this.kinds, new Uint8Array(length));
    this.cuttingOf = grown(this.cuttingOf, new Uint32Array(length));
    this.starts = grown(this.starts, new Uint32Array(length));
    this.ends = grown(this.ends, new Uint32Array(length));
  }

  /** One of `Kind`. */
  kind(at: number): number {
    return (this.kinds[at] as number) & KIND_BITS;
  }

  isWord(at: number): boolean {
    return this.kind(at) <= Kind.quoted;
  }

  beginsStatement(at: number): boolean {
    return ((this.kinds[at] as number) & FIRST) !== 0;
  }

  /** The next brace from a token on; `count`: there is none. */
  nextBrace(from: number): number {
    const { kinds, count } = this;
    let at = from;
    while (at < count) {
      const kind = (kinds[at] as number) & KIND_BITS;
      if (kind === Kind.open || kind === Kind.close) break;
      at += 1;
    }
    return at;
  }

  /** The first word of the statement that ends before a token. */
  headBefore(end: number): number {
    const { kinds } = this;
    let at = end - 1;
    while (at > 0 && ((kinds[at] as number) & FIRST) === 0) at -= 1;
    return at;
  }

  /** Behind the last word of the statement that begins with a token. */
  headEnd(first: number, to: number): number {
    const { kinds } = this;
    let at = first + 1;
    while (at < to && (kinds[at] as number) <= Kind.quoted) at += 1;
    return at;
  }

  /** Whether nothing but a passage stands in a block. */
  isRepeat(open: number): boolean {
    return this.kinds[open + 1] === Kind.repeat && this.kinds[open + 2] === Kind.close;
  }

  /** What stands in a block, if it was found to be that of a block before; else null. */
  textOfRepeat(open: number): string | null {
    if (!this.isRepeat(open)) return null;
    const passage = this.passages[this.ends[open + 1] as number] as Passage;
    // Not the text of an earlier reading: that would keep all of its file in memory.
    return isElsewhere(passage) ? null : passage.text;
  }

  /** Of a word or a brace; of a run its first word. */
  span(at: number): Span {
    const run = this.runAt(at);
    if (run !== null) {
      const start = this.starts[at] as number;
      return this.spanBetween(at, start, start + run.pool.keyword.length);
    }
    return this.spanBetween(at, this.starts[at] as number, this.ends[at] as number);
  }

  private spanBetween(at: number, start: number, end: number): Span {
    const cutting = this.cuttings[this.cuttingOf[at] as number] as Cutting;
    return isLine(cutting) ? cutting.spanOf(start, end) : { file: cutting, start, end };
  }

  /** Of a block in a file, by the tokens of its keyword and its braces; null: they stand in different texts. */
  extent(first: number, open: number, close: number, shift: number): Extent | null {
    const cutting = this.cuttingOf[first] as number;
    const isOne = cutting === this.cuttingOf[open] && cutting === this.cuttingOf[close];
    if (!isOne || isLine(this.cuttings[cutting] as Cutting)) return null;
    return {
      start: (this.starts[first] as number) + shift,
      end: (this.ends[close] as number) + shift,
      bodyStart: (this.ends[open] as number) + shift,
    };
  }

  /** `shift`: so many characters behind the place where it was cut from, for the text is repeated there. */
  word(at: number, shift = 0, text: string = this.text(at)): Word {
    const start = (this.starts[at] as number) + shift;
    const end = (this.ends[at] as number) + shift;
    const cutting = this.cuttings[this.cuttingOf[at] as number] as Cutting;
    const isQuoted = this.kind(at) === Kind.quoted;
    if (!isLine(cutting)) return new FileWord(text, isQuoted, cutting, start, end, null);
    const span = cutting.spanOf(start, end);
    return new FileWord(text, isQuoted, span.file, span.start, span.end, span.definedAt ?? null);
  }

  /** The text of one word alone, for those who need no place. */
  text(at: number): string {
    const kind = this.kind(at);
    const start = this.starts[at] as number;
    const end = this.ends[at] as number;
    const { text } = this.cuttings[this.cuttingOf[at] as number] as Cutting;
    if (kind === Kind.quoted) return text.slice(start + 1, end - 1);
    const bare = text.slice(start, end);
    return kind === Kind.escaped ? bare.replace(/\\([#!])/g, '$1') : bare;
  }

  /** Whether a word is this one, as `text` gives it. */
  isText(at: number, word: string): boolean {
    if (((this.kinds[at] as number) & KIND_BITS) !== Kind.word) return this.text(at) === word;
    const start = this.starts[at] as number;
    if ((this.ends[at] as number) - start !== word.length) return false;
    const { text } = this.cuttings[this.cuttingOf[at] as number] as Cutting;
    return text.startsWith(word, start);
  }

  /**
   * The text between two braces, or null when they are none, or some of what stands between them was not written
   * there: definitions, generators and included files have put it there.
   */
  textInside(open: number, close: number): string | null {
    const repeated = this.textOfRepeat(open);
    if (repeated !== null) return repeated;
    const areBraces =
      close < this.count && this.kind(open) === Kind.open && this.kind(close) === Kind.close;
    if (!areBraces) return null;
    const cutting = this.cuttingOf[open] as number;
    for (let at = open + 1; at <= close; at += 1) {
      if (this.cuttingOf[at] !== cutting) return null;
    }
    const { text } = this.cuttings[cutting] as Cutting;
    return text.slice(this.ends[open], this.starts[close]);
  }

  /** From an opening brace to the end of the word `last`, in one text. */
  textOfOpening(open: number, last: number): string {
    const { text } = this.cuttings[this.cuttingOf[open] as number] as Cutting;
    return text.slice(this.ends[open], this.ends[last]);
  }

  /** Whether this text stands behind a brace, and ends with the word `last`. */
  hasOpening(open: number, last: number, opening: string): boolean {
    const { text } = this.cuttings[this.cuttingOf[open] as number] as Cutting;
    const start = this.ends[open] as number;
    return this.ends[last] === start + opening.length && text.startsWith(opening, start);
  }

  /** How many more blocks are opened than closed. */
  netBraces(): number {
    let count = 0;
    for (let at = 0; at < this.count; at += 1) {
      const kind = this.kind(at);
      if (kind === Kind.open) count += 1;
      else if (kind === Kind.close) count -= 1;
    }
    return count;
  }

  /** What stands from one word of a line to another one, as written. */
  textBetween(first: number, last: number): string {
    const { text } = this.cuttings[this.cuttingOf[first] as number] as Cutting;
    return text.slice(this.starts[first], this.ends[last]);
  }
}
