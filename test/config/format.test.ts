/** `config fmt`: how a file is laid out, that it says the same, and that doing it twice changes nothing. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatConfig, textOf } from '../../src/config/show/format.ts';
import { type Formatting, formatFile } from '../../src/config/show/format-check.ts';
import { EXAMPLES, GOLDEN, generated } from './corpus.ts';
import { environmentOf, load } from './world.ts';

function check(text: string, files: Readonly<Record<string, string>> = {}): Formatting {
  return formatFile('lvsd.conf', {
    environment: environmentOf({ 'lvsd.conf': text, ...files }),
    configId: 'one',
  });
}

const twice = (text: string): string => textOf(formatConfig(text));

/** Many runs on a machine that others use too. */
const MANY_RUNS_MS = 60_000;

describe('the layout', () => {
  test.each([
    [
      'four blanks a level, one between words, one statement a line',
      'global_defs{router_id   x;y}\n\tvrrp_script  a  {\n  interval\t 2\n }\n',
      'global_defs {\n    router_id x;y\n}\nvrrp_script a {\n    interval 2\n}\n',
    ],
    [
      'an empty block stays on its line',
      'real_server 10.0.0.1 80{TCP_CHECK{}}\nTCP_CHECK {\n}\n',
      'real_server 10.0.0.1 80 {\n    TCP_CHECK { }\n}\nTCP_CHECK {\n}\n',
    ],
    [
      'a brace goes behind its keyword, past comments and blank lines',
      'global_defs # why\n\n# more\n{ # and more\nrouter_id x\n}\n',
      'global_defs { # why\n    # more\n    # and more\n    router_id x\n}\n',
    ],
    [
      'one blank line at most, and none at the edges',
      '\n\n! a\n\n\n\nglobal_defs {\n\n\n    router_id x\n\n}\n\n\n',
      '! a\n\nglobal_defs {\n    router_id x\n}\n',
    ],
    [
      'comments stay with what they are about',
      'a {\n   #   free  text\n b 1      !  why  this\n} # end\nc { d } # both\n',
      'a {\n    #   free  text\n    b 1 !  why  this\n} # end\nc { # both\n    d\n}\n',
    ],
    ['quoted texts are untouched', 'a  "x   y  # z"   b\\#c\n', 'a "x   y  # z" b\\#c\n'],
    [
      'so are commands, within',
      'script   /bin/a  \'x   y\'  # why\nnotify_up  "/b  c"   nobody\n',
      'script /bin/a  \'x   y\' # why\nnotify_up "/b  c"   nobody\n',
    ],
    ['line ends of Windows go', 'a 1\r\nb {\r\n}\r\n', 'a 1\nb {\n}\n'],
    ['the last line gets an end', 'a 1', 'a 1\n'],
    ['an empty file stays empty', '', ''],
    ['a byte order mark stays', '\ufeff  a  1\n', '\ufeffa 1\n'],
    [
      'lines for one host',
      'a {\n@one   b   1 # x\n  @^one b 2\n@one c { d  1 }\n@two\n}\n',
      'a {\n    @one b 1 # x\n    @^one b 2\n    @one c { d 1 }\n    @two\n}\n',
    ],
    [
      'a block that begins otherwise on each host',
      '@one a {\n@^one b {\nc 1\n@one }\n@^one }\nd 1\n',
      '@one a {\n@^one b {\n    c 1\n@one }\n@^one }\nd 1\n',
    ],
    [
      'definitions, with their further lines',
      '  $X=a   b\n$VIPS=   \\\n 10.0.0.1  dev  eth0  \\\n\t10.0.0.2\n$B= \\\n  x { \\\n    y \\\n  }\nz\n',
      '$X=a   b\n$VIPS=   \\\n    10.0.0.1  dev  eth0  \\\n       10.0.0.2\n$B= \\\n    x { \\\n      y \\\n    }\nz\n',
    ],
    [
      'sequences stay one line',
      'a {\n~SEQ(i,  1, 3)   real_server  10.0.0.$i 80 { TCP_CHECK{} }\n~LST({a, b}, {1, 2}) x  $a\n}\n',
      'a {\n    ~SEQ(i,  1, 3) real_server 10.0.0.$i 80 { TCP_CHECK { } }\n    ~LST({a, b}, {1, 2}) x $a\n}\n',
    ],
    [
      'what would become a line of its own stays within one',
      'virtual_ipaddress  { $VIPS }\na { include  x }\nb { c $X }\n',
      'virtual_ipaddress { $VIPS }\na { include x }\nb {\n    c $X\n}\n',
    ],
    ['uses of definitions', `a  $\{X}.b  $\{_ENV   HOME}\n`, `a $\{X}.b $\{_ENV   HOME}\n`],
    ['included files', '  include   conf.d/{a,b}*.conf\n', 'include conf.d/{a,b}*.conf\n'],
  ])('%s', (_, before, after) => {
    expect(twice(before)).toBe(after);
    expect(twice(after)).toBe(after);
  });
});

