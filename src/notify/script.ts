/**
 * Runs the operator's notification scripts. Scripts of one subject (an instance, a group, a server)
 * run one after the other, in the order of its changes, because the last one must tell the truth;
 * those of different subjects run side by side. The caller never waits.
 */
import type { Log } from '../base/log.ts';
import { type Clock, type Millis, sleep } from '../base/time.ts';
import type { Script } from '../model/script.ts';

export interface Notice {
  /** Whose change this is, as the log calls it: `instance VI_1`. */
  readonly subject: string;
  readonly script: Script;
  /** Appended to the script's own arguments. */
  readonly extraArgs: readonly string[];
}

/** How a script ended. */
export interface ScriptEnd {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
}

export interface ScriptPorts {
  readonly clock: Clock;
  readonly log: Log;
  /** Rejects when the script could not be started. */
  readonly run: (
    script: Script,
    options: {
      readonly extraArgs: readonly string[];
      readonly timeoutMs: Millis;
      readonly clock: Clock;
    },
  ) => Promise<ScriptEnd>;
}

/** Long enough to promote a database; a script that hangs must not silence its subject for ever. */
const SCRIPT_MS_MAX: Millis = 300_000;

/** Changes of one subject that may wait. Beyond, the oldest waiting one is dropped: it is history. */
const WAITING_MAX = 8;

/** How long a stop waits for scripts that run or wait. */
const STOP_GRACE_MS: Millis = 1_000;

export class ScriptQueue {
  private readonly ports: ScriptPorts;
  /** Notices that wait, by subject; a subject is here while a script of its runs. */
  private readonly waiting = new Map<string, Notice[]>();
  private onIdle: (() => void) | null = null;
  private closed = false;

  constructor(ports: ScriptPorts) {
    this.ports = ports;
  }

  enqueue(notice: Notice): void {
    if (this.closed) return;
    const queue = this.waiting.get(notice.subject);
    if (queue === undefined) {
      this.waiting.set(notice.subject, []);
      void this.work(notice);
      return;
    }
    queue.push(notice);
    if (queue.length > WAITING_MAX) this.drop(queue);
  }

  /** Takes no more notices, and gives those that it has a moment. */
  async close(): Promise<void> {
    this.closed = true;
    if (this.waiting.size === 0) return;
    const idle = new Promise<void>((resolve) => {
      this.onIdle = resolve;
    });
    await Promise.race([idle, sleep(this.ports.clock, STOP_GRACE_MS)]);
    const left = [...this.waiting.keys()];
    if (left.length > 0) this.ports.log.warn({ subjects: left }, 'scripts still running at stop');
    for (const queue of this.waiting.values()) queue.length = 0;
  }

  /** Runs a notice and all that have come for its subject meanwhile. */
  private async work(first: Notice): Promise<void> {
    const { subject } = first;
    for (let notice: Notice | undefined = first; notice !== undefined; ) {
      await this.runOne(notice);
      notice = this.waiting.get(subject)?.shift();
    }
    this.waiting.delete(subject);
    if (this.waiting.size === 0) this.onIdle?.();
  }

  private async runOne({ subject, script, extraArgs }: Notice): Promise<void> {
    const { clock, log, run } = this.ports;
    const fields = { subject, script: [...script.argv, ...extraArgs].join(' ') };
    try {
      const end = await run(script, { extraArgs, timeoutMs: SCRIPT_MS_MAX, clock });
      const { exitCode, signal, timedOut } = end;
      if (exitCode === 0) log.debug(fields, 'script succeeded');
      else log.warn({ ...fields, exitCode, signal, timedOut }, 'script failed');
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.error({ ...fields, reason }, 'script could not be run');
    }
  }

  private drop(queue: Notice[]): void {
    const dropped = queue.shift();
    if (dropped === undefined) return;
    const fields = { subject: dropped.subject, script: dropped.script.argv.join(' ') };
    this.ports.log.warn({ ...fields, reason: 'too many are waiting' }, 'script dropped');
  }
}
