/** What must not be shown: which words of the language are secrets, and stars in their place. */

/** Eight: as many characters as count of a password, so that what is shown is a good value itself. */
export const MASK = '********';

/** Keywords with a secret, by block; the secret is the word at this place behind the keyword. */
const SECRETS: Readonly<Record<string, number>> = {
  'authentication auth_pass': 0,
  'SSL password': 0,
  'auth_hmac key': 1,
};

export function isSecret(block: string, keyword: string): boolean {
  return `${block} ${keyword}` in SECRETS;
}

/** The words behind a keyword, with stars for the secret and for what follows it. */
export function maskWords(
  block: string,
  keyword: string,
  words: readonly string[],
): readonly string[] {
  const at = SECRETS[`${block} ${keyword}`];
  if (at === undefined || words.length <= at) return words;
  return [...words.slice(0, at), MASK];
}

const SECRET_ON_A_LINE = /((?:auth_pass|password|\bkey\s+\d+)\s+)(\S.*?)(?=\s*$|\s+#)/g;

/** A line of a file: the secret stays where it is, as stars, because what is said may go to a log. */
export function maskLine(line: string): string {
  return line.replace(
    SECRET_ON_A_LINE,
    (_, before: string, secret: string) => before + '*'.repeat(secret.length),
  );
}
