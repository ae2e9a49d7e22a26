/**
 * Lines → words and braces. Comments begin at `#` or `!` anywhere outside double
 * quotes; a brace outside quotes ends the word and the line it stands on.
 */
import type { Reports } from '../diagnostics/reports.ts';
import { LOOKALIKES } from './lookalikes.ts';
import { hasOpening, lengthOf, type Pool, PoolReader, type Run } from './pool.ts';
import { type DerivedLine, FIRST, Kind, type Passage, type Tokens } from './tokens.ts';

const TAB = 9;
const NEWLINE = 10;
const VERTICAL_TAB = 11;
const FORM_FEED = 12;
const CARRIAGE_RETURN = 13;
const BLANK = 32;
const BANG = 33;
const QUOTE = 34;
const HASH = 35;
const DOLLAR = 36;
const AT = 64;
const BACKSLASH = 92;
const OPEN = 123;
const CLOSE = 125;
const TILDE = 126;

/** What a character is to a word: part of it, its end, or a reason to look at the whole line first. */
const Role = { part: 0, blank: 1, end: 2, special: 3 } as const;

const ROLES: Uint8Array = (() => {
  const roles = new Uint8Array(TILDE + 1);
  for (const blank of [TAB, NEWLINE, CARRIAGE_RETURN, BLANK]) roles[blank] = Role.blank;
  for (const end of [BANG, QUOTE, HASH, OPEN, CLOSE]) roles[end] = Role.end;
  for (let control = 0; control < BLANK; control += 1) {
    if (roles[control] === Role.part) roles[control] = Role.special;
  }
  for (const special of [VERTICAL_TAB, FORM_FEED, DOLLAR]) roles[special] = Role.special;
  return roles;
})();

/** Characters that are parts of words, most of all there are: one search, for who has not been compiled, is quicker. */
const ORDINARY = /[%-[\]-z|~]+/y;

/** Blocks of fewer tokens are as soon read as recognised. */
const PASSAGE_TOKENS_MIN = 3;
/** How many different passages are known at a time, on each depth of blocks. */
const PASSAGES_KNOWN = 4;
const PASSAGE_DEPTH_MAX = 8;

/** A block that is open: the tokens of its brace and of the word that names it. */
interface OpenBlock {
  readonly brace: number;
  readonly head: number;
}

/** A passage and the word that names its block: what it means depends on that. */
interface KnownPassage {
  readonly name: string;
  readonly passage: Passage;
}

/** Gives −1 for a line that holds something to expand or to mend. */
const SPECIAL = -1;
/** No token. */
const NONE = -1;

/** A block of an earlier reading. */
export interface RememberedBlock {
  /** What stood between its braces. */
  readonly body: string;
  /** The blocks in it, which may stand there again though it has changed. Its text begins with the head. */
  readonly inner: Pool | null;
}

/** What earlier readings have found, and need not find again. */
export interface RememberedBlocks {
  /** The blocks at the top of a file. */
  blocksOf(path: string): Pool | null;
  /** Those with this head; of many perhaps only the one that is expected there. */
  find(head: string, expected: Run | null): readonly RememberedBlock[];
}

export class Lexer {
  private readonly tokens: Tokens;
  private readonly reports: Reports;
  private readonly remembered: RememberedBlocks | null;
  /** What may stand again at the top of this file, and in the block there that is open. */
  private readonly pools: { top: PoolReader | null; inner: PoolReader | null } = {
    top: null,
    inner: null,
  };
  /** Blocks of this file that are open, as far as nothing but plain lines stands in them. */
  private readonly open: OpenBlock[] = [];
  /** By the depth of their blocks, the passages that stood there last. */
  private readonly known: KnownPassage[][] = Array.from({ length: PASSAGE_DEPTH_MAX }, () => []);

  constructor(tokens: Tokens, reports: Reports, remembered: RememberedBlocks | null = null) {
    this.tokens = tokens;
    this.reports = reports;
    this.remembered = remembered;
  }

  /**
   * Takes in one physical line of a file as it stands.
   * @returns where the next line begins; or −1, having taken nothing, when the line has to be expanded first
   */
  plainLine(cutting: number, text: string, at: number): number {
    const mark = this.tokens.count;
    const next = this.scan(cutting, text, at, true);
    if (next === SPECIAL) this.takeBack(mark);
    return next;
  }

