/**
 * Braces that do not match: which block was meant to end or to begin where, told once, by what the
 * keywords of the language say. Without it one forgotten brace would make every line after it a mistake.
 */
import type { Reports } from '../diagnostics/reports.ts';
import { positionOf } from './source.ts';
import { Kind, type Tokens } from './tokens.ts';

/** Where blocks begin and end, as token numbers. */
export interface Structure {
  /** For each `{`: the first token that is no longer in its block, usually its `}`. */
  readonly ends: Uint32Array;
  /** Blocks whose `{` was forgotten: the token after their head → the first one behind them. */
  readonly unopened: ReadonlyMap<number, number>;
  /** Each `{` that has no `}` of its own. */
  readonly unclosed: ReadonlySet<number>;
}

/** What repairing has to know of the language. */
export interface Grammar {
  readonly root: string;
  /** What a keyword is in a block: the block it opens, '' for one that opens none, null for no keyword. */
  opens(block: string, keyword: string): string | null;
  /** The same of the keyword that was probably meant. */
  opensLike(block: string, word: string): string | null;
}

/** Blocks around a keyword that are looked at; the language has 6 within each other. */
const DEPTH_LOOKED_AT = 32;

interface Open {
  /** Null: a block that the language does not know, whose words say nothing. */
  readonly block: string | null;
  /** The word that names it. */
  readonly head: number;
  /** Null: it was forgotten. */
  readonly brace: number | null;
  /** The first token of what it holds. */
  readonly start: number;
}

/** Finds the blocks again, with a brace put where one is missing. */
export function closeByContext(tokens: Tokens, grammar: Grammar, reports: Reports): Structure {
  return new Repair(tokens, grammar, reports).run();
}

class Repair {
  private readonly tokens: Tokens;
  private readonly grammar: Grammar;
  private readonly reports: Reports;
  private readonly ends: Uint32Array;
  private readonly unopened = new Map<number, number>();
  private readonly unclosed = new Set<number>();
  private readonly stack: Open[] = [];
  /** Braces of each kind that have no partner in the whole text: so many may be put in. */
  private excessCloses: number;
  private excessOpens: number;
  /** As many opened as closed, but not where the keywords say: one is missing here, and one there. */
  private readonly isBalanced: boolean;

  constructor(tokens: Tokens, grammar: Grammar, reports: Reports) {
    this.tokens = tokens;
    this.grammar = grammar;
    this.reports = reports;
    this.ends = new Uint32Array(tokens.count);
    const { closes, opens } = countExcess(tokens);
    this.excessCloses = closes;
    this.excessOpens = opens;
    this.isBalanced = closes === 0 && opens === 0;
    if (!this.isBalanced) return;
    this.excessOpens = countUnopened(tokens, grammar);
    this.excessCloses = this.excessOpens;
  }

  run(): Structure {
    const { tokens, ends, unopened, unclosed } = this;
    for (let at = 0; at < tokens.count; at += 1) {
      const kind = tokens.kind(at);
      if (kind === Kind.close) this.close(at);
      else if (kind === Kind.open) this.openNameless(at);
      else at = this.statement(at);
    }
    for (const open of this.stack.splice(0).reverse()) this.endMissing(open, tokens.count);
    return { ends, unopened, unclosed };
  }

  /** Gives the last token that it has taken in. */
  private statement(first: number): number {
    const { tokens, grammar } = this;
    let end = first + 1;
    while (end < tokens.count && tokens.isWord(end) && !tokens.beginsStatement(end)) end += 1;
    const hasBrace = end < tokens.count && tokens.kind(end) === Kind.open;
    const word = tokens.text(first);
    if (this.excessOpens > 0) this.closeUpTo(word, first);
    const block = this.stack.length === 0 ? grammar.root : (this.stack.at(-1)?.block ?? null);
    const opened = block === null ? null : grammar.opens(block, word);
    const isNoBlock = opened === '' || /^(\/\/|\/\*|;)/.test(word);
    if (hasBrace && isNoBlock && this.excessOpens > 0 && !this.isBalanced)
      return this.braceInValue(end);
    if (hasBrace) {
      const meant = opened || (block === null ? null : grammar.opensLike(block, word)) || null;
      this.stack.push({ block: meant, head: first, brace: end, start: end + 1 });
      return end;
    }
    if (opened !== null && opened !== '' && this.excessCloses > 0) {
      this.excessCloses -= 1;
      this.tellMissingOpen(first);
      this.stack.push({ block: opened, head: first, brace: null, start: end });
    }
    return end - 1;
  }

  /** A brace behind a keyword that opens no block: what stands behind it in its line is passed over. */
  private braceInValue(brace: number): number {
    const { tokens } = this;
    const line = lineOf(tokens, brace);
    let next = brace + 1;
    while (next < tokens.count && lineOf(tokens, next) === line) next += 1;
    this.excessOpens -= 1;
    this.ends[brace] = next;
    this.unclosed.add(brace);
    return next - 1;
  }

