/**
 * Advice. One file a case in golden/lint: configuration, a line of dashes, what lint says of it;
 * `UPDATE_GOLDEN=1` writes the second half anew, and docs/traps.md.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ALL_CODES, EXPLANATIONS } from '../../src/config/diagnostics/explanations.ts';
import { renderDiagnostics } from '../../src/config/diagnostics/render.ts';
import { severityOf } from '../../src/config/diagnostics/severity.ts';
import {
  nearestCode,
  renderTraps,
  renderTrapsPage,
  trapsToJson,
} from '../../src/config/diagnostics/traps.ts';
import { load } from './world.ts';

const GOLDEN = new URL('../golden/', import.meta.url);
const FOLDER = new URL('lint/', GOLDEN);
const PAGE = new URL('../../docs/traps.md', import.meta.url);
const SEPARATOR = '\n----------\n';

describe.each(readdirSync(FOLDER))('%s', (name) => {
  test('is told as expected', () => {
    const file = new URL(name, FOLDER);
    const [text = '', expected] = readFileSync(file, 'utf8').split(SEPARATOR);
    const said = renderDiagnostics(load(text, { notes: true }).diagnostics, { colour: false });
    if (process.env.UPDATE_GOLDEN) writeFileSync(file, `${text}${SEPARATOR}${said}`);
    else expect(said).toBe(expected);
  });

  test('has no advice in check', () => {
    const [text = ''] = readFileSync(new URL(name, FOLDER), 'utf8').split(SEPARATOR);
    const severities = load(text).diagnostics.map(({ severity }) => severity);
    expect(severities).not.toContain('note');
  });
});

test('every note has a golden case', () => {
  const said = ['lint', 'pair'].flatMap((folder) =>
    readdirSync(new URL(`${folder}/`, GOLDEN)).map((name) =>
      readFileSync(new URL(`${folder}/${name}`, GOLDEN), 'utf8'),
    ),
  );
  const notes = ALL_CODES.filter((code) => severityOf(code, 'default') === 'note');
  expect(notes.filter((code) => !said.some((text) => text.includes(`note[${code}]`)))).toEqual([]);
});

test('every story has two to five sentences and no jargon of markup', () => {
  for (const code of ALL_CODES) {
    const { title, text } = EXPLANATIONS[code];
    const sentences = text.split(/[.?](?=\s|$)/).filter((part) => part.trim() !== '');
    expect(sentences.length, code).toBeGreaterThanOrEqual(2);
    expect(sentences.length, code).toBeLessThanOrEqual(5);
    expect(title, code).not.toMatch(/[.\n]$/);
  }
});

test('docs/traps.md tells the same', () => {
  if (process.env.UPDATE_GOLDEN) writeFileSync(PAGE, renderTrapsPage());
  else expect(readFileSync(PAGE, 'utf8')).toBe(renderTrapsPage());
});

const FIVE = Array.from(
  { length: 25 },
  (_, at) => `vrrp_instance ${at} {\n virtual_router_id ${at + 1}\n weigth 1\n}\n`,
).join('');

test('a trap is explained once, and not shown more often than anybody reads', () => {
  const { diagnostics } = load(FIVE);
  const text = renderTraps(diagnostics, { colour: false });
  expect(text.split(EXPLANATIONS['unknown-keyword'].text.slice(0, 40))).toHaveLength(2);
  expect(text.match(/unknown-keyword/g)).toHaveLength(10);
  expect(text).toContain('and 15 more of this kind');
  expect(trapsToJson(diagnostics)).toHaveLength(25);
  expect(trapsToJson(diagnostics)[0]?.explanation).toBe(EXPLANATIONS['unknown-keyword'].text);
});

test('a mistyped code is recognised', () => {
  expect(nearestCode('nopreempt-ignord')).toBe('nopreempt-ignored');
  expect(nearestCode('zzzzzzzzzzz')).toBeNull();
});