  /** Nothing was taken in from this token on, and no block was closed. */
  private takeBack(mark: number): void {
    this.tokens.count = mark;
    this.forgetOpen();
    for (const passages of this.known) {
      // The newest stand first.
      while (passages[0] !== undefined && passages[0].passage.to >= mark) passages.shift();
    }
  }

  /** Another file is read: passages are known by their place in one. */
  changeFile(path: string | null): void {
    this.forgetOpen();
    for (const passages of this.known) passages.length = 0;
    const pool = path === null ? null : (this.remembered?.blocksOf(path) ?? null);
    this.pools.top = pool && new PoolReader(pool);
  }

  /** What stands in a block is no longer all of its text, or has been told of. */
  private forgetOpen(): void {
    this.open.length = 0;
    this.pools.inner = null;
  }

  /** Takes in a line that has been expanded. */
  derivedLine(line: DerivedLine): void {
    this.scan(this.tokens.addLine(line), line.text, 0, false);
  }

  private scan(cutting: number, text: string, from: number, plain: boolean): number {
    const { tokens } = this;
    const length = text.length;
    let first = FIRST;
    let head = NONE;
    let at = from;
    while (at < length) {
      const code = text.charCodeAt(at);
      if (code === NEWLINE && plain) return at + 1;
      if (code <= BLANK && ROLES[code] === Role.blank) {
        at += 1;
      } else if (code === HASH || code === BANG) {
        const end = plain ? text.indexOf('\n', at) : -1;
        return end < 0 ? length : end + 1;
      } else if (code === OPEN) {
        tokens.push(Kind.open, cutting, at, at + 1);
        at += 1;
        if (plain) at = this.openBlock(cutting, text, at, head);
        first = FIRST;
        head = NONE;
      } else if (code === CLOSE) {
        tokens.push(Kind.close, cutting, at, at + 1);
        at += 1;
        if (plain) this.closeBlock();
        first = FIRST;
        head = NONE;
      } else {
        if (first === FIRST) {
          const length = plain ? this.takeRun(cutting, text, at) : 0;
          if (length > 0) {
            at += length;
            continue;
          }
          head = tokens.count;
        }
        if (plain && first === FIRST && beginsDirective(text, at, code)) return SPECIAL;
        at =
          code === QUOTE
            ? this.quoted(cutting, text, at, first, plain)
            : this.bare(cutting, text, at, first, plain);
        if (at < 0) return SPECIAL;
        first = 0;
      }
    }
    return length;
  }

  /** Gives where to go on: behind the block, when what stands in it is known from a block before. */
  private openBlock(cutting: number, text: string, at: number, head: number): number {
    const { tokens } = this;
    const brace = tokens.count - 1;
    const passage = head === NONE ? null : this.recognise(text, at, head);
    if (head !== NONE) this.poolHere()?.passedOver(tokens.text(head));
    if (passage === null) {
      this.open.push({ brace, head });
      return at;
    }
    if (this.open.length === 0) this.pools.inner = null;
    const close = at + passage.text.length;
    tokens.pushRepeat(passage, cutting, at);
    tokens.push(Kind.close, cutting, close, close + 1);
    tokens.markPlain(brace);
    return close + 1;
  }

  /** Blocks in a row that an earlier reading has made: gives how many characters they take. */
  private takeRun(cutting: number, text: string, at: number): number {
    const reader = this.poolHere();
    const run = reader?.runAt(text, at) ?? null;
    if (run === null) return 0;
    this.tokens.pushRun(run, cutting, at);
    return lengthOf(run);
  }

  private poolHere(): PoolReader | null {
    const { top, inner } = this.pools;
    const depth = this.open.length;
    return depth === 0 ? top : depth === 1 ? inner : null;
  }

  private recognise(text: string, from: number, head: number): Passage | null {
    const depth = this.open.length;
    if (depth === 0 && this.remembered !== null) {
      const passage = this.remember(this.remembered, text, from, head);
      if (passage !== null) return passage;
    }
    const known = this.known[depth] ?? [];
    for (let at = 0; at < known.length; at += 1) {
      const { name, passage } = known[at] as KnownPassage;
      if (isBody(passage.text, text, from) && this.tokens.isText(head, name)) return passage;
    }
    return null;
  }

