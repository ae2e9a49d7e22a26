/**
 * Secrets by their value: what is said of a mistake beside a secret would tell it. A file knows its secrets, those
 * of definitions that a secret takes, and those of the files that include it.
 */
import { lineText, type SourceFile, type Span } from '../text/source.ts';
import { isMeant, MASK, maskLine, secretsOn } from './secret.ts';

/** What is shorter is a word of every sentence. */
const CHARACTERS_MIN = 6;
/** Each sentence is searched for each of them; a director has one an instance. Beyond, those on a line itself stay hidden. */
const SECRETS_MAX = 400;
/** More of a sentence is never shown. */
const SENTENCE_CHARACTERS = 4096;
/** Of a longer line only what stands behind words of secrets is hidden: to search it for each of them would take too long. */
const LINE_CHARACTERS = 64 * 1024;
/** Definitions that are secrets: each definition of the file is held against their names. */
const NAMES_MAX = 64;

const known = new WeakMap<SourceFile, readonly string[]>();

/** A sentence about a place, with stars for the secrets of its file. */
export function conceal(text: string, { file, definedAt }: Span): string {
  const secrets = definedAt ? [...secretsOf(file), ...secretsOf(definedAt.file)] : secretsOf(file);
  return secrets.reduce(
    (said, secret) => said.replaceAll(secret, MASK),
    text.slice(0, SENTENCE_CHARACTERS),
  );
}

/** A line as it may be shown. The length stays. */
export function concealedLine(file: SourceFile, line: number): string {
  const masked = maskLine(lineText(file, line));
  if (masked.length > LINE_CHARACTERS) return masked;
  return secretsOf(file).reduce(
    (shown, secret) => shown.replaceAll(secret, '*'.repeat(secret.length)),
    masked,
  );
}

/** The longest first: a shorter one may be a part of it. */
function secretsOf(file: SourceFile): readonly string[] {
  let secrets = known.get(file);
  if (secrets === undefined) {
    const found = new Set(file.includedAt === null ? [] : secretsOf(file.includedAt.file));
    for (const one of secretsIn(file.text)) {
      if (found.size >= SECRETS_MAX) break;
      if (one.length >= CHARACTERS_MIN && !/^([*]*|\$.*)$/.test(one)) found.add(one);
    }
    secrets = [...found].toSorted((one, other) => other.length - one.length);
    known.set(file, secrets);
  }
  return secrets;
}

const DEFINITION = /^[ \t]*(["$\w]+)=(.*)$/gm;
/** Its sign of equality is forgotten. */
const GROWN_TOGETHER = /^[ \t]*\$(\w+)$/gm;
const USE = /\$\{?(\w+)/g;

function* secretsIn(text: string): Generator<string> {
  const names = new Set<string>();
  for (const one of secretsOn(text)) {
    yield one;
    if (names.size >= NAMES_MAX) continue;
    for (const [, name = ''] of one.slice(0, LINE_CHARACTERS).matchAll(USE)) names.add(name);
  }
  if (names.size > 0) yield* definedAs([...names].slice(0, NAMES_MAX), text);
}

/** What definitions of these names hold, also those of a name that is nearly theirs. */
function* definedAs(names: readonly string[], text: string): Generator<string> {
  for (const [, written = '', value = ''] of text.matchAll(DEFINITION)) {
    const name = written.replaceAll('$', '');
    if (!names.some((one) => isMeant(name, one))) continue;
    yield value.trim();
    yield* value.trim().split(/\s+/);
  }
  for (const [, word = ''] of text.matchAll(GROWN_TOGETHER)) {
    for (const one of names) if (word.startsWith(one)) yield word.slice(one.length);
  }
}
