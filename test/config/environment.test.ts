/** What reading a configuration asks of the real machine: patterns, and files that are passed over. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemEnvironment } from '../../src/config/environment.ts';
import { nameMatcher } from '../../src/config/text/glob.ts';

test.each([
  ['*.conf', ['a.conf', 'b.c.conf'], ['.a.conf', 'a.conf~', 'aconf']],
  ['a?', ['ab', 'a?'], ['a', 'abc']],
  ['[a-c]1', ['a1', 'c1'], ['d1', '-1']],
  ['[!a-c]1', ['d1', '-1'], ['a1']],
  ['[^a]', ['b', '^'], ['a']],
  ['[]a]', [']', 'a'], ['b']],
  ['[z-a]', [], ['a', 'z', '-']],
  ['a.c', ['a.c'], ['abc']],
  ['(a|b)+$', ['(a|b)+$'], ['a', 'ab']],
  ['.*', ['.a', '.'], ['a']],
  ['[', ['['], []],
])('%s', (pattern, good, bad) => {
  const matches = nameMatcher(pattern);
  expect(good.filter((name) => !matches(name))).toEqual([]);
  expect(bad.filter((name) => matches(name))).toEqual([]);
});

test('patterns stand in every part of a path; folders and executable files are passed over', () => {
  const folder = mkdtempSync(join(tmpdir(), 'environment-'));
  try {
    for (const name of ['one', 'two', 'three']) mkdirSync(join(folder, name));
    mkdirSync(join(folder, 'one/folder.conf'));
    writeFileSync(join(folder, 'one/b.conf'), '');
    writeFileSync(join(folder, 'one/a.conf'), '');
    writeFileSync(join(folder, 'one/run.conf'), '', { mode: 0o755 });
    writeFileSync(join(folder, 'two/c.conf'), '');
    writeFileSync(join(folder, 'three/.d.conf'), '');
    const { listFiles, readFile } = systemEnvironment();
    const names = (pattern: string): readonly string[] =>
      found(listFiles(join(folder, pattern))).map((path) => path.slice(folder.length + 1));
    expect(names('*/*.conf')).toEqual(['one/a.conf', 'one/b.conf', 'two/c.conf']);
    expect(names('one/b.conf')).toEqual(['one/b.conf']);
    expect(names('one')).toEqual([]);
    expect(names('one/run.conf')).toEqual([]);
    expect(names('none/*.conf')).toEqual([]);
    expect(readFile(join(folder, 'one'))).toEqual({ error: 'it is a directory' });
    expect(readFile(join(folder, 'none'))).toEqual({ error: 'ENOENT' });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function found(
  files: ReturnType<ReturnType<typeof systemEnvironment>['listFiles']>,
): readonly string[] {
  if ('error' in files) throw new Error(files.error);
  return files;
}