  private remember(
    known: RememberedBlocks,
    text: string,
    at: number,
    head: number,
  ): Passage | null {
    const { tokens } = this;
    const words = tokens.textBetween(head, tokens.count - 2);
    const found = known.find(words, this.pools.top?.expected ?? null);
    const same = found.find(({ body }) => isBody(body, text, at));
    if (same !== undefined) return { text: same.body, from: 0, to: 0, start: at };
    const { start } = tokens.span(head);
    const pools = found.flatMap(({ inner }) => inner ?? []);
    const pool = pools.find((one) => hasOpening(one, text, start));
    this.pools.inner = pool === undefined ? null : new PoolReader(pool);
    return null;
  }

  /** Its closing brace is the last token. */
  private closeBlock(): void {
    const { tokens } = this;
    const block = this.open.pop();
    if (block !== undefined) tokens.markPlain(block.brace);
    const depth = this.open.length;
    const { inner } = this.pools;
    if (depth === 0) this.pools.inner = null;
    // Whoever has the same text has not the same memory.
    if (depth === 0 && inner?.hasFound) return;
    const passages = this.known[depth];
    const close = tokens.count - 1;
    if (block === undefined || passages === undefined || block.head === NONE) return;
    if (close - block.brace <= PASSAGE_TOKENS_MIN) return;
    const passage = tokens.passage(block.brace, close);
    passages.unshift({ name: tokens.text(block.head), passage });
    if (passages.length > PASSAGES_KNOWN) passages.pop();
  }

  private bare(cutting: number, text: string, from: number, first: number, plain: boolean): number {
    const length = text.length;
    let kind: number = Kind.word;
    ORDINARY.lastIndex = from;
    let at = ORDINARY.test(text) ? ORDINARY.lastIndex : from;
    for (; at < length; at += 1) {
      const code = text.charCodeAt(at);
      if (code > TILDE) {
        if (plain && isOdd(code)) return SPECIAL;
        continue;
      }
      const role = ROLES[code];
      if (role === Role.part) {
        if (code !== BACKSLASH) continue;
        const next = text.charCodeAt(at + 1);
        if (next !== HASH && next !== BANG) continue;
        kind = Kind.escaped;
        at += 1;
      } else if (role !== Role.special) {
        break;
      } else if (plain) {
        return SPECIAL;
      }
    }
    this.tokens.push(kind + first, cutting, from, at);
    return at;
  }

  /** There are no escapes: a quoted word ends at the next quote. */
  private quoted(
    cutting: number,
    text: string,
    from: number,
    first: number,
    plain: boolean,
  ): number {
    const length = text.length;
    for (let at = from + 1; at < length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        this.tokens.push(Kind.quoted + first, cutting, from, at + 1);
        return at + 1;
      }
      if (plain && (code === DOLLAR || code === TAB || code === 0)) return SPECIAL;
      if (code === NEWLINE && plain) return this.neverClosed(cutting, text, from, at);
    }
    return this.neverClosed(cutting, text, from, length);
  }

  /** The text from the quote on is dropped, as keepalived does; but for a brace at its end, which was meant. */
  private neverClosed(cutting: number, text: string, from: number, to: number): number {
    const { tokens } = this;
    this.forgetOpen();
    tokens.push(Kind.word, cutting, from, to);
    tokens.count -= 1;
    this.reports.add({
      code: 'unmatched-quote',
      span: tokens.span(tokens.count),
      message: 'this quote is never closed',
      hint: 'a quoted text ends on its line, and there is no escape for a quote inside it',
    });
    const dropped = text.slice(from, to).trimEnd();
    const last = from + dropped.length - 1;
    if (dropped.endsWith('{')) tokens.push(Kind.open, cutting, last, last + 1);
    return to;
  }
}

/** Whether this is what stands from here to the closing brace. */
function isBody(body: string, text: string, at: number): boolean {
  const end = at + body.length;
  // Two texts of one length are compared many characters at a time.
  return text.charCodeAt(end) === CLOSE && text.slice(at, end) === body;
}

/** A condition, a definition or its use, a generator, or one of the include words. */
function beginsDirective(text: string, at: number, code: number): boolean {
  if (code === AT || code === DOLLAR || code === TILDE) return true;
  return code === 105 && text.startsWith('include', at);
}

const ODD_CODES = new Set([...LOOKALIKES.keys()].map((character) => character.charCodeAt(0)));

function isOdd(code: number): boolean {
  return ODD_CODES.has(code);
}
