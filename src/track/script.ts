/**
 * A tracked script: runs of it → up or down. The first run decides at once; afterwards it takes `rise`
 * successes or `fall` failures in a row (behaviour.md §4). The decision is a function; the runner
 * below it never runs a script twice at a time.
 */
import type { Cancel, Clock, Instant, Millis } from '../base/time.ts';
import type { Script } from '../model/script.ts';
import type { VrrpScript } from '../model/vrrp.ts';

export interface ScriptState {
  /** Null: it has not run yet. */
  readonly up: boolean | null;
  /** Results in a row that speak against `up`. */
  readonly against: number;
}

export function firstState({ initFail }: Pick<VrrpScript, 'initFail'>): ScriptState {
  return { up: initFail ? false : null, against: 0 };
}

/** One run has ended. */
export function afterRun(
  { rise, fall }: Pick<VrrpScript, 'rise' | 'fall'>,
  { up, against }: ScriptState,
  succeeded: boolean,
): ScriptState {
  if (up === null) return { up: succeeded, against: 0 };
  if (up === succeeded) return { up, against: 0 };
  const wanted = up ? fall : rise;
  return against + 1 >= wanted ? { up: succeeded, against: 0 } : { up, against: against + 1 };
}

export interface ScriptResult {
  readonly ok: boolean;
  /** `exit code 1`, `timeout`, … */
  readonly reason: string;
}

export interface TrackPorts {
  readonly clock: Clock;
  /** Never rejects: a script that cannot be started has failed. */
  run(script: Script, timeoutMs: Millis): Promise<ScriptResult>;
}

export class TrackedScript {
  readonly config: VrrpScript;
  state: ScriptState;
  sinceMs: number;
  lastResult: string | null = null;
  private readonly ports: TrackPorts;
  private readonly onChange: () => void;
  private cancel: Cancel = () => {};
  private closed = false;

  /** `before`: the same script under an earlier configuration, whose result goes on. */
  constructor(config: VrrpScript, ports: TrackPorts, onChange: () => void, before?: TrackedScript) {
    this.config = config;
    this.ports = ports;
    this.onChange = onChange;
    this.state = before?.state ?? firstState(config);
    this.sinceMs = before?.sinceMs ?? ports.clock.wallTimeMs();
    this.lastResult = before?.lastResult ?? null;
    void this.run();
  }

  close(): void {
    this.closed = true;
    this.cancel();
  }

  private async run(): Promise<void> {
    const startedAt: Instant = this.ports.clock.now();
    const result = await this.ports.run(this.config.script, this.config.timeoutMs);
    if (this.closed) return;
    this.lastResult = result.reason;
    const { up } = this.state;
    this.state = afterRun(this.config, this.state, result.ok);
    const next = Math.max(this.ports.clock.now(), startedAt + this.config.intervalMs);
    this.cancel = this.ports.clock.wakeAt(next, () => void this.run());
    if (this.state.up !== up) {
      this.sinceMs = this.ports.clock.wallTimeMs();
      this.onChange();
    }
  }
}
