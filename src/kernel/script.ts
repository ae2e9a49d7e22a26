/**
 * Runs an operator's script, bounded: in a session and process group of its own, which is ended as a whole
 * when the time is up, with what it has started in other sessions: the environment of each tells its run. It finds nothing of ours: standard input and output are /dev/null, no other descriptor
 * is open, the environment is that below. How it ended is the answer.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { DirectorError, errnoName } from '../base/error.ts';
import type { Clock, Millis } from '../base/time.ts';
import type { Script, ScriptEnd } from '../model/script.ts';

/** Between TERM and KILL. */
const TERM_GRACE_MS: Millis = 2_000;

/** The variable by which what a run has started is found again. */
const RUN_VARIABLE = 'LVSD_RUN';

/** Not that of the daemon: whoever starts it by hand would give the scripts another one. */
export const SCRIPT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface ScriptOptions {
  /** Appended to the script's own arguments. */
  readonly extraArgs: readonly string[];
  /** Infinity: it is to run until it is told to end. */
  readonly timeoutMs: Millis;
  readonly clock: Clock;
}

/** A script that runs. */
export interface RunningScript {
  /** Rejects with DirectorError SCRIPT_FAILED when it could not be started. */
  readonly ended: Promise<ScriptEnd>;
  /** TERM to all of it now, KILL to what is left after a moment. */
  end(): void;
}

/** Rejects with DirectorError SCRIPT_FAILED when it cannot be started. */
export function runScript(script: Script, options: ScriptOptions): Promise<ScriptEnd> {
  return startScript(script, options).ended;
}

export function startScript(script: Script, options: ScriptOptions): RunningScript {
  let end = (): void => {};
  const ended = new Promise<ScriptEnd>((resolve, reject) => {
    const { timeoutMs, clock } = options;
    const [program] = script.argv;
    const run = randomUUID();
    const refuse = (cause: unknown): void => {
      const reason = errnoName(cause);
      reject(new DirectorError('SCRIPT_FAILED', `cannot run ${program}: ${reason}`, { cause }));
    };
    let child: ChildProcess;
    try {
      child = start(script, options, run);
    } catch (cause) {
      // Node throws some errors and tells of the others later.
      refuse(cause);
      return;
    }
    let timedOut = false;
    end = () => {
      signalGroup(child, 'SIGTERM');
      clock.wakeAt(clock.now() + TERM_GRACE_MS, () => {
        signalGroup(child, 'SIGKILL');
        killRun(run);
      });
    };
    const cancelTerm =
      timeoutMs === Infinity
        ? () => {}
        : clock.wakeAt(clock.now() + timeoutMs, () => {
            timedOut = true;
            end();
          });
    child.on('error', (cause) => {
      cancelTerm();
      refuse(cause);
    });
    child.on('exit', (exitCode, signal) => {
      cancelTerm();
      // What the script has started may outlive it: after a timeout the KILL of the group still comes.
      resolve({ exitCode, signal, timedOut });
    });
  });
  return { ended, end: () => end() };
}

function start({ argv, account }: Script, { extraArgs }: ScriptOptions, run: string): ChildProcess {
  const [program, ...args] = argv;
  return spawn(program, [...args, ...extraArgs], {
    cwd: '/',
    detached: true,
    stdio: 'ignore',
    env: { PATH: SCRIPT_PATH, LANG: process.env.LANG ?? 'C.UTF-8', [RUN_VARIABLE]: run },
    ...(account === null ? {} : { uid: account.uid, gid: account.gid }),
  });
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone already.
  }
}

/** Ends what a run has started in sessions of their own, wherever it went since. */
function killRun(run: string): void {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || !isOfRun(name, run)) continue;
    try {
      process.kill(Number(name), 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}

function isOfRun(pid: string, run: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`${RUN_VARIABLE}=${run}\0`);
  } catch {
    return false;
  }
}
