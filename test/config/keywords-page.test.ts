/** docs/keywords.md is what the tables say. `UPDATE_GOLDEN=1` writes it anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { LANGUAGE } from '../../src/config/keywords/table.ts';
import { keywordsPage } from './keywords-page.ts';

const PAGE = new URL('../../docs/keywords.md', import.meta.url);

test('the page of keywords is not stale', () => {
  const page = keywordsPage();
  if (process.env.UPDATE_GOLDEN) writeFileSync(PAGE, page);
  else expect(readFileSync(PAGE, 'utf8')).toBe(page);
});

test('every keyword has a row, every link a target', () => {
  const page = keywordsPage();
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  const keywords = Object.values(LANGUAGE).reduce((sum, table) => sum + table.size, 0);
  expect(rows.length).toBeGreaterThan(keywords);
  const titles = [...page.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
  const targets = [...page.matchAll(/\]\(#([^)]*)\)/g)].map(([, target = '']) => target);
  expect(targets.filter((target) => !titles.includes(target))).toEqual([]);
  expect(new Set(titles).size).toBe(titles.length);
});
