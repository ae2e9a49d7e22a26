/**
 * Tokens → the tree. Which brace closes which is found for the whole text at once; statements are made
 * when somebody asks for them, block by block, so that a large file is never in memory as objects.
 */

import { invariant } from '../../base/error.ts';
import type { Reports } from '../diagnostics/reports.ts';
import type { Opening, Statement, Word } from './ast.ts';
import { closeByContext, type Grammar, hasUnopened, type Structure } from './repair.ts';
import { RunStatement } from './run-statement.ts';
import type { Extent } from './source.ts';
import { isElsewhere, Kind, type Tokens } from './tokens.ts';

/** Finds the blocks. Braces that do not match are told where they stand, and parsing goes on. */
export function parse(tokens: Tokens, grammar: Grammar, reports: Reports): Tree {
  const { structure, isBalanced, fits } = matchBraces(tokens, grammar, reports);
  const isSound = isBalanced && (fits || !hasUnopened(tokens, grammar));
  if (isSound) return new Tree(tokens, structure, reports);
  // Nothing can be said of braces while some are not there.
  if (tokens.isIncomplete) return new Tree(tokens, structure, reports, { isInsufficient: true });
  const all = tokens.unfolded();
  return new Tree(all, closeByContext(all, grammar, reports), reports, { isMended: true });
}

interface Matched {
  readonly structure: Structure;
  /** Each brace has its partner. */
  readonly isBalanced: boolean;
  /** False: a block stands where it has no place, and has one in another block of this text. */
  readonly fits: boolean;
}

/** A kind of block, with the kinds that were found in it. */
interface Nest {
  /** Null: the language does not know it there. */
  readonly block: string | null;
  /** What the block that was opened last in one of this kind is called; null: none was. */
  lastName: string | null;
  last: Nest | null;
}

/** The name of a block is the statement just before its brace. */
function matchBraces(tokens: Tokens, grammar: Grammar, reports: Reports): Matched {
  const ends = new Uint32Array(tokens.count);
  const stack: number[] = [];
  let nest: Nest = { block: grammar.root, lastName: null, last: null };
  const nests: Nest[] = [nest];
  const seen = new Set([grammar.root]);
  let isBalanced = true;
  let fits = true;
  for (let at = tokens.nextBrace(0); at < tokens.count; at = tokens.nextBrace(at + 1)) {
    if (tokens.kind(at) === Kind.open) {
      const head = at > 0 && tokens.isWord(at - 1) ? tokens.headBefore(at) : null;
      if (head === null) tellNameless(tokens, at, reports);
      // Blocks mostly stand among others of their kind.
      if (head === null || nest.lastName === null || !tokens.isText(head, nest.lastName)) {
        const name = head === null ? '' : tokens.text(head);
        const block = opens(grammar, nest.block, name);
        if (block !== null) seen.add(block);
        else if ([...seen].some((one) => opens(grammar, one, name) !== null)) fits = false;
        nest.lastName = name;
        nest.last = { block, lastName: null, last: null };
      }
      if (tokens.isRepeat(at)) {
        ends[at] = at + 2;
        at += 2;
        continue;
      }
      nest = nest.last as Nest;
      nests.push(nest);
      stack.push(at);
    } else {
      const open = stack.pop();
      if (open === undefined) isBalanced = false;
      else {
        ends[open] = at;
        nests.pop();
        nest = nests[nests.length - 1] as Nest;
      }
    }
  }
  const structure = { ends, unopened: new Map(), unclosed: new Set<number>() };
  return { structure, isBalanced: isBalanced && stack.length === 0, fits };
}

function opens(grammar: Grammar, block: string | null, word: string): string | null {
  return block ? grammar.opens(block, word) : null;
}

function tellNameless(tokens: Tokens, open: number, reports: Reports): void {
  reports.add({
    code: 'unexpected-brace',
    span: tokens.span(open),
    message: 'this brace opens a block that has no name',
    hint: 'remove it, or write the name of the block before it',
  });
}

/** Blocks within each other; the language has 6. What stands deeper is not read. */
const DEPTH_MAX = 64;

/** A file has a few hundred names of statements; one that has more is none of ours. */
const NAMES_MAX = 1_000;

/** Where statements stand. */
interface Level {
  readonly depth: number;
  /** So many characters behind the place where their tokens were cut from. */
  readonly shift: number;
}

interface Flaws {
  /** Its braces do not match, and where blocks end is a guess. */
  readonly isMended: boolean;
  /** Somebody has asked for what only an earlier reading knows: this tree is not to be used. */
  readonly isInsufficient: boolean;
}

