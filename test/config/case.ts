/**
 * A golden case is one file of test/golden/config/:
 *
 *     # case: compat id=web1 env:SITE=north dump
 *     include conf.d/*.conf
 *     ---------- conf.d/a.conf
 *     global_defs {
 *         router_id a
 *     }
 *     ----------
 *     what is said of it, and "accepted" or "refused"
 *     ----------
 *     what was understood, as `lvsd -d` shows it
 *
 * The first line is for cases that need more than a text; it is a comment of the language, and part of the
 * configuration like every other line. Its words: `compat` for the mode, `id=ID` for the config-id,
 * `env:NAME=VALUE` for a variable, `read=FILE` for another main file than lvsd.conf, `unended` for a text
 * whose last line has no newline, `dump` for a case that shows what was understood.
 * A line of ten dashes with a name begins a further file; behind the name may stand `unreadable` or `executable`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { renderDiagnostics } from '../../src/config/diagnostics/render.ts';
import { dumpDirector } from '../../src/config/show/dump.ts';
import { load, MAIN_FILE, type WorldFile } from './world.ts';

const FOLDER = new URL('../golden/config/', import.meta.url);
/** A byte order mark may stand before it. */
const HEADER = /^\ufeff?# case: ([^\r\n]*)/;
const SEPARATOR = /^-{10}(?: (\S+)(?: (unreadable|executable))?)?\n/gm;

export interface GoldenCase {
  readonly name: string;
  readonly url: URL;
  /** All that stands before what is expected. */
  readonly given: string;
  readonly expected: string;
  readonly text: string;
  readonly files: Readonly<Record<string, WorldFile>>;
  readonly mode: 'default' | 'compat';
  readonly configId: string | null;
  readonly variables: Readonly<Record<string, string>>;
  /** The file that is read, when it is not the text itself. */
  readonly mainFile: string;
  readonly hasDump: boolean;
}

export function readCases(): readonly GoldenCase[] {
  return readdirSync(FOLDER).map(readCase);
}

function readCase(name: string): GoldenCase {
  const url = new URL(name, FOLDER);
  const whole = readFileSync(url, 'utf8');
  const { text, files, expectedAt } = split(whole);
  const words = (HEADER.exec(text)?.[1] ?? '').split(' ');
  const after = (start: string): readonly string[] =>
    words.flatMap((word) => (word.startsWith(start) ? [word.slice(start.length)] : []));
  return {
    name: name.replace(/\.txt$/, ''),
    url,
    given: whole.slice(0, expectedAt),
    expected: whole.slice(expectedAt),
    text: words.includes('unended') ? text.replace(/\n$/, '') : text,
    files,
    mode: words.includes('compat') ? 'compat' : 'default',
    configId: after('id=')[0] ?? null,
    variables: Object.fromEntries(after('env:').map((pair) => pair.split('='))),
    mainFile: after('read=')[0] ?? MAIN_FILE,
    hasDump: words.includes('dump'),
  };
}

/** The configuration, the files behind it, and where what is expected begins. */
function split(whole: string): {
  readonly text: string;
  readonly files: Readonly<Record<string, WorldFile>>;
  readonly expectedAt: number;
} {
  const texts: string[] = [];
  const names: [string, WorldFile['is']][] = [];
  let from = 0;
  for (const { 0: line, 1: name, 2: is, index } of whole.matchAll(SEPARATOR)) {
    texts.push(whole.slice(from, index));
    from = index + line.length;
    if (name === undefined) break;
    names.push([name, is as WorldFile['is']]);
  }
  const [text = '', ...others] = texts;
  const files = names.map(([name, is], at) => [name, { text: others[at] ?? '', is }] as const);
  return { text, files: Object.fromEntries(files), expectedAt: from };
}

/** What stands behind the first line of dashes when all is well. */
export function said(one: GoldenCase): string {
  const { diagnostics, director } = loadCase(one);
  const told = renderDiagnostics(diagnostics, { colour: false });
  const verdict = director === null ? 'refused' : 'accepted';
  const dump = one.hasDump && director !== null ? `----------\n${dumpDirector(director)}` : '';
  return `${told}${verdict}\n${dump}`;
}

export function loadCase(
  { text, files, mode, configId, variables, mainFile }: GoldenCase,
  otherMode?: 'compat',
): ReturnType<typeof load> {
  return load(text, {
    mode: otherMode ?? mode,
    files,
    variables,
    mainFile,
    ...(configId === null ? {} : { configId }),
  });
}