describe('the meaning', () => {
  test.each([...GOLDEN, ...EXAMPLES].map(({ name, text }) => [name, text]))(
    'stays what it was: %s',
    (_, text) => {
      const { after, obstacles, changesMeaning } = check(text);
      if (changesMeaning) {
        // It is not written; and only what is wrong already can be so odd.
        expect(load(text).director).toBeNull();
      } else if (obstacles.length === 0) {
        expect(twice(after)).toBe(after);
      }
    },
  );

  test(
    'stays what it was, whatever is written and however',
    () => {
      const untidy = fc
        .tuple(
          generated,
          fc.array(fc.constantFrom('\n', '\n\n\n', ' # x\n', '\r\n', '\n\t'), { minLength: 1 }),
        )
        .map(([text, ends]) => {
          let at = 0;
          return text
            .replace(/\n/g, () => ends[at++ % ends.length] as string)
            .replace(/ \{\n/g, '{');
        });
      fc.assert(
        fc.property(untidy, (text) => {
          const { after, changesMeaning } = check(text);
          expect(changesMeaning).toBe(false);
          expect(twice(after)).toBe(after);
        }),
        { numRuns: 200 },
      );
    },
    MANY_RUNS_MS,
  );

  test(
    'is never changed by a result that is used, even of a broken file',
    () => {
      const mutant = fc
        .tuple(
          fc.constantFrom(...GOLDEN.map(({ text }) => text)),
          fc.nat(),
          fc.nat(20),
          fc.constantFrom(
            '{',
            '}',
            '"',
            '$X',
            '\n$X=a \\\n',
            '@one ',
            '~SEQ(i, 2) ',
            '#',
            'include x',
            '\n',
          ),
        )
        .map(([text, at, length, insert]) => {
          const from = at % (text.length + 1);
          return text.slice(0, from) + insert + text.slice(from + length);
        });
      fc.assert(
        fc.property(mutant, (text) => {
          const { after, obstacles, changesMeaning } = check(text);
          if (obstacles.length > 0 || changesMeaning) return;
          expect(check(after).after).toBe(after);
        }),
        { numRuns: 1000 },
      );
    },
    MANY_RUNS_MS,
  );

  test('is not trusted when a second look gives another layout', () => {
    const text = 'global_defs { $N=@one global_defs {\n    router_id $N\n}';
    expect(check(text).changesMeaning).toBe(true);
  });

  test('of included files counts too', () => {
    const text = 'global_defs\n{\ninclude  x.conf\n}\n';
    const { after, changesMeaning } = check(text, { 'x.conf': ' router_id   a\n' });
    expect(changesMeaning).toBe(false);
    expect(after).toBe('global_defs {\n    include x.conf\n}\n');
  });

  test('is looked at for every host that is named', () => {
    // Before a brace "$X" is no use of a definition; a blank behind it makes it one.
    expect(check('$X=1\na $X{ }\n').changesMeaning).toBe(true);
    expect(check('@two $X=1\na $X{ }\n').changesMeaning).toBe(true);
    expect(check('a $X{ }\n').changesMeaning).toBe(false);
  });

  test('of a file with braces or quotes that do not match is nobody’s guess', () => {
    for (const text of ['a {\n', 'a }\n', 'a "b\n']) {
      const { obstacles, after } = check(text);
      expect(obstacles).toHaveLength(1);
      expect(after).toBe(text);
    }
  });
});

test('a file that is no UTF-8 is left alone: what it holds would be lost', () => {
  const { obstacles } = check('global_defs {\n    router_id a # M\ufffdnchen\n}\n');
  expect(obstacles.map(({ code }) => code)).toEqual(['odd-character']);
});

test.each(EXAMPLES.map(({ name, text }) => [name, text]))('%s is formatted', (_, text) => {
  expect(twice(text)).toBe(text);
});