export class Tree implements Flaws {
  private readonly tokens: Tokens;
  private readonly structure: Structure;
  private readonly reports: Reports;
  /** Each name of statements once, however many there are of it. */
  private readonly names = new Map<string, string>();
  private lastName = '';
  isInsufficient: boolean;
  readonly isMended: boolean;
  /** The reading is over. */
  isDone = false;

  constructor(
    tokens: Tokens,
    structure: Structure,
    reports: Reports,
    { isMended = false, isInsufficient = false }: Partial<Flaws> = {},
  ) {
    this.tokens = tokens;
    this.structure = structure;
    this.reports = reports;
    this.isMended = isMended;
    this.isInsufficient = isInsufficient;
  }

  /** Nothing stands in it but comments, and what is for other hosts. */
  get isEmpty(): boolean {
    return this.tokens.count === 0;
  }

  /** How many runs stand in it: whoever has found fewer has passed over blocks. */
  get runs(): number {
    return this.tokens.runCount;
  }

  /** The statements at the top level, each made when it is asked for. */
  statements(): Iterable<Statement> {
    return this.statementsFrom(0, this.tokens.count, { depth: 0, shift: 0 });
  }

  /** The statements of a block, which stand one level deeper than its own. */
  inner(
    statement: Statement,
    from: number,
    to: number,
    { depth, shift }: Level,
  ): Iterable<Statement> {
    if (depth < DEPTH_MAX) return this.statementsFrom(from, to, { depth: depth + 1, shift });
    this.reports.addOnce({
      code: 'too-large',
      span: statement.keyword.span,
      message: `blocks within blocks, more than ${DEPTH_MAX} deep`,
    });
    return [];
  }

  nameAt(at: number): string {
    // Most stand among others of their name.
    if (this.tokens.isText(at, this.lastName)) return this.lastName;
    const text = this.tokens.text(at);
    const known = this.names.get(text);
    if (known === undefined && this.names.size < NAMES_MAX) this.names.set(text, text);
    this.lastName = known ?? text;
    return this.lastName;
  }

  /** The first statement of this name among those of a plain block; null: there is none, or it is in a run. */
  firstNamed(name: string, from: number, to: number): number | null {
    const { tokens, structure } = this;
    for (let at = from; at < to; at += 1) {
      if (tokens.runAt(at) !== null) return null;
      if (tokens.kind(at) === Kind.open) at = structure.ends[at] as number;
      else if (tokens.beginsStatement(at) && tokens.isText(at, name)) return at;
    }
    return null;
  }

  /** The statements among some tokens; braces that were told to be wrong are passed over. */
  private *statementsFrom(from: number, to: number, level: Level): Iterable<Statement> {
    const { tokens, structure } = this;
    const repeated = from < to ? tokens.passageAt(from) : null;
    if (repeated !== null) {
      const { passage } = repeated;
      if (isElsewhere(passage)) {
        invariant(!this.isDone, 'what an earlier reading knows is not asked of a later one');
        this.isInsufficient = true;
      }
      const shift = level.shift + repeated.shift;
      yield* this.statementsFrom(passage.from, passage.to, { ...level, shift });
      return;
    }
    let at = from;
    while (at < to) {
      const run = tokens.runAt(at);
      if (run !== null) {
        yield new RunStatement(run, tokens.span(at), () => {
          this.isInsufficient = true;
        });
        at += 1;
        continue;
      }
      if (!tokens.isWord(at)) {
        // A brace too many, or a block without a name.
        at = Math.max(at, structure.ends[at] as number) + 1;
        continue;
      }
      const first = at;
      at = tokens.headEnd(first, to);
      const opens = at < to && tokens.kind(at) === Kind.open;
      const found = (opens ? structure.ends[at] : structure.unopened.get(at)) ?? 0;
      // A brace that repairing has passed over ends nowhere.
      const end = found < at ? null : found;
      yield new ParsedStatement(this, tokens, level, first, at, opens ? at + 1 : at, end);
      const hasClose = !(opens && structure.unclosed.has(at));
      if (end !== null) at = end;
      if (hasClose && at < to && tokens.kind(at) === Kind.close) at += 1;
    }
  }

  /** Those of a plain block from a token on, if all of them have a block; else null. */
  blocksFrom(from: number, to: number, level: Level): readonly Statement[] | null {
    const { tokens, structure } = this;
    const found: Statement[] = [];
    let at = from;
    while (at < to) {
      const first = at;
      at = tokens.headEnd(first, to);
      if (at === to || tokens.kind(at) !== Kind.open) return null;
      const end = structure.ends[at] as number;
      found.push(new ParsedStatement(this, tokens, level, first, at, at + 1, end));
      at = end + 1;
    }
    return found;
  }
}

