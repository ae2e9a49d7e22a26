/** The tree that the parser makes: statements of words, some of them with a block. */
import type { Span } from './source.ts';

export interface Word {
  readonly text: string;
  readonly span: Span;
  /** It stood in double quotes. */
  readonly quoted: boolean;
}

export interface Statement {
  readonly keyword: Word;
  readonly args: readonly Word[];
  /** The arguments as written, quotes included: scripts are split by other rules (config-grammar §6). */
  readonly rawArgs: string;
  /** Null: no block. */
  readonly block: readonly Statement[] | null;
}

/** From the keyword to the last argument. */
export function statementSpan({ keyword, args }: Statement): Span {
  const last = args.at(-1) ?? keyword;
  if (last.span.file !== keyword.span.file || last.span.end < keyword.span.start)
    return keyword.span;
  return { file: keyword.span.file, start: keyword.span.start, end: last.span.end };
}
