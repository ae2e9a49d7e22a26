/** What the daemon writes down for its next life is there as a whole, or as it was before. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeFolder, writeWhole } from '../../src/daemon/durable.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lvs-whole-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('the new text takes the place of the one before', () => {
  const path = join(folder, 'ipvs-owned.json');
  writeWhole(path, 'a longer text');
  writeWhole(path, 'text');
  expect(readFileSync(path, 'utf8')).toBe('text');
});

test('a text that cannot be written leaves the one before', () => {
  const path = join(folder, 'ipvs-owned.json');
  writeFileSync(path, 'before');
  // As a full disk does, for every account: no file can be made here.
  mkdirSync(`${path}.new`);
  expect(() => writeWhole(path, 'after')).toThrow('EISDIR');
  expect(readFileSync(path, 'utf8')).toBe('before');
});

test('a folder that a read-only file system does not take is refused with the word of the kernel', () => {
  const refusal = (code: string): Error => Object.assign(new Error(code), { code });
  // As Node does it there.
  const readOnly = ((_: string, { recursive }: { recursive?: boolean }) => {
    throw refusal(recursive ? 'ENOENT' : 'EROFS');
  }) as unknown as typeof mkdirSync;
  expect(() => makeFolder(join(folder, 'a', 'b'), 0o700, readOnly)).toThrow('EROFS');
  makeFolder(join(folder, 'a', 'b'), 0o700);
  writeFileSync(join(folder, 'a', 'b', 'c'), '');
  expect(() => makeFolder(join(folder, 'a', 'b', 'c', 'd'), 0o700)).toThrow('ENOTDIR');
});
