/**
 * Every keyword with a range: its ends are taken, what is beyond them is told on the word. Each also has a
 * golden file, range-BLOCK-KEYWORD.txt, that shows the message; `UPDATE_GOLDEN=1` writes those that are missing.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Argument, BlockName, Keyword, Scalar } from '../../src/config/keywords/keyword.ts';
import { PHRASES } from '../../src/config/keywords/phrases.ts';
import { LANGUAGE } from '../../src/config/keywords/table.ts';
import { formatConfig, textOf } from '../../src/config/show/format.ts';
import { positionOf } from '../../src/config/text/source.ts';
import { inPlace } from './places.ts';
import { load } from './world.ts';

interface Range {
  readonly min: number;
  readonly max: number;
  /** Just outside. */
  readonly below: number;
  readonly above: number;
}

/** Of the value behind the keyword, or of the first word behind it. */
function rangeOf(argument: Argument): Range | null {
  if (argument.is === 'phrase') {
    const [slot] = PHRASES[argument.of].slots;
    return slot === undefined ? null : rangeOf(slot.argument);
  }
  if (!isRanged(argument)) return null;
  const { min, max } = argument.tolerated ?? argument;
  const step = argument.is === 'integer' ? 1 : 0.001;
  // A number of 18 digits has no thousandths.
  const above = argument.is === 'integer' ? max + 1 : max + Math.max(step, max * 1e-9);
  return { min, max, below: min - step, above };
}

function isRanged(argument: Argument): argument is Extract<Scalar, { readonly min: number }> {
  return 'min' in argument;
}

interface Ranged {
  readonly block: BlockName;
  readonly keyword: Keyword;
  readonly range: Range;
}

const RANGED: readonly Ranged[] = (Object.keys(LANGUAGE) as BlockName[]).flatMap((block) =>
  [...LANGUAGE[block].values()].flatMap((keyword) => {
    const range = rangeOf(keyword.argument);
    return range === null ? [] : [{ block, keyword, range }];
  }),
);

/** Never with an exponent, which the language does not know. */
function written(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(6).replace(/0+$/, '');
}

function toldOf({ block, keyword }: Ranged, value: number): readonly string[] {
  const { text, firstLine } = inPlace(block, [`${keyword.name} ${written(value)}`]);
  return load(text)
    .diagnostics.filter(({ span }) => positionOf(span.file, span.start).line === firstLine)
    .filter(({ code }) => code === 'out-of-range' || code === 'bad-value')
    .map(({ code, span }) => `${code} ${positionOf(span.file, span.start).column}`);
}

describe.each([...new Set(RANGED.map(({ block }) => block))])('%s', (block) => {
  test.each(RANGED.filter((one) => one.block === block).map((one) => [one.keyword.name, one]))(
    '%s',
    (name, one) => {
      const { min, max, below, above } = one.range;
      expect(toldOf(one, min), `${written(min)} is taken`).toEqual([]);
      expect(toldOf(one, max), `${written(max)} is taken`).toEqual([]);
      const column = name.length + 2;
      for (const value of [below, above]) {
        expect(toldOf(one, value), `${written(value)} is told`).toEqual([`out-of-range ${column}`]);
      }
    },
  );
});

const FOLDER = new URL('../golden/config/', import.meta.url);

function goldenFile({ block, keyword }: Ranged): URL {
  const place = block === 'the top level' ? 'top' : block;
  return new URL(`range-${place}-${keyword.name}.txt`, FOLDER);
}

test('each has a golden file', () => {
  const missing = RANGED.filter((one) => !existsSync(goldenFile(one)));
  if (process.env.UPDATE_GOLDEN) {
    for (const one of missing) {
      const { text } = inPlace(one.block, [`${one.keyword.name} ${written(one.range.max + 1)}`]);
      writeFileSync(goldenFile(one), `${textOf(formatConfig(text))}----------\n`);
    }
    return;
  }
  expect(missing.map(({ block, keyword }) => `${block} ${keyword.name}`)).toEqual([]);
  for (const one of RANGED) {
    const golden = readFileSync(goldenFile(one), 'utf8');
    expect(golden, goldenFile(one).pathname).toMatch(/error\[out-of-range\]: .*is out of range/);
    expect(golden).toContain(`${one.keyword.name} ${written(one.range.max + 1)}`);
  }
});
