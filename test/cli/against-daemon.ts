/** A command against a daemon that answers what the test says, over a control socket of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ControlDuties, openControlServer } from '../../src/api/server.ts';
import { silentLog } from '../../src/base/log.ts';
import type { Command } from '../../src/cli/command.ts';
import { dutiesOf } from '../api/duties.ts';

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
  const out: string[] = [];
  const err: string[] = [];
  const terminal = {
    colour: false,
    live: false,
    write: (text: string) => void out.push(text),
    writeError: (text: string) => void err.push(text),
  };
  try {
    const code = await command.run({ terminal, runDir }, options, args);
    return { code, out: out.join(''), err: err.join('') };
  } finally {
    server.close();
    rmSync(runDir, { recursive: true });
  }
}
