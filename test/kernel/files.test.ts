/** Watched files, on a real file system: every way in which a number changes is heard of. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Clock, systemClock } from '../../src/base/time.ts';
import { createFile, watchFile } from '../../src/kernel/files.ts';
import { simulatedClock } from '../world/clock.ts';

let folder: string;
let stop: () => void = () => {};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'watched-'));
});

afterEach(() => {
  stop();
  rmSync(folder, { recursive: true, force: true });
});

function watching(path: string, clock: Clock = systemClock): (string | null)[] {
  const texts: (string | null)[] = [];
  stop = watchFile(clock, path, (text) => texts.push(text));
  return texts;
}

const last = (texts: readonly (string | null)[], text: string | null): Promise<void> =>
  vi.waitFor(() => expect(texts.at(-1)).toBe(text), { timeout: 20_000, interval: 5 });

describe('a watched file', () => {
  test('is told of when it is made, written, replaced and deleted', async () => {
    const path = join(folder, 'number');
    const texts = watching(path);
    await last(texts, null);
    writeFileSync(path, '1');
    await last(texts, '1');
    writeFileSync(path, '22');
    await last(texts, '22');
    writeFileSync(`${path}.new`, '3');
    renameSync(`${path}.new`, path);
    await last(texts, '3');
    rmSync(path);
    await last(texts, null);
  });

  test('is told of in a moment, not after the look of each second', async () => {
    const path = join(folder, 'number');
    writeFileSync(path, '0');
    // On this clock the second is never over.
    const texts = watching(path, simulatedClock());
    await last(texts, '0');
    for (let number = 1; number <= 5; number += 1) {
      writeFileSync(path, `${number}`);
      await last(texts, `${number}`);
    }
  });

  test('may lie in a directory that comes later, goes and comes again', async () => {
    const inner = join(folder, 'inner');
    const path = join(inner, 'number');
    const texts = watching(path);
    await last(texts, null);
    mkdirSync(inner);
    writeFileSync(path, '4');
    await last(texts, '4');
    rmSync(inner, { recursive: true });
    await last(texts, null);
    mkdirSync(inner);
    writeFileSync(path, '5');
    await last(texts, '5');
  });

  test('may be a symbolic link whose target changes elsewhere', async () => {
    const target = mkdtempSync(join(tmpdir(), 'target-'));
    try {
      writeFileSync(join(target, 'number'), '6');
      symlinkSync(join(target, 'number'), join(folder, 'number'));
      const texts = watching(join(folder, 'number'));
      await last(texts, '6');
      writeFileSync(join(target, 'number'), '7');
      await last(texts, '7');
    } finally {
      rmSync(target, { recursive: true });
    }
  });

  test('that is a directory counts as missing, and a long one is read at its start', async () => {
    mkdirSync(join(folder, 'number'));
    const texts = watching(join(folder, 'number'));
    await last(texts, null);
    rmSync(join(folder, 'number'), { recursive: true });
    writeFileSync(join(folder, 'number'), `8 ${'x'.repeat(10_000)}`);
    await vi.waitFor(() => expect(texts.at(-1)).toHaveLength(256), { timeout: 20_000 });
  });
});

test('a file is created with its directory, and kept unless it is to be overwritten', async () => {
  const path = join(folder, 'a', 'b');
  createFile(path, '1\n', false);
  createFile(path, '2\n', false);
  const texts = watching(path);
  await last(texts, '1\n');
  createFile(path, '3\n', true);
  await last(texts, '3\n');
  expect(() => createFile(join(path, 'c'), '4', false)).toThrow();
});
