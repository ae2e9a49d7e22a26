/** What the daemon writes down for its next life is there as a whole, or as it was before. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeWhole } from '../../src/daemon/durable.ts';

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
