/**
 * Lays a configuration file out: four blanks a level, one between words, a brace behind its keyword, one
 * statement a line. It has a scanner of its own over physical lines, because the lexer drops comments and
 * sees definitions, sequences and included files only written out. Pure; format-check.ts proves the meaning.
 */
import { unreachable } from '../../base/error.ts';
import { isCommand } from '../keywords/table.ts';

export interface FormattedLine {
  readonly text: string;
  /** The line of the source it was made of, from 1. */
  readonly from: number;
}

const INDENT = '    ';
/** Columns of a tab where relative indentation is kept. */
const TAB = '    ';

/** What stands on a line of the result. */
type Item =
  | { readonly is: 'blank' }
  | { readonly is: 'comment'; readonly text: string }
  | { readonly is: 'statement' | 'open' | 'empty'; readonly text: string; readonly comment: string }
  | { readonly is: 'close'; readonly comment: string }
  /** A line that has to stay one line, and what it does to the depth. */
  | {
      readonly is: 'kept';
      readonly text: string;
      readonly comment: string;
      readonly condition: string;
      /** Closing braces that it begins with. */
      readonly closesFirst: number;
      /** By how many levels what follows is deeper. */
      readonly rises: number;
    }
  | { readonly is: 'definition'; readonly lines: readonly string[] };

type Sourced = Item & { readonly from: number };

export function formatConfig(text: string): readonly FormattedLine[] {
  const mark = text.startsWith('\ufeff') ? '\ufeff' : '';
  const lines = text.slice(mark.length).split('\n');
  if (lines.at(-1)?.trim() === '') lines.pop();
  const laid = layOut(spaced(withBracesBehind(scan(lines))));
  const [first, ...rest] = laid;
  return first === undefined ? [] : [{ ...first, text: mark + first.text }, ...rest];
}

/** The text of the lines, with a final line end. */
export function textOf(lines: readonly FormattedLine[]): string {
  return lines.map(({ text }) => `${text}\n`).join('');
}

