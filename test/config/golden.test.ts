/**
 * One file a case: a configuration, a line of dashes, what is said of it; case.ts has the form of such a
 * file. `UPDATE_GOLDEN=1` writes the second half anew: read the difference like code.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readCases, said } from './case.ts';

test('every code that can be told is explained in docs/diagnostics.md', () => {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
  const union = /DiagnosticCode =([^;]*);/.exec(read('../../src/config/diagnostic.ts'))?.[1] ?? '';
  const codes = [...union.matchAll(/'([a-z-]+)'/g)].map(([, code]) => code);
  expect(codes.length).toBeGreaterThan(20);
  const explained = read('../../docs/diagnostics.md');
  expect(codes.filter((code) => !explained.includes(`\`${code}\``))).toEqual([]);
});

describe.each(readCases())('$name', (one) => {
  test('is told as expected', () => {
    if (process.env.UPDATE_GOLDEN) writeFileSync(one.url, one.given + said(one));
    else expect(said(one)).toBe(one.expected);
  });
});
