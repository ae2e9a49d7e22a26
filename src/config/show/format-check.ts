/**
 * A formatted file means what the file meant before: both are read, with everything that they include, and
 * their statements compared, for this host and for every other host that a condition names.
 */

import type { DiagnosticCode } from '../diagnostics/codes.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { type Reports, toDiagnostics } from '../diagnostics/reports.ts';
import type { ConfigEnvironment } from '../environment.ts';
import { isCommand } from '../keywords/table.ts';
import { readTree } from '../load.ts';
import type { Statement, Word } from '../text/ast.ts';
import type { SourceFile } from '../text/source.ts';
import { type FormattedLine, formatConfig, textOf } from './format.ts';

/** In a file with these nobody knows what belongs to what. */
const OBSTACLES: ReadonlySet<DiagnosticCode> = new Set([
  'unreadable-file',
  'unmatched-quote',
  'missing-close-brace',
  'unexpected-brace',
] as const);

/** Hosts that are looked at; a file for more of them is believed to be alike for the rest. */
const HOSTS_MAX = 16;

export interface Formatting {
  readonly before: string;
  readonly lines: readonly FormattedLine[];
  readonly after: string;
  /** Not empty: the file is not fit to be formatted, and why. */
  readonly obstacles: readonly Diagnostic[];
  /**
   * The result would mean something else, or be laid out otherwise a second time, so that it is not clear what it
   * means: it must not be used.
   */
  readonly changesMeaning: boolean;
}

export function formatFile(
  path: string,
  options: { readonly environment: ConfigEnvironment; readonly configId?: string },
): Formatting {
  const { environment } = options;
  const { sources, reports } = readTree(path, { ...options, mode: 'default' });
  const before = sources[0]?.text ?? '';
  if (sources[0] !== undefined) tellOtherEncoding(sources[0], reports);
  const obstacles = toDiagnostics(reports.all, 'default').filter(
    ({ code, span }) =>
      span.file.path === path &&
      (OBSTACLES.has(code) || span.file.text[span.start] === REPLACEMENT),
  );
  if (obstacles.length > 0) {
    return { before, lines: [], after: before, obstacles, changesMeaning: false };
  }
  const lines = formatConfig(before);
  const after = textOf(lines);
  const ofText = (text: string): ConfigEnvironment => ({
    ...environment,
    readFile: (asked) => (asked === path ? { text } : environment.readFile(asked)),
  });
  const read = (text: string, configId: string): Iterable<Statement> => {
    const asked = { environment: ofText(text), configId, mode: 'default' } as const;
    return readTree(path, asked).tree.statements();
  };
  const changesMeaning =
    textOf(formatConfig(after)) !== after ||
    hostsOf(before, options).some((host) => !sameStatements(read(before, host), read(after, host)));
  return { before, lines, after, obstacles, changesMeaning };
}

/** Octets that are no UTF-8 have been read as this: written back they would be lost. */
const REPLACEMENT = '\ufffd';

function tellOtherEncoding(file: SourceFile, reports: Reports): void {
  const start = file.text.indexOf(REPLACEMENT);
  if (start < 0) return;
  reports.add({
    code: 'odd-character',
    span: { file, start, end: start + 1 },
    message: 'this is no UTF-8: what it is cannot be told, and would be lost',
    hint: 'save the file as UTF-8 first: iconv -f latin1 -t utf8',
  });
}

/** This host, one that no condition names, and those that are named. */
function hostsOf(
  text: string,
  {
    configId,
    environment,
  }: { readonly configId?: string; readonly environment: ConfigEnvironment },
): readonly string[] {
  const named = [...text.matchAll(/^[ \t]*@\^?(\S*)/gm)].map(([, id = '']) => id);
  const own = configId ?? environment.hostName().split('.')[0] ?? '';
  return [...new Set([own, ' ', ...named])].slice(0, HOSTS_MAX);
}

function sameStatements(before: Iterable<Statement>, after: Iterable<Statement>): boolean {
  const [a, b] = [[...before], [...after]];
  return a.length === b.length && a.every((one, at) => sameStatement(one, b[at] as Statement));
}

function sameStatement(a: Statement, b: Statement): boolean {
  const words = (one: Statement): readonly Word[] => [one.keyword, ...one.args];
  const [left, right] = [words(a), words(b)];
  const sameWords =
    left.length === right.length &&
    left.every(({ text, quoted }, at) => text === right[at]?.text && quoted === right[at]?.quoted);
  if (!sameWords) return false;
  if (isCommand(a.keyword.text) && a.rawArgs !== b.rawArgs) return false;
  return a.hasBlock === b.hasBlock && sameStatements(a.block(), b.block());
}
