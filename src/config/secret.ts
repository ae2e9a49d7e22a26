/** What must not be shown: which words of the language are secrets, and stars in their place. */

/** Eight: as many characters as count of a password, so that what is shown is a good value itself. */
export const MASK = '********';

/** Keywords with a secret, by block. */
const SECRETS: ReadonlySet<string> = new Set([
  'authentication auth_pass',
  'SSL password',
  'auth_hmac key',
]);

export function isSecret(block: string, keyword: string): boolean {
  return SECRETS.has(`${block} ${keyword}`);
}

/** The words behind a keyword with a secret: stars, and before them the number that a key has. */
export function maskWords(words: readonly string[]): readonly string[] {
  const [first = ''] = words;
  return words.length > 1 && /^\d{1,3}$/.test(first) ? [first, MASK] : [MASK];
}

const SECRET_ON_A_LINE = /((?:auth_pass|password|\bkey\s+\d+)\s+)(\S.*?)(?=\s*$|\s+#)/g;

/** A line of a file: the secret stays where it is, as stars, because what is said may go to a log. */
export function maskLine(line: string): string {
  return line.replace(
    SECRET_ON_A_LINE,
    (_, before: string, secret: string) => before + '*'.repeat(secret.length),
  );
}
