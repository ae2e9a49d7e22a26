/**
 * Runs an operator's script, bounded: in a process group of its own, which is ended as a whole when the
 * time is up. What it prints is dropped; how it ended is the answer.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { DirectorError, errnoName } from '../base/error.ts';
import type { Clock, Millis } from '../base/time.ts';
import type { Script } from '../model/script.ts';

/** Between TERM and KILL. */
const TERM_GRACE_MS: Millis = 2_000;

/** Variables through which a caller could change what a script runs (behaviour.md §6). */
const UNSAFE_VARIABLES = ['IFS', 'LD_PRELOAD', 'LD_LIBRARY_PATH'];

export interface ScriptOptions {
  /** Appended to the script's own arguments. */
  readonly extraArgs: readonly string[];
  readonly timeoutMs: Millis;
  readonly clock: Clock;
}

export interface ScriptEnd {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
}

/** Rejects with DirectorError SCRIPT_FAILED when it cannot be started. */
export function runScript(script: Script, options: ScriptOptions): Promise<ScriptEnd> {
  const { extraArgs, timeoutMs, clock } = options;
  const [program, ...args] = script.argv;
  return new Promise((resolve, reject) => {
    const refuse = (cause: unknown): void => {
      const reason = errnoName(cause);
      reject(new DirectorError('SCRIPT_FAILED', `cannot run ${program}: ${reason}`, { cause }));
    };
    let child: ChildProcess;
    try {
      child = spawn(program, [...args, ...extraArgs], {
        detached: true,
        stdio: 'ignore',
        env: safeEnvironment(),
        ...(script.account === null ? {} : { uid: script.account.uid, gid: script.account.gid }),
      });
    } catch (cause) {
      // Node throws some errors and tells of the others later.
      refuse(cause);
      return;
    }
    let timedOut = false;
    const endGroup = (signal: NodeJS.Signals): void => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, signal);
      } catch {
        // The group is gone already.
      }
    };
    const cancelTerm = clock.wakeAt(clock.now() + timeoutMs, () => {
      timedOut = true;
      endGroup('SIGTERM');
      clock.wakeAt(clock.now() + TERM_GRACE_MS, () => endGroup('SIGKILL'));
    });
    child.on('error', (cause) => {
      cancelTerm();
      refuse(cause);
    });
    child.on('exit', (exitCode, signal) => {
      cancelTerm();
      // What the script has started may outlive it: the KILL of the group still comes.
      resolve({ exitCode, signal, timedOut });
    });
  });
}

function safeEnvironment(): NodeJS.ProcessEnv {
  const environment = { ...process.env };
  for (const name of UNSAFE_VARIABLES) delete environment[name];
  return environment;
}
