/**
 * A mistake is told once: a good configuration is spoilt in one place, in every place there is, and exactly one
 * thing is said of it.
 */
import { describe, expect, test } from 'vitest';
import { readCases } from './case.ts';
import { load } from './world.ts';

const TEXT = readCases().find(({ name }) => name === 'whole-configuration')?.text ?? '';

interface Spoilt {
  readonly at: number;
  readonly text: string;
}

function replaced(at: number, length: number, insert: string): Spoilt {
  return { at, text: TEXT.slice(0, at) + insert + TEXT.slice(at + length) };
}

function placesOf(form: RegExp): readonly RegExpExecArray[] {
  return [...TEXT.matchAll(form)];
}

const braces = placesOf(/[{}]/g).map(({ index }) => index);
/** Keywords, long enough to be recognised when a letter is missing. */
const keywords = placesOf(/(?<=^ *)[a-zA-Z_]{6,}(?= )/gm).map(({ index }) => index);
/** The only or last value of a line. */
const values = placesOf(/(?<=^ *[a-z_]+ .*)(?<= )[^\s{"]+$/gm);

const SPOILT: Readonly<Record<string, readonly Spoilt[]>> = {
  'a brace is missing': braces.map((at) => replaced(at, 1, '')),
  'a brace stands there twice': braces.map((at) => replaced(at, 1, `${TEXT[at]} ${TEXT[at]}`)),
  'a letter of a keyword is missing': keywords.map((at) => replaced(at + 2, 1, '')),
  'a letter of a keyword is doubled': keywords.map((at) => replaced(at + 3, 0, TEXT[at + 3] ?? '')),
  'a quote is never closed': values.map(({ index }) => replaced(index, 0, '"')),
  'a name is not defined': values.map(({ 0: value, index }) =>
    replaced(index, value.length, '$WHAT'),
  ),
  'a name in braces is not defined': values.map(({ 0: value, index }) =>
    replaced(index, value.length, '${'.concat('WHAT}')),
  ),
  'a brace is glued to a value': values.map(({ 0: value, index }) =>
    replaced(index + value.length, 0, '{x'),
  ),
};

test('of two missing braces is told in two messages, of a few pairs in up to nine', () => {
  const counts = braces.flatMap((first, at) =>
    braces.slice(at + 1).map((second) => {
      const text = TEXT.slice(0, first) + TEXT.slice(first + 1, second) + TEXT.slice(second + 1);
      return load(text).diagnostics.length;
    }),
  );
  expect(Math.max(...counts)).toBeLessThanOrEqual(9);
  expect(Math.min(...counts)).toBeGreaterThan(0);
  expect(counts.filter((count) => count > 2).length / counts.length).toBeLessThan(0.03);
});

test('the configuration is good', () => {
  expect(load(TEXT).diagnostics).toEqual([]);
});

describe.each(Object.entries(SPOILT))('%s', (_, spoilt) => {
  test('in every place', () => {
    expect(spoilt.length).toBeGreaterThan(30);
    for (const { at, text } of spoilt) {
      const told = load(text).diagnostics.map(({ code, message }) => `${code}: ${message}`);
      const line = TEXT.slice(0, at).split('\n').length;
      expect(told, `line ${line}: ${TEXT.split('\n')[line - 1]}`).toHaveLength(1);
    }
  });
});
