/**
 * A tracked script: runs of it → up or down. The first run decides at once; afterwards it takes `rise`
 * successes or `fall` failures in a row. The decision is a function; the runner
 * below it never runs a script twice at a time.
 */
import type { Cancel, Instant } from '../base/time.ts';
import type { VrrpScript } from '../model/vrrp.ts';
import type { Reading, Tracker, TrackPorts } from './tracker.ts';

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

/** Whether two are the same script, run by the same account: its result goes on over a reload. */
export function isSameScript({ script: one }: VrrpScript, { script: other }: VrrpScript): boolean {
  return (
    one.argv.length === other.argv.length &&
    one.argv.every((word, at) => word === other.argv[at]) &&
    one.account?.uid === other.account?.uid &&
    one.account?.gid === other.account?.gid
  );
}

export interface ScriptResult {
  readonly ok: boolean;
  /** `exit code 1`, `timeout`, … */
  readonly reason: string;
}

type ScriptPorts = Pick<TrackPorts, 'clock' | 'runScript'>;

export class TrackedScript implements Tracker {
  readonly kind = 'script';
  config: VrrpScript;
  state: ScriptState;
  sinceMs: number;
  lastResult: string | null = null;
  private readonly ports: ScriptPorts;
  private readonly onChange: () => void;
  private startedAt: Instant = 0;
  private isRunning = false;
  private cancel: Cancel = () => {};
  private closed = false;

  constructor(config: VrrpScript, ports: ScriptPorts, onChange: () => void) {
    this.config = config;
    this.ports = ports;
    this.onChange = onChange;
    this.state = firstState(config);
    this.sinceMs = ports.clock.wallTimeMs();
    void this.run();
  }

  get name(): string {
    return this.config.name;
  }

  get reading(): Reading {
    return { up: this.state.up, value: null };
  }

  get detail(): string | null {
    return this.lastResult === null ? null : `last run: ${this.lastResult}`;
  }

  /** Goes on under another configuration of the same script: a new interval counts from the last start. */
  adopt(config: VrrpScript): void {
    this.config = config;
    if (!this.isRunning) this.runLater();
  }

  close(): void {
    this.closed = true;
    this.cancel();
  }

  private async run(): Promise<void> {
    const { clock } = this.ports;
    this.startedAt = clock.now();
    this.isRunning = true;
    const result = await this.ports.runScript(this.config.script, this.config.timeoutMs);
    this.isRunning = false;
    if (this.closed) return;
    this.lastResult = result.reason;
    const { up } = this.state;
    this.state = afterRun(this.config, this.state, result.ok);
    this.runLater();
    if (this.state.up !== up) {
      this.sinceMs = clock.wallTimeMs();
      this.onChange();
    }
  }

  private runLater(): void {
    const { clock } = this.ports;
    this.cancel();
    const next = Math.max(clock.now(), this.startedAt + this.config.intervalMs);
    this.cancel = clock.wakeAt(next, () => void this.run());
  }
}
