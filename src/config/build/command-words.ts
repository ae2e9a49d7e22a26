/** A script's value → words, by rules of their own: not those of ordinary lines. */

const BLANK = /[ \t\r\v\f\n]/;

/** What stands for a backslash and one letter. */
const NAMED: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  E: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** `\101`, `\x41`, `\cA`, or a backslash and any other character. */
const ESCAPE = /\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|c([\s\S])|([\s\S]))/y;

/**
 * Both kinds of quotes, adjacent parts joined. `escapes`: the second splitting, of the command line
 * itself, where a backslash begins an escape.
 */
export function splitCommand(text: string, escapes: boolean): readonly string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote = '';
  let at = 0;
  while (at < text.length) {
    const character = text[at] as string;
    const found = escapes && character === '\\' ? escapeAt(text, at) : null;
    at += found?.length ?? 1;
    if (found !== null) {
      word = (word ?? '') + found.meant;
    } else if (quote !== '') {
      if (character === quote) quote = '';
      else word = (word ?? '') + character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (BLANK.test(character)) {
      if (word !== null) words.push(word);
      word = null;
    } else {
      word = (word ?? '') + character;
    }
  }
  if (word !== null) words.push(word);
  return words;
}

interface Escape {
  readonly length: number;
  readonly meant: string;
}

/** Null: the backslash is the last character, and stands for itself. */
function escapeAt(text: string, at: number): Escape | null {
  ESCAPE.lastIndex = at;
  const found = ESCAPE.exec(text);
  if (found === null) return null;
  const [whole, octal, hexadecimal, control, other = ''] = found;
  const code =
    octal !== undefined
      ? Number.parseInt(octal, 8) & 0xff
      : hexadecimal !== undefined
        ? Number.parseInt(hexadecimal, 16)
        : control !== undefined
          ? control.charCodeAt(0) & 0x1f
          : null;
  const meant = code === null ? (NAMED[other] ?? other) : String.fromCharCode(code);
  return { length: whole.length, meant };
}