const BLANK = /[ \t\r\v\f]/;
const CONDITION = /^@\S*/;
const DEFINITION = /^\$[A-Za-z_]\w*=/;
const GENERATOR = /^~(?:SEQx?|LST)\((?:[^(){}]|\{[^}]*\})*\)/;
const INCLUDE = /^(include[rmwba]?)[ \t\r\v\f]+(?:("[^"]*"|[^ \t\r\v\f]+)$|[\s\S])/;
const BRACED_USE = /\$\{[A-Za-z_]\w*(?:[ \t][^{}$]*)?\}/y;

function trimmed(text: string): string {
  return withoutBlanksBehind(text.replace(/^[ \t\r\v\f]+/, ''));
}

function withoutBlanksBehind(text: string): string {
  let end = text.length;
  while (end > 0 && BLANK.test(text[end - 1] as string)) end -= 1;
  return text.slice(0, end);
}

function scan(lines: readonly string[]): readonly Sourced[] {
  const items: Sourced[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const from = at + 1;
    const text = trimmed(lines[at] as string);
    const condition = CONDITION.exec(text)?.[0] ?? '';
    const rest = trimmed(text.slice(condition.length));
    if (DEFINITION.test(rest)) {
      const taken = [text];
      while (taken.at(-1)?.endsWith('\\') && at + 1 < lines.length) {
        at += 1;
        taken.push(withoutBlanksBehind(lines[at] as string));
      }
      items.push({ is: 'definition', lines: taken, from });
    } else {
      for (const item of itemsOf(condition, rest)) items.push({ ...item, from });
    }
  }
  return items;
}

function itemsOf(condition: string, text: string): readonly Item[] {
  if (condition === '' && text === '') return [{ is: 'blank' }];
  if (condition === '' && /^[#!]/.test(text)) return [{ is: 'comment', text }];
  const include = INCLUDE.exec(text);
  if (include !== null) {
    // The braces of a pattern are no blocks; what stands behind it is left where it is.
    const line = include[2] === undefined ? text : `${include[1]} ${include[2]}`;
    const whole = [condition, line].filter((word) => word !== '').join(' ');
    return [{ is: 'kept', text: whole, comment: '', condition, closesFirst: 0, rises: 0 }];
  }
  const [generators, statement] = takeGenerators(text);
  const { pieces, comment } = takePieces(statement);
  const prefix = [condition, ...generators].filter((word) => word !== '');
  return prefix.length > 0 || !mayBeSplit(pieces)
    ? [keptLine(prefix, pieces, comment, condition)]
    : splitLine(pieces, comment);
}

/** `~SEQ(i, 1, 3)` and the like in front of a line: untouched. */
function takeGenerators(text: string): readonly [readonly string[], string] {
  const generators: string[] = [];
  let rest = text;
  for (;;) {
    const found = GENERATOR.exec(rest)?.[0];
    if (found === undefined) return [generators, rest];
    generators.push(found);
    rest = trimmed(rest.slice(found.length));
  }
}

type Piece = '{' | '}' | { readonly words: string };

interface Scanned {
  readonly pieces: readonly Piece[];
  readonly comment: string;
}

/** Words between braces; a comment ends the line. */
function takePieces(text: string): Scanned {
  const pieces: Piece[] = [];
  let from = 0;
  let at = 0;
  const endWords = (): void => {
    const words = trimmed(text.slice(from, at));
    if (words !== '') pieces.push({ words: oneBlankBetween(words) });
  };
  while (at < text.length) {
    const character = text[at] as string;
    if (character === '#' || character === '!') break;
    if (character === '{' || character === '}') {
      endWords();
      pieces.push(character);
      from = at + 1;
    }
    at += lengthOfUnit(text, at);
  }
  endWords();
  return { pieces, comment: text.slice(at) };
}

/** How many characters belong together here: a quoted text, `${NAME}`, an escaped mark, or one. */
function lengthOfUnit(text: string, at: number): number {
  if (text[at] === '"') {
    const end = text.indexOf('"', at + 1);
    return (end < 0 ? text.length : end + 1) - at;
  }
  if (text[at] === '$') {
    BRACED_USE.lastIndex = at;
    return BRACED_USE.exec(text)?.[0].length ?? 1;
  }
  const isEscape = text[at] === '\\' && (text[at + 1] === '#' || text[at + 1] === '!');
  return isEscape ? 2 : 1;
}

function oneBlankBetween(text: string): string {
  const keyword = /^[^ \t\r\v\f"]+/.exec(text)?.[0] ?? '';
  // Commands are split by other rules, where blanks between single quotes count.
  if (isCommand(keyword)) return `${keyword} ${trimmed(text.slice(keyword.length))}`.trimEnd();
  let result = '';
  let wasBlank = false;
  for (let at = 0; at < text.length; ) {
    const length = lengthOfUnit(text, at);
    const unit = text.slice(at, at + length);
    const isBlank = length === 1 && BLANK.test(unit);
    if (!isBlank) result += unit;
    else if (!wasBlank) result += ' ';
    wasBlank = isBlank;
    at += length;
  }
  return result;
}

/** Alone on a line these mean something else than within one: definitions of many lines, included files. */
const STARTS_A_LINE = /^([$@~]|include[rmwba]?\b)/;

function mayBeSplit(pieces: readonly Piece[]): boolean {
  if (pieces.length === 1) return true;
  return pieces.every(
    (piece, at) =>
      typeof piece === 'string' || pieces[at + 1] === '{' || !STARTS_A_LINE.test(piece.words),
  );
}

function splitLine(pieces: readonly Piece[], comment: string): readonly Item[] {
  const items: Item[] = [];
  for (let at = 0; at < pieces.length; at += 1) {
    const piece = pieces[at] as Piece;
    if (piece === '}') {
      items.push({ is: 'close', comment: '' });
      continue;
    }
    const text = piece === '{' ? '' : piece.words;
    const braceAt = piece === '{' ? at : at + 1;
    if (pieces[braceAt] !== '{') items.push({ is: 'statement', text, comment: '' });
    else {
      const isEmpty = pieces[braceAt + 1] === '}';
      items.push({ is: isEmpty ? 'empty' : 'open', text, comment: '' });
      at = isEmpty ? braceAt + 1 : braceAt;
    }
  }
  return withComment(items, comment);
}

/** A comment stays with what its line is about: the first thing that is no closing brace. */
function withComment(items: readonly Item[], comment: string): readonly Item[] {
  if (comment === '') return items;
  const first = items.findIndex(({ is }) => is !== 'close');
  const at = first < 0 ? items.length - 1 : first;
  return items.map((item, here) => (here === at ? { ...item, comment } : item));
}

function keptLine(
  prefix: readonly string[],
  pieces: readonly Piece[],
  comment: string,
  condition: string,
): Item {
  const words = pieces.map((piece) => (typeof piece === 'string' ? piece : piece.words));
  const firstOther = words.findIndex((word) => word !== '}');
  const opened = words.filter((word) => word === '{').length;
  const closed = words.filter((word) => word === '}').length;
  return {
    is: 'kept',
    text: [...prefix, ...words].join(' '),
    comment,
    condition,
    closesFirst: firstOther < 0 ? words.length : firstOther,
    rises: opened - closed,
  };
}

/** A brace on a line of its own goes behind the keyword that it belongs to, past comments and blank lines. */
function withBracesBehind(items: readonly Sourced[]): readonly Sourced[] {
  const result: Sourced[] = [];
  for (const item of items) {
    const isBrace = (item.is === 'open' || item.is === 'empty') && item.text === '';
    const at = isBrace ? result.findLastIndex(({ is }) => is !== 'blank' && is !== 'comment') : -1;
    const owner = result[at];
    if (owner?.is !== 'statement' || STARTS_A_LINE.test(owner.text) || !isBrace) {
      result.push(item);
      continue;
    }
    const comments = [owner.comment, item.comment].filter((comment) => comment !== '');
    const [comment = '', more] = comments;
    result[at] = { ...item, text: owner.text, comment, from: owner.from };
    if (more !== undefined) result.push({ is: 'comment', text: more, from: item.from });
    // An empty block has no inside for the comments that stood before its brace.
    if (item.is === 'empty' && at < result.length - 1) {
      result[at] = { ...(result[at] as Sourced & { is: 'empty' }), is: 'open' };
      result.push({ is: 'close', comment: '', from: item.from });
    }
  }
  return result;
}

/** At most one blank line in a row, and none where a block or the file begins or ends. */
function spaced(items: readonly Sourced[]): readonly Sourced[] {
  const kept: Sourced[] = [];
  for (const item of items) {
    const before = kept.at(-1);
    if (item.is === 'blank' && (before === undefined || before.is === 'blank' || opens(before))) {
      continue;
    }
    if (closes(item) && before?.is === 'blank') kept.pop();
    kept.push(item);
  }
  if (kept.at(-1)?.is === 'blank') kept.pop();
  return kept;
}

function opens(item: Item): boolean {
  return item.is === 'open' || (item.is === 'kept' && item.rises > 0);
}

function closes(item: Item): boolean {
  return item.is === 'close' || (item.is === 'kept' && item.closesFirst > 0);
}

function layOut(items: readonly Sourced[]): readonly FormattedLine[] {
  let depth = 0;
  let last: Item = { is: 'blank' };
  return items.flatMap((item) => {
    const isAlternative = isAlternativeTo(item, last);
    const margin = INDENT.repeat(Math.max(0, depth - outdentOf(item, isAlternative)));
    if (!isAlternative) depth = Math.max(0, depth + riseOf(item));
    if (item.is !== 'blank' && item.is !== 'comment') last = item;
    return linesOf(item, margin).map((text, at) => ({ text, from: item.from + at }));
  });
}

/** `@a name {` and then `@b name {` open one block, as only one of them is read; so it is with closing. */
function isAlternativeTo(item: Item, last: Item): boolean {
  if (item.is !== 'kept' || last.is !== 'kept') return false;
  const bothConditional = item.condition !== '' && last.condition !== '';
  const sameWay = item.rises !== 0 && Math.sign(item.rises) === Math.sign(last.rises);
  return bothConditional && item.condition !== last.condition && sameWay;
}

/** How far left of the current depth a line begins. */
function outdentOf(item: Item, isAlternative: boolean): number {
  if (item.is === 'close') return 1;
  if (item.is !== 'kept') return 0;
  if (isAlternative) return Math.max(item.rises, 0);
  return item.closesFirst;
}

function riseOf(item: Item): number {
  if (item.is === 'open') return 1;
  if (item.is === 'close') return -1;
  return item.is === 'kept' ? item.rises : 0;
}

function linesOf(item: Item, margin: string): readonly string[] {
  switch (item.is) {
    case 'blank':
      return [''];
    case 'comment':
      return [margin + item.text];
    case 'statement':
    case 'kept':
      return [margin + withRemark(item.text, item.comment)];
    case 'open':
      return [margin + withRemark(`${item.text} {`.trimStart(), item.comment)];
    case 'empty':
      return [margin + withRemark(`${item.text} { }`.trimStart(), item.comment)];
    case 'close':
      return [margin + withRemark('}', item.comment)];
    case 'definition':
      return definitionLines(item.lines, margin);
    default:
      return unreachable(item);
  }
}

function withRemark(text: string, comment: string): string {
  return [text, comment].filter((part) => part !== '').join(' ');
}

/** Further lines of a definition keep their indentation towards each other. */
function definitionLines(
  [first = '', ...more]: readonly string[],
  margin: string,
): readonly string[] {
  const margins = more.filter((line) => trimmed(line) !== '').map((line) => marginOf(line).length);
  const least = margins.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  return [
    margin + first,
    ...more.map((line) =>
      trimmed(line) === ''
        ? ''
        : margin + INDENT + ' '.repeat(marginOf(line).length - least) + trimmed(line),
    ),
  ];
}

function marginOf(line: string): string {
  return (/^[ \t\r\v\f]*/.exec(line)?.[0] ?? '').replaceAll('\t', TAB);
}
