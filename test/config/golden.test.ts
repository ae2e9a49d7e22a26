/**
 * One file a case: a configuration, a line of dashes, what is said of it; case.ts has the form of such a
 * file. `UPDATE_GOLDEN=1` writes the second half anew: read the difference like code.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ALL_CODES } from '../../src/config/diagnostics/explanations.ts';
import { loadCase, readCases, said } from './case.ts';

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8');
}

/** Codes whose cases would be too large for a golden file, and the test that tells them. */
const TOLD_ELSEWHERE: Readonly<Record<string, string>> = {
  'too-many': 'load.test.ts',
};

test('every code that can be told is explained in docs/diagnostics.md', () => {
  expect(ALL_CODES.length).toBeGreaterThan(40);
  const explained = read('../../docs/diagnostics.md');
  expect(ALL_CODES.filter((code) => !explained.includes(`\`${code}\``))).toEqual([]);
});

/** Codes in the files of what else is told: advice, and pairs. */
function toldIn(folder: string): readonly string[] {
  const names = readdirSync(new URL(folder, import.meta.url));
  return names.flatMap((name) =>
    [...read(`${folder}${name}`).matchAll(/^(?:note|warning|error)\[([a-z-]+)\]/gm)].map(
      ([, code = '']) => code,
    ),
  );
}

test('every code is told in some case', () => {
  const told = new Set<string>([
    ...readCases().flatMap((one) => loadCase(one).diagnostics.map(({ code }) => code)),
    ...toldIn('../golden/lint/'),
    ...toldIn('../golden/pair/'),
  ]);
  const missing = ALL_CODES.filter((code) => !told.has(code));
  expect(missing).toEqual(Object.keys(TOLD_ELSEWHERE));
  for (const [code, file] of Object.entries(TOLD_ELSEWHERE)) {
    expect(read(file)).toContain(code);
  }
});

/** The recorded experiments with the original: what was typed, each of which has a case here. */
const EXPERIMENTS = `valid, no blank before brace, unknown keyword, bad number, bad word,
  missing end braces, extra brace, missing begin brace, unterminated quote, missing word,
  duplicate scalar, duplicate virtual server, bad address, bad port, unknown block, include nothing,
  includea nothing, extra words, empty file, one line, unknown interface, no vrid, same vrid,
  same instance name, root script, script not found, documented name, file check dynamic,
  no protocol scheduler method, quorum too high, bad values, double brace, block on scalar,
  brace later, definition with blank, mid line macro, case, embedded nul, 1100 byte comment, bom, crlf,
  env without name, generator hex, circular include, fatal class only, unquoted notify,
  unquoted script, two vips on a line, all weights 0, random from 5 to 5, conditional opener only`
  .split(',')
  .map((name) => name.trim().replaceAll(' ', '-'));

test('every trap and every recorded experiment has a case', () => {
  const names = readCases().map(({ name }) => name);
  const traps = Array.from({ length: 20 }, (_, at) => `trap-${String(at + 1).padStart(2, '0')}-`);
  expect(traps.filter((trap) => !names.some((name) => name.startsWith(trap)))).toEqual([]);
  expect(EXPERIMENTS).toHaveLength(51);
  expect(EXPERIMENTS.filter((one) => !names.includes(`experiment-${one}`))).toEqual([]);
});

describe.each(readCases())('$name', (one) => {
  test('is told as expected', () => {
    if (process.env.UPDATE_GOLDEN) writeFileSync(one.url, one.given + said(one));
    else expect(said(one)).toBe(one.expected);
  });

  test('tells no mistake twice', () => {
    // What a block lacks is told at its keyword: several things may be lacking.
    const places = loadCase(one)
      .diagnostics.filter(({ code }) => code !== 'missing-keyword')
      .map(({ code, span }) => `${code} ${span.file.path} ${span.start}`);
    expect(places.filter((place, at) => places.indexOf(place) !== at)).toEqual([]);
  });
});
