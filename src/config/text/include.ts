/** `include` and its relatives (keepalived.conf(5)): which files a line names, and how grave it is when there are none. */

import { dirname, isAbsolute, join } from 'node:path';
import { KEEPALIVED_FILE, OWN_FILE } from '../default-files.ts';
import type { Reports } from '../diagnostics/reports.ts';
import type { DerivedText } from './derived-text.ts';
import type { Span } from './source.ts';

/** What reading needs of the outside. */
/** The text, or why it cannot be read (`ENOENT`, `EACCES`, …). */
export type FileText = { readonly text: string } | { readonly error: string };

export interface FilePort {
  readFile(path: string): FileText;
  /**
   * Regular files that match a pattern of * ? [], sorted; directories and executable files are passed over.
   * Or which limit the looking has passed.
   */
  listFiles(pattern: string): readonly string[] | { readonly error: string };
  /** From the root of the file system. */
  absolutePath(path: string): string;
}

/** What is an error when it happens; words of `include_check`. */
type Check = 'read' | 'match' | 'wildcard_match' | 'brace_match';

const ALL: readonly Check[] = ['read', 'match', 'wildcard_match', 'brace_match'];

const CHECKS_OF_WORD: Readonly<Record<string, readonly Check[]>> = {
  include: [],
  includer: ['read'],
  includem: ['match'],
  includew: ['wildcard_match'],
  includeb: ['brace_match'],
  includea: ALL,
};

export const INCLUDE_WORDS: readonly string[] = Object.keys(CHECKS_OF_WORD);

/** Files within files. */
const DEPTH_MAX = 32;
/** Patterns that one pattern with braces stands for. */
const ALTERNATIVES_MAX = 1024;
/** Characters of a pattern: Linux knows no longer paths. */
const PATTERN_CHARACTERS_MAX = 4096;