/** A statement that makes its words and its block when it is asked for them; its block each time anew. */
class ParsedStatement implements Statement {
  readonly name: string;
  readonly run = null;
  private readonly tree: Tree;
  private readonly tokens: Tokens;
  private readonly level: Level;
  private readonly first: number;
  private readonly headEnd: number;
  private readonly blockStart: number;
  private readonly blockEnd: number | null;
  private words: readonly [Word, ...Word[]] | null;

  constructor(
    tree: Tree,
    tokens: Tokens,
    level: Level,
    first: number,
    headEnd: number,
    blockStart: number,
    blockEnd: number | null,
  ) {
    this.tree = tree;
    this.tokens = tokens;
    this.level = level;
    this.first = first;
    this.headEnd = headEnd;
    this.blockStart = blockStart;
    this.blockEnd = blockEnd;
    this.name = tree.nameAt(first);
    this.words = null;
  }

  get keyword(): Word {
    return this.madeWords()[0];
  }

  get args(): readonly Word[] {
    return this.madeWords().slice(1);
  }

  private madeWords(): readonly [Word, ...Word[]] {
    if (this.words !== null) return this.words;
    const { tokens, first, headEnd } = this;
    const { shift } = this.level;
    // No longer than need be: what grows by `push` has room for 16 more, and these may be kept by the million.
    const words = new Array<Word>(headEnd - first);
    words[0] = tokens.word(first, shift, this.name);
    for (let at = first + 1; at < headEnd; at += 1) words[at - first] = tokens.word(at, shift);
    this.words = words as [Word, ...Word[]];
    return this.words;
  }

  get argCount(): number {
    return this.headEnd - this.first - 1;
  }

  argText(index: number): string {
    const at = this.first + 1 + index;
    return at < this.headEnd ? this.tokens.text(at) : '';
  }

  get rawArgs(): string {
    const from = this.first + 1;
    return from < this.headEnd ? this.tokens.textBetween(from, this.headEnd - 1) : '';
  }

  get hasBlock(): boolean {
    return this.blockEnd !== null;
  }

  get size(): number {
    return (this.blockEnd ?? this.headEnd) - this.first;
  }

  block(): Iterable<Statement> {
    const { tree, blockStart, blockEnd, level } = this;
    return tree.inner(this, blockStart, blockEnd ?? blockStart, level);
  }

  opening(name: string): Opening | null {
    const { tokens, tree, blockStart, blockEnd } = this;
    if (!this.isPlain || tree.isMended || blockEnd === null) return null;
    const last = tree.firstNamed(name, blockStart, blockEnd);
    if (last === null) return null;
    return { text: tokens.textOfOpening(blockStart - 1, last), size: last - blockStart };
  }

  blocksBehind({ text, size }: Opening): readonly Statement[] | null {
    const { tokens, tree, blockStart, blockEnd, level } = this;
    const last = blockStart + size;
    if (!this.isPlain || tree.isMended || blockEnd === null || last >= blockEnd) return null;
    // Where a word ends at the same place of the same text, the words before it are the same.
    if (!tokens.isWord(last) || !tokens.hasOpening(blockStart - 1, last, text)) return null;
    const { depth, shift } = level;
    return depth < DEPTH_MAX ? tree.blocksFrom(last, blockEnd, { depth: depth + 1, shift }) : null;
  }

  get head(): string {
    return this.tokens.textBetween(this.first, this.headEnd - 1);
  }

  get isPlain(): boolean {
    return this.blockEnd !== null && this.tokens.isPlain(this.blockStart - 1);
  }

  get extent(): Extent | null {
    const { tokens, first, blockStart, blockEnd, level } = this;
    const isWhole =
      blockEnd !== null &&
      blockEnd < tokens.count &&
      tokens.kind(blockStart - 1) === Kind.open &&
      tokens.kind(blockEnd) === Kind.close;
    return isWhole ? tokens.extent(first, blockStart - 1, blockEnd, level.shift) : null;
  }

  get remembered(): string | null {
    if (this.blockEnd === null || this.blockEnd <= this.blockStart) return null;
    const repeated = this.tokens.passageAt(this.blockStart);
    return repeated !== null && isElsewhere(repeated.passage) ? repeated.passage.text : null;
  }

  repeatedText(): string | null {
    const { tokens, blockStart, blockEnd } = this;
    return blockEnd === null ? null : tokens.textOfRepeat(blockStart - 1);
  }

  blockText(): string | null {
    const { tokens, blockStart, blockEnd } = this;
    return blockEnd === null ? null : tokens.textInside(blockStart - 1, blockEnd);
  }
}
