/**
 * `lvsctl show` at 100 virtual × 10 real servers, from exec to exit, beside an empty Node process. The
 * control socket is the real one; behind it is the snapshot that start.ts took of a running daemon.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import type { Snapshot } from '../../src/api/protocol.ts';
import { openControlServer } from '../../src/api/server.ts';
import { logTo } from '../../src/base/log.ts';
import { dutiesOf } from '../api/duties.ts';
import { SNAPSHOT_FILE, tellBoth, tellLimit } from './figures.ts';

const RUNS = 30;
const SHOW_MS_MAX = 150;
const RUN_DIR = '/run/bench-show';

function timed(...args: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { maxBuffer: 1 << 24 }, (error) => {
      if (error === null) resolve(performance.now() - startedAt);
      else reject(error);
    });
  });
}

async function main(): Promise<void> {
  if (!existsSync(SNAPSHOT_FILE)) throw new Error('run `npm run bench -- start` first');
  const snapshot = JSON.parse(readFileSync(SNAPSHOT_FILE, 'utf8')) as Snapshot;
  mkdirSync(RUN_DIR, { recursive: true });
  const server = await openControlServer({
    runDir: RUN_DIR,
    log: logTo(() => {}),
    maySteer: () => true,
    duties: dutiesOf({ snapshot: async () => snapshot }),
  });
  const shown: number[] = [];
  const empty: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    shown.push(await timed('dist/bin/lvsctl.js', '--run-dir', RUN_DIR, 'show'));
    empty.push(await timed('-e', '0'));
  }
  server.close();
  const ours = { name: 'lvsctl show', values: shown };
  tellBoth('lvsctl show, 100×10', 'ms', ours, { name: 'node -e 0', values: empty });
  tellLimit('lvsctl show, 100×10', 'ms', ours, SHOW_MS_MAX);
}

await main();
