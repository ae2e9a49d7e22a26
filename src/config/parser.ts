/** Pieces of lines → the tree. Braces that do not match are told where they stand, and parsing goes on. */
import type { Statement, Word } from './ast.ts';
import type { Reports } from './diagnostic.ts';
import type { Piece } from './lexer.ts';
import type { Span } from './source.ts';

/** Blocks within blocks; the language needs five. */
const DEPTH_MAX = 32;

interface Open {
  readonly statements: MutableStatement[];
  readonly brace: Span | null;
  readonly opener: MutableStatement | null;
}

interface MutableStatement {
  keyword: Word;
  args: readonly Word[];
  rawArgs: string;
  block: MutableStatement[] | null;
}

export function parse(pieces: Iterable<Piece>, reports: Reports): readonly Statement[] {
  const root: Open = { statements: [], brace: null, opener: null };
  const stack: Open[] = [root];
  /** The statement that a brace would belong to: the one just before it. */
  let last: MutableStatement | null = null;
  for (const piece of pieces) {
    const top = stack.at(-1) as Open;
    if (piece.kind === 'words') {
      const [keyword, ...args] = piece.words as [Word, ...Word[]];
      last = { keyword, args, rawArgs: piece.raw, block: null };
      top.statements.push(last);
    } else if (piece.kind === 'open') {
      const opened = openBlock(last, piece.span, stack.length, reports);
      stack.push(opened);
      last = null;
    } else {
      closeBlock(stack, piece.span, reports);
      last = null;
    }
  }
  for (const open of stack.slice(1)) neverClosed(open, reports);
  return root.statements;
}

function openBlock(
  opener: MutableStatement | null,
  brace: Span,
  depth: number,
  reports: Reports,
): Open {
  const statements: MutableStatement[] = [];
  if (opener === null || depth > DEPTH_MAX) {
    reports.add({
      code: 'unexpected-brace',
      span: brace,
      message: 'this brace opens a block that has no name',
      hint: 'remove it, or write the name of the block before it',
    });
    return { statements, brace, opener: null };
  }
  opener.block = statements;
  return { statements, brace, opener };
}

function closeBlock(stack: Open[], brace: Span, reports: Reports): void {
  if (stack.length > 1) {
    stack.pop();
    return;
  }
  reports.add({
    code: 'unexpected-brace',
    span: brace,
    message: 'this brace closes a block that was never opened',
    hint: 'there is one } too many here, or a { missing above',
  });
}

function neverClosed({ brace, opener }: Open, reports: Reports): void {
  if (brace === null) return;
  const name = opener === null ? 'this block' : `the block "${opener.keyword.text}"`;
  reports.add({
    code: 'missing-close-brace',
    span: opener?.keyword.span ?? brace,
    message: `${name} is never closed`,
    hint: 'a } is missing at its end',
  });
}
