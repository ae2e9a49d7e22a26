/** Places, words and sequences against the simplest program that could be right. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Reports } from '../../src/config/diagnostics/reports.ts';
import { Expander } from '../../src/config/text/expand.ts';
import { generate } from '../../src/config/text/generator.ts';
import { nameMatcher } from '../../src/config/text/glob.ts';
import { expandBraces } from '../../src/config/text/include.ts';
import { lineText, positionOf, type SourceFile } from '../../src/config/text/source.ts';
import { environmentOf } from './world.ts';

function fileOf(text: string): SourceFile {
  return { path: 'lvsd.conf', text, order: 0, includedAt: null };
}

describe('places', () => {
  const texts = fc.string({ unit: fc.constantFrom('a', '\t', '\r', '\n', '\n', 'é', '\u{1f600}') });

  test('a place is its line and column, counted one by one', () => {
    fc.assert(
      fc.property(texts, fc.nat(), (text, some) => {
        const offset = some % (text.length + 1);
        let [line, column] = [1, 1];
        for (let at = 0; at < offset; at += 1) {
          if (text[at] === '\n') [line, column] = [line + 1, 1];
          else column += 1;
        }
        expect(positionOf(fileOf(text), offset)).toEqual({ line, column });
      }),
    );
  });

  test('the text of a line stands where its place says', () => {
    fc.assert(
      fc.property(texts, fc.nat(), (text, some) => {
        const file = fileOf(text);
        const { line, column } = positionOf(file, some % (text.length + 1));
        const expected = (text.split('\n')[line - 1] as string).replace(/\r$/, '');
        expect(lineText(file, line)).toBe(expected);
        expect(column).toBeGreaterThanOrEqual(1);
      }),
    );
  });
});

/** A token as this test writes it, and what it should be read as. */
interface Written {
  readonly text: string;
  readonly word: string;
}

const bare = fc
  .string({ unit: fc.constantFrom(..."abz019.:/_-+=,;%&*()[]<>|?^~'\\é"), minLength: 1 })
  // What begins a generator is more than a word, and a backslash reaches for what follows.
  .filter((text) => !text.startsWith('~') && !text.endsWith('\\'))
  .map((text): Written => ({ text, word: text }));

const escaped = fc
  .constantFrom('\\#', '\\!', 'a\\#b', '\\!\\#')
  .map((text): Written => ({ text, word: text.replace(/\\([#!])/g, '$1') }));

const quoted = fc
  .string({ unit: fc.constantFrom(..."ab #!{}\\'") })
  .map((text): Written => ({ text: `"${text}"`, word: `"${text}"` }));

const brace = fc.constantFrom('{', '}').map((text): Written => ({ text, word: text }));

/** Blanks may be left out beside a brace or a quote, and nowhere else. */
function layOut(tokens: readonly Written[], blanks: readonly string[]): string {
  let text = '';
  tokens.forEach((token, at) => {
    const isOpen = /[{}"]$/.test(text) || /^[{}"]/.test(token.text) || text === '';
    const blank = blanks[at % blanks.length] ?? ' ';
    text += (isOpen || blank !== '' ? blank : ' ') + token.text;
  });
  return text;
}

function wordsOf(text: string): readonly string[] {
  const reports = new Reports();
  const expander = new Expander({
    configId: '',
    files: environmentOf({ 'lvsd.conf': text }),
    reports,
    literal: false,
    keepsBraces: false,
    predefined: () => undefined,
  });
  expander.read('lvsd.conf');
  const { tokens } = expander;
  expect(reports.all).toEqual([]);
  return Array.from({ length: tokens.count }, (_, at) => {
    if (!tokens.isWord(at)) return text[tokens.span(at).start] as string;
    const { text: word, quoted: isQuoted } = tokens.word(at);
    return isQuoted ? `"${word}"` : word;
  });
}

describe('words', () => {
  test('are read as they were written, however they are laid out', () => {
    const tokens = fc.array(fc.oneof(bare, bare, escaped, quoted, brace), { maxLength: 30 });
    const blanks = fc.array(
      fc.constantFrom('', ' ', '  ', '\t', '\r\n', '\n', ' # { " x\n', '!\n'),
      {
        minLength: 1,
      },
    );
    fc.assert(
      fc.property(tokens, blanks, (written, between) => {
        expect(wordsOf(layOut(written, between))).toEqual(written.map(({ word }) => word));
      }),
      { numRuns: 500 },
    );
  });
});

describe('sequences', () => {
  const small = fc.integer({ min: -300, max: 300 });

  test('count as a loop would', () => {
    fc.assert(
      fc.property(small, small, fc.option(small), (start, end, asked) => {
        const step = asked ?? (end < start ? -1 : 1);
        const values: string[] = [];
        if (step > 0) for (let at = start; at <= end; at += step) values.push(String(at));
        if (step < 0) for (let at = start; at >= end; at += step) values.push(String(at));
        const middle = asked === null ? '' : `${asked}, `;
        const made = generate(`~SEQ(i, ${start}, ${middle}${end}) x`, (value) => value);
        if (values.length === 0) expect(made).toMatchObject({ fault: expect.any(String) });
        else expect(made).toMatchObject({ rounds: values.map((value) => [['i', value]]) });
      }),
    );
  });

  test('a list gives each entry to its names, in their order', () => {
    const entry = fc.stringMatching(/^[a-z0-9.]{1,5}$/);
    const pairs = fc.array(fc.tuple(entry, entry), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(pairs, (entries) => {
        const text = entries.map(([a, b]) => `{${a}, ${b}}`).join(', ');
        const made = generate(`~LST({m, n}, ${text}) x`, (value) => value);
        expect(made).toMatchObject({
          rounds: entries.map(([a, b]) => [
            ['m', a],
            ['n', b],
          ]),
        });
      }),
    );
  });
});

describe('patterns', () => {
  test('match as a regular expression would', () => {
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '.', '[ab]', '[!a]') });
    const name = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '.') });
    fc.assert(
      fc.property(pattern, name, (glob, text) => {
        const form = glob.replace(/\./g, '\\.').replace(/\*/g, '.*').replace(/\?/g, '.');
        const expected = new RegExp(`^${form.replace(/\[!/g, '[^')}$`).test(text);
        // A name that begins with a dot has to be asked for.
        const isHidden = text.startsWith('.') && !glob.startsWith('.');
        expect(nameMatcher(glob)(text)).toBe(expected && !isHidden);
      }),
      { numRuns: 1000 },
    );
  });

  test('a bracket that does not end stands for itself', () => {
    expect(nameMatcher('a[b*')('a[bc')).toBe(true);
    expect(nameMatcher('[]a]')(']')).toBe(true);
    expect(nameMatcher('[0-9]x')('7x')).toBe(true);
    expect(nameMatcher('[!0-9]x')('7x')).toBe(false);
  });

  test('braces stand for each of their alternatives', () => {
    const groups = fc.array(
      fc.array(fc.stringMatching(/^[ab]{0,2}$/), { minLength: 1, maxLength: 3 }),
      {
        maxLength: 4,
      },
    );
    fc.assert(
      fc.property(groups, (alternatives) => {
        const pattern = alternatives.map((some) => `{${some.join(',')}}`).join('/');
        const expected = alternatives.reduce<readonly string[]>(
          (heads, some, at) =>
            heads.flatMap((head) => some.map((one) => head + (at === 0 ? '' : '/') + one)),
          [''],
        );
        expect(expandBraces(pattern)).toEqual(expected);
      }),
    );
  });
});
