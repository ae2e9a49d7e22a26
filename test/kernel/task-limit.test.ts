/** The kernel's own limit of tasks, in a process that may be left without any. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const MODULE = new URL('../../dist/src/kernel/task-limit.js', import.meta.url);
const MAX = 40;

/** As many sleeps as it may have, of 200; prints how many that were. */
const CHILD = `
import { limitTasks } from '${MODULE.href}';
import { spawnSync } from 'node:child_process';
if (!limitTasks(${MAX})) console.log('none');
else {
  const text = 'for i in $(seq 200); do sleep 5 & done; jobs -p | wc -l; kill $(jobs -p)';
  const { stdout } = spawnSync('/bin/bash', ['-c', text], { encoding: 'utf8' });
  console.log(stdout.trim() || '0');
}
`;

function outcome(): string {
  const file = join(tmpdir(), `lvs-task-limit-${process.pid}.mjs`);
  writeFileSync(file, CHILD);
  try {
    return execFileSync(process.execPath, [file], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } finally {
    spawnSync('rm', ['-f', file]);
  }
}

const isThere = existsSync(MODULE) && process.geteuid?.() === 0;
const found = isThere ? outcome() : 'none';

test.skipIf(found === 'none')('a script that forks without end is held at the limit', () => {
  expect(Number(found)).toBeLessThan(MAX);
});