  /** Ends the blocks in which a keyword cannot stand, when an outer one is its place. */
  private closeUpTo(word: string, at: number): void {
    const { grammar, stack } = this;
    const knows = (block: string | null): boolean =>
      block !== null && grammar.opens(block, word) !== null;
    const lowest = Math.max(0, stack.length - DEPTH_LOOKED_AT);
    let depth = stack.length;
    while (depth > lowest && !knows(stack[depth - 1]?.block ?? null)) depth -= 1;
    const isPlaced = depth > lowest || (depth === 0 && knows(grammar.root));
    const count = stack.length - depth;
    if (!isPlaced || count === 0 || count > this.excessOpens) return;
    this.excessOpens -= count;
    for (const open of stack.splice(depth).reverse()) this.endMissing(open, at);
  }

  private close(at: number): void {
    const open = this.isOneTooMany(at) ? undefined : this.stack.pop();
    if (open !== undefined) {
      this.end(open, at);
      return;
    }
    this.excessCloses -= 1;
    this.reports.add({
      code: 'unexpected-brace',
      span: this.tokens.span(at),
      message: 'this brace closes a block that was never opened',
      hint: 'there is one } too many here, or a { missing above',
    });
  }

  /** Whether the block goes on behind this brace: what stands there belongs in it, and not around it. */
  private isOneTooMany(at: number): boolean {
    const { tokens, grammar, stack } = this;
    const next = at + 1;
    if (this.excessCloses <= 0 || next >= tokens.count || !tokens.isWord(next)) return false;
    const inner = stack.at(-1)?.block ?? null;
    const outer = stack.length > 1 ? (stack.at(-2)?.block ?? null) : grammar.root;
    if (inner === null || outer === null) return false;
    const word = tokens.text(next);
    return grammar.opens(inner, word) !== null && grammar.opens(outer, word) === null;
  }

  /** A brace without a name is told already; it is one too many, or what it holds is passed over. */
  private openNameless(at: number): void {
    if (this.excessOpens > 0 && !this.isBalanced) {
      this.excessOpens -= 1;
      return;
    }
    this.stack.push({ block: null, head: at, brace: at, start: at + 1 });
  }

  private end({ brace, start }: Open, at: number): void {
    if (brace === null) this.unopened.set(start, at);
    else this.ends[brace] = at;
  }

  private endMissing(open: Open, at: number): void {
    const { tokens } = this;
    this.end(open, at);
    this.reports.add({
      code: 'missing-close-brace',
      span: tokens.span(open.head),
      message: tokens.isWord(open.head)
        ? `the block "${tokens.text(open.head)}" is never closed`
        : 'this block is never closed',
      hint: this.whereItEnds(open, at),
    });
  }

  private whereItEnds({ head }: Open, at: number): string {
    const { tokens } = this;
    if (at === tokens.count) return 'a } is missing at its end';
    const [opened, next] = [tokens.span(head), tokens.span(at)];
    // The same word of the file once more.
    if (opened.file === next.file && opened.start === next.start) {
      return 'a sequence repeats its own line and nothing below it: the } stands in that line, too';
    }
    return `a } is missing before "${tokens.text(at)}" in line ${lineOf(tokens, at)}`;
  }

  private tellMissingOpen(head: number): void {
    const { tokens, reports } = this;
    reports.add({
      code: 'missing-open-brace',
      span: tokens.span(head),
      message: `"${tokens.text(head)}" needs a block: { … }`,
      hint: 'a { is missing after it',
    });
  }
}

/** Whether a keyword that opens a block stands somewhere without its brace. */
export function hasUnopened(tokens: Tokens, grammar: Grammar): boolean {
  return countUnopened(tokens, grammar) > 0;
}

function countUnopened(tokens: Tokens, grammar: Grammar): number {
  const blocks = new Set([grammar.root]);
  let count = 0;
  for (let at = 0; at < tokens.count; at += 1) {
    if (!tokens.beginsStatement(at) || !tokens.isWord(at)) continue;
    const word = tokens.text(at);
    const opened = [...blocks].map((block) => grammar.opens(block, word)).find((name) => name);
    if (!opened) continue;
    blocks.add(opened);
    if (!hasBraceBehind(tokens, at)) count += 1;
  }
  return count;
}

function hasBraceBehind(tokens: Tokens, first: number): boolean {
  let end = first + 1;
  while (end < tokens.count && tokens.isWord(end) && !tokens.beginsStatement(end)) end += 1;
  return end < tokens.count && tokens.kind(end) === Kind.open;
}

function countExcess(tokens: Tokens): { readonly closes: number; readonly opens: number } {
  let depth = 0;
  let closes = 0;
  for (let at = 0; at < tokens.count; at += 1) {
    const kind = tokens.kind(at);
    if (kind === Kind.open) depth += 1;
    else if (kind === Kind.close && depth === 0) closes += 1;
    else if (kind === Kind.close) depth -= 1;
  }
  return { closes, opens: depth };
}

function lineOf(tokens: Tokens, at: number): number {
  const { file, start } = tokens.span(at);
  return positionOf(file, start).line;
}
