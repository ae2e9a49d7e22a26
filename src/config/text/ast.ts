/** The tree that the parser makes: statements of words, some of them with a block. */
import type { Run } from './pool.ts';
import type { Extent, Span } from './source.ts';

export interface Word {
  readonly text: string;
  readonly span: Span;
  /** It stood in double quotes. */
  readonly quoted: boolean;
}

export interface Statement {
  /** The text of the keyword. */
  readonly name: string;
  readonly keyword: Word;
  readonly args: readonly Word[];
  readonly argCount: number;
  /** The text of one argument, for those who need no place; '' when there is none. */
  argText(index: number): string;
  /** The arguments as written, quotes included: scripts are split by other rules. */
  readonly rawArgs: string;
  readonly hasBlock: boolean;
  /** Words and braces of it and of its block. */
  readonly size: number;
  /** What stands between its braces, made anew each time. */
  block(): Iterable<Statement>;
  /** The text between its braces; null: not all of it was written there. */
  blockText(): string | null;
  /** The same, if it was found to be that of a block before; else null. */
  repeatedText(): string | null;
  /** Keyword and arguments as written, the key to what is remembered of its block. */
  readonly head: string;
  /** The text of its block up to its first statement of this name; null: there is none, or more than words. */
  opening(name: string): Opening | null;
  /**
   * The statements of its block from the last word of such a text on; null: it does not begin with that, or one of
   * them has no block.
   */
  blocksBehind(opening: Opening): readonly Statement[] | null;
  /** No definition, condition or include stands in its block: what it says is all in its text. */
  readonly isPlain: boolean;
  /** Where all of it stands; null: not in one piece, or without its closing brace. */
  readonly extent: Extent | null;
  /** What stands between its braces, as an earlier reading has it, and its statements; here are none. Else null. */
  readonly remembered: string | null;
  /** It is many blocks of this name, which an earlier reading has made; where the first begins, is its keyword. Else null. */
  readonly run: Run | null;
}

/** The beginning of a block: from its brace to the first word of a statement, that word included. */
export interface Opening {
  readonly text: string;
  /** Words and braces, but for the last one. */
  readonly size: number;
}

/** From the keyword to the last argument. */
export function statementSpan({ keyword, args }: Statement): Span {
  const last = args.at(-1);
  if (last === undefined) return keyword.span;
  const { file, start } = keyword.span;
  if (last.span.file !== file || last.span.end < start) return keyword.span;
  const definedAt = keyword.span.definedAt ?? last.span.definedAt ?? null;
  return { file, start, end: last.span.end, definedAt };
}
