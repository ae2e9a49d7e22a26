/**
 * Runs scripts, but first looks whether somebody could have changed what runs as root: at each run, because
 * the configuration was read long ago.
 */
import { join } from 'node:path';
import { DirectorError } from '../base/error.ts';
import type { Log } from '../base/log.ts';
import type { Clock } from '../base/time.ts';
import { inspectPath } from '../base/trusted-path.ts';
import type { Script, ScriptEnd } from '../model/script.ts';
import { type RunningScript, SCRIPT_PATH, type ScriptOptions, startScript } from './script.ts';

const ROOT = 0;

export interface RunnerPorts {
  readonly clock: Clock;
  readonly log: Log;
}

export class ScriptRunner {
  /** What becomes of a script that runs as root and that others could change. */
  unsafe: 'refuse' | 'warn' = 'refuse';
  private readonly log: Log;
  /** What was warned of: once is enough of what runs every second. */
  private readonly warned = new Set<string>();

  constructor({ log }: RunnerPorts) {
    this.log = log;
  }

  /** Rejects with DirectorError SCRIPT_FAILED when it may not be run, or cannot be started. */
  async run(script: Script, options: ScriptOptions): Promise<ScriptEnd> {
    return this.start(script, options).ended;
  }

  start(script: Script, options: ScriptOptions): RunningScript {
    try {
      return startScript(this.inspected(script), options);
    } catch (error) {
      return { ended: Promise.reject(error), end: () => {} };
    }
  }

  /** The same script, by the path that was looked at. @throws DirectorError SCRIPT_FAILED */
  private inspected(script: Script): Script {
    const [program, ...args] = script.argv;
    const candidates = program.includes('/')
      ? [program]
      : SCRIPT_PATH.split(':').map((folder) => join(folder, program));
    const verdicts = candidates.map((path) => ({ path, verdict: inspectPath(path) }));
    const found = verdicts.find(({ verdict }) => 'unsafe' in verdict);
    if (found === undefined || !('unsafe' in found.verdict)) {
      const [first] = verdicts;
      const why = first !== undefined && 'unusable' in first.verdict ? first.verdict.unusable : '';
      throw new DirectorError('SCRIPT_FAILED', `cannot run ${program}: ${why}`);
    }
    const { path, verdict } = found;
    const runsAsRoot =
      (script.account?.uid ?? process.geteuid?.()) === ROOT || verdict.isSetuidRoot;
    if (verdict.unsafe !== null && runsAsRoot) this.tellUnsafe(path, verdict.unsafe);
    return { ...script, argv: [path, ...args] };
  }

  private tellUnsafe(path: string, reason: string): void {
    const hint =
      'make it root’s alone, name another account with script_user, or: script_security warn';
    if (this.unsafe === 'refuse') {
      throw new DirectorError('SCRIPT_FAILED', `${path} runs as root, and ${reason}`, { hint });
    }
    if (this.warned.has(path)) return;
    this.warned.add(path);
    this.log.warn({ script: path, reason, hint }, 'others can change a script that runs as root');
  }
}
