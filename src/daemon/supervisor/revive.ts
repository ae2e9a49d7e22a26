/**
 * When the supervisor itself is killed, its processes notice at once; the first of them starts another
 * supervisor, which finds the IPVS table as it was. Under a service manager that is the manager's work.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { RUN_DIR_VARIABLE } from '../../kernel/other-daemons.ts';

/** How the supervisor was called, as JSON: handed to its processes in their environment. */
const COMMAND_VARIABLE = 'LVSD_REVIVE_COMMAND';
const CLAIM_PREFIX = 'revive.';

/** What the supervisor gives its processes so that they can start it again. */
export function reviveEnvironment(runDir: string): Readonly<Record<string, string>> {
  const command = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  return {
    [RUN_DIR_VARIABLE]: runDir,
    [COMMAND_VARIABLE]: JSON.stringify({ command, supervisorPid: process.pid }),
  };
}

/** Removes the claims that earlier revivals left in the run directory. */
export function forgetRevivals(runDir: string): void {
  for (const name of readdirSync(runDir)) {
    if (name.startsWith(CLAIM_PREFIX)) rmSync(join(runDir, name), { force: true });
  }
}

/** Starts the supervisor again, unless a service manager or a sibling does. */
export function reviveSupervisor(): void {
  const { NOTIFY_SOCKET, INVOCATION_ID, LVSD_RUN_DIR, [COMMAND_VARIABLE]: told } = process.env;
  if (NOTIFY_SOCKET || INVOCATION_ID || LVSD_RUN_DIR === undefined || told === undefined) return;
  const { command, supervisorPid } = JSON.parse(told) as Revival;
  if (!claim(join(LVSD_RUN_DIR, `${CLAIM_PREFIX}${supervisorPid}`))) return;
  const [program, ...args] = command;
  spawn(program, args, { detached: true, stdio: ['ignore', 'inherit', 'inherit'] }).unref();
}

interface Revival {
  readonly command: readonly [string, ...string[]];
  readonly supervisorPid: number;
}

/** True for exactly one of the processes that ask: the file can be made only once. */
function claim(path: string): boolean {
  try {
    closeSync(openSync(path, 'wx'));
    return true;
  } catch {
    return false;
  }
}
