/** Passwords in a line of a configuration, as stars: what is said of it may go to a log. */

const SECRET = /(auth_pass|password)(?=[\s"])/g;

/**
 * The line with stars for everything behind the word of a password, up to a comment or a brace of its own:
 * a password in which a brace or a quote was forgotten stays hidden too. The length stays.
 */
export function maskSecrets(line: string): string {
  let masked = '';
  let from = 0;
  for (const { index, 0: word } of line.matchAll(SECRET)) {
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
  return line.search(SECRET) >= 0;
}

/** The same of a sentence, which may quote what stands on a line. */
export function maskSecretsIn(sentence: string): string {
  return sentence.includes('auth_pass ') ? maskSecrets(sentence) : sentence;
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
