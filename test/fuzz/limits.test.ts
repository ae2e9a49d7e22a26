/**
 * What is too much for anyone ends in bounded time and memory, and its limit is named. Runs on dist/, as
 * the lab does: `npm run build` first.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HEAVY, LONG_LINES } from './heavy.ts';
import { faultsOfHeavy, measure } from './measure.ts';

const LINE_MS_MAX = 3000;

test('every limit is named in time', { timeout: 300_000 }, () => {
  expect(
    faultsOfHeavy(
      HEAVY.filter(({ isLong }) => !isLong),
      () => {},
    ),
  ).toEqual([]);
});

test('no sign repeated a million times takes more than linear time', { timeout: 300_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'lvs-lines-'));
  const paths = LONG_LINES.map((heavy, at) => {
    const own = mkdtempSync(join(folder, `${at}-`));
    heavy.write(own);
    return join(own, 'lvsd.conf');
  });
  const [measured, failure] = measure(paths, 200_000);
  rmSync(folder, { recursive: true });
  const stopped = LONG_LINES[measured.length];
  expect(stopped === undefined ? null : `${stopped.name}: ${failure}`).toBeNull();
  const slow = LONG_LINES.filter((_, at) => (measured[at]?.tookMs ?? 0) > LINE_MS_MAX);
  expect(slow.map(({ name }) => name)).toEqual([]);
});
