/** Blocks in a row that an earlier reading has made, as the one statement that stands for them. */
import type { Statement, Word } from './ast.ts';
import { lengthOf, type Run } from './pool.ts';
import type { Extent, Span } from './source.ts';

export class RunStatement implements Statement {
  readonly run: Run;
  readonly keyword: Word;
  readonly argCount = 0;
  readonly rawArgs = '';
  readonly hasBlock = true;
  readonly size = 1;
  readonly isPlain = true;
  readonly extent: Extent;
  readonly remembered = null;
  private readonly onAsked: () => void;

  /** `span`: the keyword of the first block. `onAsked`: somebody wants to know what is not here. */
  constructor(run: Run, span: Span, onAsked: () => void) {
    this.run = run;
    this.keyword = { text: run.pool.keyword, span, quoted: false };
    this.onAsked = onAsked;
    const { start } = span;
    this.extent = { start, end: start + lengthOf(run), bodyStart: start };
  }

  get name(): string {
    return this.keyword.text;
  }

  get head(): string {
    return this.name;
  }

  get args(): readonly Word[] {
    this.onAsked();
    return [];
  }

  argText(): string {
    this.onAsked();
    return '';
  }

  block(): Iterable<Statement> {
    this.onAsked();
    return [];
  }

  blockText(): null {
    return null;
  }

  repeatedText(): null {
    return null;
  }

  opening(): null {
    return null;
  }

  blocksBehind(): null {
    return null;
  }
}