/** The pattern is the rest of the line up to a comment: it may hold blanks. */
const INCLUDE = /^\s*(include[rmwba]?)(?:\s+([^#!]*))?(?:[#!][\s\S]*)?$/;
const INCLUDE_CHECK = /^\s*include_check\s([^#!]*)/;

/** A file being read. */
interface Open {
  readonly path: string;
  /** What `include_check` has made an error, for later includes of this file. */
  checks: ReadonlySet<Check>;
}

export interface Included {
  readonly path: string;
  readonly span: Span;
}

export class Includes {
  private readonly files: FilePort;
  private readonly reports: Reports;
  /** As keepalived takes it, not as it was meant. */
  private readonly literal: boolean;
  private readonly open: Open[] = [];
  private checks: ReadonlySet<Check> = new Set();

  constructor(files: FilePort, reports: Reports, literal: boolean) {
    this.files = files;
    this.literal = literal;
    this.reports = reports;
  }

  /** The file being read. */
  get current(): string {
    return this.open.at(-1)?.path ?? '.';
  }

  /** Included files begin with the checks of the file that includes them. */
  enter(path: string): void {
    const checks = this.open.at(-1)?.checks ?? new Set<Check>();
    this.open.push({ path, checks });
  }

  leave(): void {
    this.open.pop();
  }

  /** The files that a line includes; null: it is another line. */
  find(line: DerivedText): readonly Included[] | null {
    this.noteChecks(line);
    const found = INCLUDE.exec(line.text);
    if (found === null) return null;
    const [, word = '', rest = ''] = found;
    const written = rest.trim();
    const at = line.text.indexOf(word);
    const end =
      written === ''
        ? at + word.length
        : line.text.indexOf(written, at + word.length) + written.length;
    const span = line.spanOf(at, end);
    this.checks = new Set([...(CHECKS_OF_WORD[word] ?? []), ...(this.open.at(-1)?.checks ?? [])]);
    if (written === '') {
      this.tellNoPattern(span, word);
      return [];
    }
    return this.matching(this.withoutQuotes(written, line.spanOf(end - written.length, end)), span);
  }

  /** keepalived takes quotes for a part of the name. */
  private withoutQuotes(pattern: string, span: Span): string {
    const inner = /^"([^"]*)"$/.exec(pattern)?.[1];
    if (inner === undefined || this.literal) return pattern;
    this.reports.add({
      code: 'bad-value',
      span,
      message:
        'a file to include stands without quotes: keepalived takes them for a part of its name',
      hint: `write ${inner}`,
    });
    return inner;
  }

  /** `include_check +read -match`: from here on in this file. */
  private noteChecks(line: DerivedText): void {
    const found = INCLUDE_CHECK.exec(line.text);
    const open = this.open.at(-1);
    if (found === null || open === undefined) return;
    const [, words = ''] = found;
    const checks = new Set(open.checks);
    for (const [word] of words.matchAll(/\S+/g)) {
      const check = ALL.find((one) => one === word.replace(/^[+-]/, ''));
      if (check === undefined) continue;
      if (word.startsWith('-')) checks.delete(check);
      else checks.add(check);
    }
    open.checks = checks;
  }

  private matching(pattern: string, span: Span): readonly Included[] {
    const path = isAbsolute(pattern) ? pattern : join(dirname(this.current), pattern);
    if (path.length > PATTERN_CHARACTERS_MAX) {
      this.tellTooLarge(span, `more than ${PATTERN_CHARACTERS_MAX} characters in a pattern`);
      return [];
    }
    const alternatives = expandBraces(path);
    if (alternatives === null) {
      this.tellTooLarge(span, `more than ${ALTERNATIVES_MAX} patterns in one pattern with braces`);
      return [];
    }
    const paths = alternatives.flatMap((one) =>
      this.matchingOne(one, alternatives.length > 1, span),
    );
    return [...new Set(paths)].flatMap((one) =>
      this.isCycle(one, span) ? [] : { path: one, span },
    );
  }

  private matchingOne(pattern: string, isAlternative: boolean, span: Span): readonly string[] {
    const found = this.files.listFiles(pattern);
    if ('error' in found) {
      this.tellTooLarge(span, found.error);
      return [];
    }
    if (found.length > 0) return found;
    const check = isAlternative
      ? 'brace_match'
      : /[*?[]/.test(pattern)
        ? 'wildcard_match'
        : 'match';
    this.reports.add({
      code: this.checks.has(check) ? 'include-required' : 'include-missing',
      span,
      message: `no file matches ${pattern}`,
      hint: hintFor(pattern),
    });
    return [];
  }

  private tellTooLarge(span: Span, message: string): void {
    this.reports.add({ code: 'too-large', span, message });
  }

  private isCycle(path: string, span: Span): boolean {
    const isOpen = this.open.some((one) => one.path === path);
    if (!isOpen && this.open.length <= DEPTH_MAX) return false;
    this.reports.add({
      code: 'include-cycle',
      span,
      message: isOpen
        ? `${path} includes itself`
        : `files within files, more than ${DEPTH_MAX} deep`,
    });
    return true;
  }

  tellUnreadable(path: string, error: string, span: Span, isIncluded: boolean): void {
    const isGrave = !isIncluded || this.checks.has('read');
    const code = isIncluded
      ? isGrave
        ? 'include-required'
        : 'include-missing'
      : 'unreadable-file';
    this.reports.add({
      code,
      span,
      message: `cannot read ${path}: ${error}`,
      hint: unreadableHint(path, error),
    });
  }

  private tellNoPattern(span: Span, word: string): void {
    this.reports.add({
      code: 'missing-argument',
      span,
      message: `"${word}" names no file`,
      hint: `${word} /etc/lvsd/conf.d/*.conf`,
    });
  }
}

function unreadableHint(path: string, error: string): string {
  if (error !== 'ENOENT') return 'check the path and its permissions';
  return path === OWN_FILE
    ? `there is no such file, and no ${KEEPALIVED_FILE}: write one of them, or name another file`
    : 'there is no such file: check the path';
}

function hintFor(pattern: string): string {
  if (pattern.startsWith('"'))
    return 'write it without quotes: they are taken for a part of the name';
  if (pattern.endsWith(';')) return 'no line ends with ";" in this language';
  if (/\s/.test(pattern)) return 'a line includes one name or pattern, blanks and all';
  return 'directories, and files with an execute bit, are passed over';
}

/** `a{b,c}d` → `abd`, `acd`; null: there are too many. */
export function expandBraces(pattern: string): readonly string[] | null {
  const done: string[] = [];
  const waiting = [pattern];
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    const group = /\{([^{}]*)\}/.exec(one);
    if (group === null) {
      done.push(one);
    } else {
      const before = one.slice(0, group.index);
      const after = one.slice(group.index + group[0].length);
      const parts = (group[1] ?? '').split(',').map((part) => before + part + after);
      waiting.push(...parts.reverse());
    }
    if (done.length + waiting.length > ALTERNATIVES_MAX) return null;
  }
  return done;
}
