/**
 * `startup_script` and `shutdown_script`: what the operator wants done before any process of ours begins, and when all
 * have ended. The daemon waits for them as long as their time allows, and goes on however they end.
 */
import { reasonAndHint } from '../../base/error.ts';
import type { Log } from '../../base/log.ts';
import type { Clock } from '../../base/time.ts';
import { inNetwork } from '../../kernel/namespace.ts';
import type { RunningScript } from '../../kernel/script.ts';
import { ScriptRunner } from '../../kernel/script-runner.ts';
import type { Director } from '../../model/director.ts';

export class Around {
  private readonly clock: Clock;
  private readonly log: Log;
  private readonly runner: ScriptRunner;
  private running: RunningScript | null = null;

  constructor(ports: { readonly clock: Clock; readonly log: Log }) {
    this.clock = ports.clock;
    this.log = ports.log;
    this.runner = new ScriptRunner(ports);
  }

  /** Resolves when it has ended, or nothing is to be run. Never rejects. */
  async run(what: 'startup' | 'shutdown', director: Director): Promise<void> {
    const timed = director.around[what];
    if (timed === null) return;
    const { script, timeoutMs } = timed;
    const fields = { keyword: `${what}_script`, script: script.argv.join(' ') };
    this.runner.unsafe = director.notify.unsafeScripts;
    this.log.info(fields, 'script runs');
    try {
      const { clock } = this;
      // In the network that our processes live in.
      this.running = inNetwork(director.global.netNamespace, () =>
        this.runner.start(script, { extraArgs: [], timeoutMs, clock }),
      );
      const { exitCode, signal, timedOut } = await this.running.ended;
      if (exitCode === 0) return;
      this.log.warn({ ...fields, exitCode, signal, timedOut }, 'script failed');
    } catch (error) {
      this.log.error({ ...fields, ...reasonAndHint(error) }, 'script could not be run');
    } finally {
      this.running = null;
    }
  }

  /** Nobody waits for it any more. */
  end(): void {
    this.running?.end();
  }
}
