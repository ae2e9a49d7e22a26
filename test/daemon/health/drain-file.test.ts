import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readDrains, writeDrains } from '../../../src/daemon/health/drain-file.ts';
import type { DrainState } from '../../../src/model/drain.ts';
import { GIVEN, NOTHING_KEPT } from '../../drain/make.ts';

const NOTHING = { ...NOTHING_KEPT, director: expect.stringMatching(/^[0-9a-f]{16}$/) };
const STATE: DrainState = {
  ...NOTHING_KEPT,
  orders: [
    { kind: 'disable', realServer: '10.1.0.3:80', virtualServer: null, sinceMs: 1, ...GIVEN },
  ],
};

let folder: string;
let lost: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lvs-drains-'));
  lost = [];
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const read = (where = folder): DrainState => readDrains(where, (path) => void lost.push(path));

test('what is written is read again, by the daemon alone', () => {
  const inner = join(folder, 'state');
  expect(read(inner)).toEqual(NOTHING);
  writeDrains(inner, STATE);
  expect(read(inner)).toEqual(STATE);
  expect(readdirSync(inner)).toEqual(['drains.json']);
  expect(statSync(join(inner, 'drains.json')).mode & 0o777).toBe(0o600);
  expect(lost).toEqual([]);
});

test.each(['', '{"orders":[', '[]', '{"orders":[]}', 'null'])(
  'a file that holds "%s" is told of',
  (text) => {
    writeFileSync(join(folder, 'drains.json'), text);
    expect(read()).toEqual(NOTHING);
    expect(lost).toEqual([join(folder, 'drains.json')]);
  },
);

test('a folder that cannot be written refuses', () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  expect(() => writeDrains(join(file, 'state'), STATE)).toThrow(
    expect.objectContaining({ code: 'STATE_UNWRITABLE' }),
  );
});
