/**
 * One file a case: a configuration, a line of dashes, what is said of it. `UPDATE_GOLDEN=1` writes the
 * second half anew: read the difference like code.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { renderDiagnostics } from '../../src/config/render.ts';
import { load } from './world.ts';

const FOLDER = new URL('../golden/config/', import.meta.url);
const SEPARATOR = '\n----------\n';

test('every code that can be told is explained in docs/diagnostics.md', () => {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
  const union = /DiagnosticCode =([^;]*);/.exec(read('../../src/config/diagnostic.ts'))?.[1] ?? '';
  const codes = [...union.matchAll(/'([a-z-]+)'/g)].map(([, code]) => code);
  expect(codes.length).toBeGreaterThan(20);
  const explained = read('../../docs/diagnostics.md');
  expect(codes.filter((code) => !explained.includes(`\`${code}\``))).toEqual([]);
});

describe.each(readdirSync(FOLDER))('%s', (name) => {
  test('is told as expected', () => {
    const file = new URL(name, FOLDER);
    const [text = '', expected] = readFileSync(file, 'utf8').split(SEPARATOR);
    const { diagnostics, director } = load(text);
    const verdict = director === null ? 'refused' : 'accepted';
    const said = `${renderDiagnostics(diagnostics, { colour: false })}${verdict}\n`;
    if (process.env.UPDATE_GOLDEN) writeFileSync(file, `${text}${SEPARATOR}${said}`);
    else expect(said).toBe(expected);
  });
});
