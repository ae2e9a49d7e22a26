/** The tables against the list of all keywords of keepalived 2.4 (keywords.tsv, one row a keyword). */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { BlockName, Keyword } from '../../src/config/keywords/keyword.ts';
import { LANGUAGE, nearestKeyword } from '../../src/config/keywords/table.ts';
import { load } from './world.ts';

interface Row {
  readonly block: string;
  readonly name: string;
  readonly kind: string;
}

const ROWS: readonly Row[] = readFileSync(new URL('keywords.tsv', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [block = '', name = '', , , , , , kind = ''] = line.split('\t');
    return { block, name, kind };
  });

/** The list names a block by its path. */
function blockOf(path: string): BlockName {
  if (path === '(root)') return 'the top level';
  const last = path.split('/').at(-1) as string;
  return (last === 'vrrp_track_file' ? 'track_file' : last) as BlockName;
}

const KEYWORDS = ROWS.filter(({ kind }) => kind === 'keyword');

test('all 531 keywords are in the tables', () => {
  expect(KEYWORDS).toHaveLength(531);
  const missing = KEYWORDS.filter(({ block, name }) => !LANGUAGE[blockOf(block)]?.has(name));
  expect(missing.map(({ block, name }) => `${block} ${name}`)).toEqual([]);
});

const ALL: readonly (readonly [string, Keyword])[] = Object.entries(LANGUAGE).flatMap(
  ([block, table]) => [...table.values()].map((keyword) => [block, keyword] as const),
);

test('every entry has a line of help, and tells what holds without it', () => {
  for (const [block, { name, help, default: standard, unset }] of ALL) {
    expect(help.length, `${block} ${name}`).toBeGreaterThan(2);
    expect(help, `${block} ${name}`).not.toMatch(/[.\n]$/);
    expect(standard === null, `${block} ${name}`).toBe(unset !== '');
  }
});

test('every range is one', () => {
  for (const [block, { name, argument }] of ALL) {
    if (!('min' in argument)) continue;
    expect(argument.min, `${block} ${name}`).toBeLessThan(argument.max);
  }
});

describe('a keyword with one letter missing', () => {
  const LONG = 6;
  test('is recognised in its own block, in all but a few that resemble each other', () => {
    const tried = ALL.filter(([, { name }]) => name.length >= LONG);
    const found = tried.filter(([block, { name }]) => {
      const table = LANGUAGE[block as BlockName];
      const typo = name.slice(0, 3) + name.slice(4);
      return table.has(typo) || nearestKeyword(typo, table) === name;
    });
    expect(found.length / tried.length).toBeGreaterThan(0.98);
  });
});

describe('a word without effect', () => {
  const said = (text: string): readonly string[] =>
    load(text).diagnostics.map(({ code, message }) => `${code}: ${message}`);

  test('is told of once, and what its block holds is checked all the same', () => {
    const text = `bfd_instance peer {
    neighbor_ip 192.0.2.3
    multiplier 300
    min_rxx 10
}
`;
    expect(said(text)).toEqual([
      'no-effect: "bfd_instance" has no effect in this version',
      'out-of-range: 300 is out of range',
      'unknown-keyword: there is no "min_rxx" in bfd_instance',
    ]);
  });

  test('is checked for its value', () => {
    expect(said('global_defs {\n    smtp_server\n    smtp_connect_timeout never\n}\n')).toEqual([
      'no-effect: "smtp_server" has no effect in this version',
      'missing-argument: "smtp_server" needs a value',
      'no-effect: "smtp_connect_timeout" has no effect in this version',
      expect.stringContaining('bad-value: "never"'),
    ]);
  });
});
