/**
 * Secrets by their value: what is said of a mistake beside a secret would tell it. A file knows its secrets, those
 * of definitions that a secret takes, and those of the files that include it.
 */
import { lineText, type SourceFile, type Span } from '../text/source.ts';
import { isMeant, MASK, maskLine, secretsOn } from './secret.ts';

/** What is shorter is a word of every sentence. */
const CHARACTERS_MIN = 6;
/** Each sentence is searched for each of them; a director has a few hundred. Beyond, those on a line itself stay hidden. */
const SECRETS_MAX = 1000;
/** Definitions that are secrets: each definition of the file is held against their names. */
const NAMES_MAX = 64;

const known = new WeakMap<SourceFile, readonly string[]>();

/** A sentence about a place, with stars for the secrets of its file. */
export function conceal(text: string, { file, definedAt }: Span): string {
  const secrets = definedAt ? [...secretsOf(file), ...secretsOf(definedAt.file)] : secretsOf(file);
  return secrets.reduce((said, secret) => said.replaceAll(secret, MASK), text);
}

/** A line as it may be shown. The length stays. */
export function concealedLine(file: SourceFile, line: number): string {
  return secretsOf(file).reduce(
    (shown, secret) => shown.replaceAll(secret, '*'.repeat(secret.length)),
    maskLine(lineText(file, line)),
  );
}

/** The longest first: a shorter one may be a part of it. */
function secretsOf(file: SourceFile): readonly string[] {
  let secrets = known.get(file);
  if (secrets === undefined) {
    const above = file.includedAt === null ? [] : secretsOf(file.includedAt.file);
    const found = new Set([...above, ...secretsIn(file.text)]);
    secrets = [...found].slice(0, SECRETS_MAX).toSorted((one, other) => other.length - one.length);
    known.set(file, secrets);
  }
  return secrets;
}

const DEFINITION = /^[ \t]*(["$\w]+)=(.*)$/gm;
/** Its sign of equality is forgotten. */
const GROWN_TOGETHER = /^[ \t]*\$(\w+)$/gm;
const USE = /\$\{?(\w+)/g;

function secretsIn(text: string): readonly string[] {
  const written = secretsOn(text);
  const names = written.flatMap((one) => [...one.matchAll(USE)].map(([, name = '']) => name));
  return [...written, ...definedAs(new Set(names), text)].filter(
    (one) => one.length >= CHARACTERS_MIN && !/^([*]*|\$.*)$/.test(one),
  );
}

/** What definitions of these names hold, also those of a name that is nearly theirs. */
function definedAs(names: ReadonlySet<string>, text: string): readonly string[] {
  if (names.size === 0) return [];
  const all = [...names].slice(0, NAMES_MAX);
  const values = [...text.matchAll(DEFINITION)].flatMap(([, name = '', value = '']) =>
    all.some((one) => isMeant(name.replaceAll('$', ''), one)) ? [value.trim()] : [],
  );
  const grown = [...text.matchAll(GROWN_TOGETHER)].flatMap(([, word = '']) =>
    all.flatMap((one) => (word.startsWith(one) ? [word.slice(one.length)] : [])),
  );
  return [...values.flatMap((value) => [value, ...value.split(/\s+/)]), ...grown];
}
