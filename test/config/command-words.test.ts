/** The words of a script's value: the first splitting, and the second one with its escapes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitCommand } from '../../src/config/build/command-words.ts';

describe('the value of a keyword', () => {
  test.each([
    ['/etc/x.sh', ['/etc/x.sh']],
    ['  /etc/x.sh \t up\r', ['/etc/x.sh', 'up']],
    ['"/etc/x.sh up" nobody nogroup', ['/etc/x.sh up', 'nobody', 'nogroup']],
    [`'/etc/x.sh "a b"' nobody`, ['/etc/x.sh "a b"', 'nobody']],
    [`"/etc/x.sh 'a b'"`, [`/etc/x.sh 'a b'`]],
    ['a"b c"d', ['ab cd']],
    [`"/a/b"" q"`, ['/a/b q']],
    [`"a"'b'c`, ['abc']],
    ['""', ['']],
    [`a '' b`, ['a', '', 'b']],
    ['', []],
    [' \t\v\f', []],
    ['a\\nb "c\\"', ['a\\nb', 'c\\']],
    ['"a b', ['a b']],
  ])('%j', (value, words) => {
    expect(splitCommand(value, false)).toEqual(words);
  });
});

describe('the command line in it', () => {
  test.each([
    ['/a/b x y', ['/a/b', 'x', 'y']],
    [`/a/b 'x y' z`, ['/a/b', 'x y', 'z']],
    [`/a/b "x y" z`, ['/a/b', 'x y', 'z']],
    ['\\a\\b\\E\\f\\n\\r\\t\\v', ['\x07\b\x1b\f\n\r\t\v']],
    ['\\101\\60\\7', ['A0\x07']],
    ['\\1012', ['A2']],
    ['\\777', ['\xff']],
    ['\\x41\\x4a\\x4A\\x9', ['AJJ\t']],
    ['\\x414', ['A4']],
    ['\\xg', ['xg']],
    ['\\cA\\cz\\c[', ['\x01\x1a\x1b']],
    ['\\q\\"\\\\\\ x', ['q"\\ x']],
    [`'a\\tb' "c\\x20d"`, ['a\tb', 'c d']],
    ['a\\ b c', ['a b', 'c']],
    [`it\\'s`, [`it's`]],
    ['a\\', ['a\\']],
    [`/a/b ""`, ['/a/b', '']],
  ])('%j', (line, words) => {
    expect(splitCommand(line, true)).toEqual(words);
  });
});

test('words without quotes and backslashes are split at blanks, and nothing is lost', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z0-9/._$-]+$/)), fc.boolean(), (words, escapes) => {
      expect(splitCommand(words.join(' \t'), escapes)).toEqual(words);
    }),
  );
});

test('any text is split', () => {
  fc.assert(
    fc.property(fc.string(), fc.boolean(), (text, escapes) => {
      expect(Array.isArray(splitCommand(text, escapes))).toBe(true);
    }),
  );
});
