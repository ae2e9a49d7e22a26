/** What must not be shown: which words of the language are secrets, and stars in their place. */
import { editDistance } from '../../base/nearest.ts';

/** Eight: as many characters as count of a password, so that what is shown is a good value itself. */
export const MASK = '********';

/** Keywords with a secret, by block. */
const SECRETS: ReadonlySet<string> = new Set([
  'authentication auth_pass',
  'SSL password',
  'auth_hmac key',
  'global_defs smtp_password',
  'lease key',
]);

export function isSecret(block: string, keyword: string): boolean {
  return SECRETS.has(`${block} ${keyword}`);
}

/**
 * The words behind a keyword with a secret: stars, and before them the number that a key has. Of a secret that
 * has to be long there are sixteen, so that what is shown is a good value, too.
 */
export function maskWords(words: readonly string[]): readonly string[] {
  const [first = ''] = words;
  if (words.length > 1 && /^\d{1,3}$/.test(first)) return [first, MASK];
  return [first.length >= LONG_MASK.length ? LONG_MASK : MASK];
}

const LONG_MASK = MASK.repeat(2);

const SECRET_ON_A_LINE =
  /(auth_pass|smtp_password|password|\bkey\s+\d+|\bkey(?!\s+\d{1,3}(?:\s|$)))(?=[\s"])/g;
/** The first word of a statement. */
const FIRST_WORD = /(?:^|[{}])\s*([^\s{}]+)/g;
const SECRET_WORDS = ['auth_pass', 'smtp_password', 'password'] as const;
const SECRET_BEHIND_NUMBER = /^\s+\d{1,3}\s+\S/;
/** Of a lease: the shortest key that there may be. */
const KEY_CHARACTERS_MIN = 16;

/** From the end of its word on, to a comment or a brace of its own. */
interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** Where secrets stand on a line: also behind a word that is misspelt, or grown together with its secret. */
function* secretStretches(line: string): Generator<Stretch> {
  const starts = [...line.matchAll(SECRET_ON_A_LINE)].map(
    ({ index, 0: { length } }) => index + length,
  );
  for (const found of line.matchAll(FIRST_WORD)) {
    const [all, word = ''] = found;
    const end = found.index + all.length;
    const within = misspelt(word, line.slice(end, end + KEY_CHARACTERS_MIN * 2));
    if (within !== null) starts.push(end - word.length + within);
  }
  let from = 0;
  for (const start of starts.toSorted((one, other) => one - other)) {
    if (start < from) continue;
    from = endOfSecret(line, start);
    yield { start, end: from };
  }
}

/** Where in the word, or at its end, a secret begins that it does not announce properly; null: nowhere. */
function misspelt(written: string, behind: string): number | null {
  const glued = SECRET_WORDS.find((one) => written.startsWith(one) && written !== one);
  if (glued !== undefined) return glued.length;
  if (written.startsWith('key') && written.length >= KEY_CHARACTERS_MIN) return 'key'.length;
  const word = written.replaceAll('"', '');
  const isPassword =
    LIKE_A_PASSWORD.test(word) &&
    SECRET_WORDS.some((one) => written !== one && isNear(word, one, 2));
  if (isPassword) return written.length;
  const letters = word.replace(/\d{1,3}$/, '');
  if (written === 'key' || !isNear(letters, 'key', 1)) return null;
  const [, next = ''] = /^\s+"?(\S*)/.exec(behind) ?? [];
  const hasKey =
    next.length >= KEY_CHARACTERS_MIN || /^\s+"/.test(behind) || SECRET_BEHIND_NUMBER.test(behind);
  return hasKey ? written.length : null;
}

/** At most so many characters are wrong. */
function isNear(word: string, meant: string, limit: number): boolean {
  const isAbout = Math.abs(meant.length - word.length) <= limit;
  return isAbout && editDistance(word, meant, limit + 1) <= limit;
}

/** Whether a word was meant that was mistyped by at most two characters. */
export function isMeant(word: string, meant: string): boolean {
  return isNear(word.replaceAll('"', ''), meant, Math.min(2, meant.length - 1));
}

/**
 * A line of a file, with stars for everything behind the word of a password, up to a comment or a brace of
 * its own: a password in which a brace or a quote was forgotten stays hidden too. The length stays.
 */
export function maskLine(line: string): string {
  let masked = '';
  let from = 0;
  for (const { start, end } of secretStretches(line)) {
    masked += line.slice(from, start) + line.slice(start, end).replace(/\S/g, '*');
    from = end;
  }
  return masked + line.slice(from);
}

/** A line that may hold a secret: most do not, and a file may have a million. */
const MAYBE = /pa|as|ss|sw|key|(?<![\w"])[\w"]{0,2}(?:k[\w"]?[ey]|e[\w"]?y|ye)[\w"]{0,4}(?![\w"])/;
/** Whatever two characters are wrong, something of a password is left. */
const LIKE_A_PASSWORD = /pa|as|ss|sw/;

/** The secrets of a text, without their quotes: whole, and word by word. One may stand on the line behind its keyword. */
export function* secretsOn(text: string): Generator<string> {
  let isAwaited = false;
  for (const line of text.split('\n')) {
    const isEmpty = line.trim() === '';
    if (isAwaited && !isEmpty) yield* wordsOf(line);
    isAwaited = isAwaited && isEmpty;
    if (!MAYBE.test(line)) continue;
    for (const { start, end } of secretStretches(line)) {
      const secret = line.slice(start, end).trim();
      if (secret === '') {
        isAwaited = line.slice(end).trim() === '';
        continue;
      }
      yield secret;
      yield* wordsOf(secret);
    }
  }
}

/** Braces and numbers of keys are none. */
function wordsOf(text: string): readonly string[] {
  const [, quoted] = /^\s*(?:\d{1,3}\s+)?"([^"]*)"?/.exec(text) ?? [];
  const words = text.split(/[\s"]+/).filter((word) => !/^(\d{0,3}|[{}#!].*)$/.test(word));
  return quoted === undefined ? words : [quoted, ...words];
}

/** Whether a line holds a password, which then may stand in a definition too. */
export function hasSecret(line: string): boolean {
  return line.search(SECRET_ON_A_LINE) >= 0;
}

const WORD = /"[^"]*"?|[^\s"]+|\s+/y;

function endOfSecret(line: string, start: number): number {
  WORD.lastIndex = start;
  let end = start;
  let isAfterBlank = true;
  for (let found = WORD.exec(line); found !== null; found = WORD.exec(line)) {
    const [word] = found;
    if (isAfterBlank && /^[{}#!]/.test(word)) break;
    isAfterBlank = /^\s/.test(word);
    end = WORD.lastIndex;
  }
  return end;
}
