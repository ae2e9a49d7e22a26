/** What must not be shown: which words of the language are secrets, and stars in their place. */

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

/**
 * A line of a file, with stars for everything behind the word of a password, up to a comment or a brace of
 * its own: a password in which a brace or a quote was forgotten stays hidden too. The length stays.
 */
export function maskLine(line: string): string {
  let masked = '';
  let from = 0;
  for (const { index, 0: word } of line.matchAll(SECRET_ON_A_LINE)) {
    if (index < from) continue;
    const start = index + word.length;
    const end = endOfSecret(line, start);
    masked += line.slice(from, start) + line.slice(start, end).replace(/\S/g, '*');
    from = end;
  }
  return masked + line.slice(from);
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
