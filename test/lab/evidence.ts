/** When a scenario fails, what its hosts logged and what passed on its links is kept, and named in the failure. */
import { cpSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeEach, onTestFailed } from 'vitest';
import { evidence, forgetClosedLabs } from './lab.ts';

const KEPT = '.lab/failed';

beforeEach(({ task }) => {
  forgetClosedLabs();
  onTestFailed(() => {
    const name = task.name.replace(/\W+/g, '-').slice(0, 60);
    for (const folder of evidence()) {
      const kept = join(KEPT, name, basename(folder));
      rmSync(kept, { recursive: true, force: true });
      cpSync(folder, kept, { recursive: true });
      for (const error of task.result?.errors ?? []) {
        error.message += `\nlogs and packets: ${kept}`;
        if (error.stack !== undefined) error.stack = `${error.message}\n${error.stack}`;
      }
    }
  });
});
