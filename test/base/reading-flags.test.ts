/** Commands that read a configuration tell V8 so; V8 knows what it is told, and keeps its heap for new objects small. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');

/** Allocates 64 MB of which a part lives on, and tells how much room there is for new objects. */
const ROOM = `
const { prepareForReading } = await import(process.argv[1]);
if (process.argv[2] === 'prepared') prepareForReading();
const kept = [];
for (let count = 0; count < 2_000_000; count += 1) kept[count % 200_000] = { count };
const spaces = (await import('node:v8')).getHeapSpaceStatistics();
console.log(spaces.find(({ space_name }) => space_name === 'new_space').space_size);
`;

function roomFor(what: string): number {
  const module = join(ROOT, 'dist', 'src', 'base', 'reading-flags.js');
  const args = ['--input-type=module', '-e', ROOM, module, what];
  return Number(execFileSync(process.execPath, args, { encoding: 'utf8' }));
}

const [major] = process.versions.node.split('.');

test.runIf(['20', '22', '24'].includes(major ?? ''))(
  'the heap for new objects does not grow',
  () => {
    expect(roomFor('prepared')).toBeLessThan(roomFor('as it is') / 4);
  },
);

test('lvsctl check and lint say nothing of it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lvsd-reading-'));
  const file = join(folder, 'lvsd.conf');
  writeFileSync(file, 'global_defs {\n    router_id one\n}\n');
  for (const command of ['check', 'lint']) {
    const args = [join(ROOT, 'dist', 'bin', 'lvsctl.js'), command, file];
    const { stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect({ stderr, status }, command).toEqual({ stderr: '', status: 0 });
  }
  rmSync(folder, { recursive: true });
});
