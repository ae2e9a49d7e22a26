import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chooseSource, readConfiguration } from '../../../src/daemon/reload/reload.ts';
import { refusedConfiguration } from '../../../src/daemon/reload/reload-report.ts';

test('the file of the daemon has one name, from whatever folder lvsctl names it', () => {
  const { path, mode } = chooseSource({ useFile: 'conf/lvsd.conf' });
  expect({ path, mode }).toEqual({ path: join(process.cwd(), 'conf/lvsd.conf'), mode: 'default' });
});

test('a file that cannot be read is refused without a digest, and one that is empty has one', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lvs-reload-'));
  const told = { atMs: 0, processes: [] };
  const digestOf = (name: string): string | null =>
    refusedConfiguration(readConfiguration(chooseSource({ useFile: join(folder, name) })), told)
      .digest;
  writeFileSync(join(folder, 'empty.conf'), '');
  writeFileSync(join(folder, 'wrong.conf'), 'nonsense\n');
  expect(digestOf('absent.conf')).toBeNull();
  expect(digestOf('empty.conf')).toBe('e3b0c44298fc');
  expect(digestOf('wrong.conf')).toMatch(/^[0-9a-f]{12}$/);
  rmSync(folder, { recursive: true });
});
