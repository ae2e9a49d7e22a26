/** The conformance list is whole: each of its rows is named by a test, and no test names a row that is not there. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const TESTS = new URL('..', import.meta.url).pathname;

interface Row {
  readonly number: string;
  readonly fact: string;
  /** Why it is not followed; empty: it is. */
  readonly notFollowed: string;
}

const ROWS: readonly Row[] = readFileSync(new URL('rows.tsv', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => {
    const [number = '', fact = '', notFollowed = ''] = line.split('\t');
    return { number, fact, notFollowed };
  });

/** Rows that a file names in its strings: names of tests, and of the cases of tables. What comments say is no test. */
function namedIn(text: string): readonly string[] {
  const code = text.replace(/^\s*(\/\/|\/?\*).*$/gm, '');
  return [...code.matchAll(/(['"`])(?:(?!\1).)*\1/g)].flatMap(([literal]) =>
    [...literal.matchAll(/vrrp-([A-Z]\d+)/g)].map(([, number = '']) => number),
  );
}

/** Tests, and the second machine, whose rows are names of tests. */
const FILES = readdirSync(TESTS, { recursive: true, encoding: 'utf8' }).filter(
  (path) => path.endsWith('.test.ts') || path === 'vrrp/table.ts',
);
const NAMED = new Set(FILES.flatMap((path) => namedIn(readFileSync(join(TESTS, path), 'utf8'))));

test('every row has a number of its own and says what holds', () => {
  expect(ROWS.length).toBeGreaterThan(90);
  expect(new Set(ROWS.map(({ number }) => number)).size).toBe(ROWS.length);
  expect(ROWS.filter(({ fact }) => fact === '')).toEqual([]);
});

test('every row is named by a test, or tells why it is not followed', () => {
  const missing = ROWS.filter(({ number, notFollowed }) => !NAMED.has(number) && !notFollowed);
  expect(missing).toEqual([]);
});

test('every row that a test names is there', () => {
  const known = new Set(ROWS.map(({ number }) => number));
  expect([...NAMED].filter((number) => !known.has(number))).toEqual([]);
});
