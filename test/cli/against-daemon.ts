/** A command against a daemon that answers what the test says, over a control socket of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ControlDuties, openControlServer } from '../../src/api/server.ts';
import { silentLog } from '../../src/base/log.ts';
import type { Command } from '../../src/cli/command.ts';
import { dutiesOf } from '../api/duties.ts';
import { Screen } from './screen.ts';

interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export async function runAgainst<Options>(
  command: Command<Options>,
  duties: Partial<ControlDuties>,
  options: Options,
  args: readonly string[] = [],
): Promise<Answer> {
  const runDir = mkdtempSync(join(tmpdir(), 'lvs-cli-'));
  const server = await openControlServer({
    runDir,
    log: silentLog,
    maySteer: () => true,
    duties: dutiesOf(duties),
  });
  const screen = new Screen();
  try {
    const code = await command.run(screen.contextIn(runDir), options, args);
    return { code, out: screen.written, err: screen.complaints };
  } finally {
    server.close();
    rmSync(runDir, { recursive: true });
  }
}
