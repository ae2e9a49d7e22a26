/**
 * Runs the operator's notification scripts. Scripts of one subject (an instance, a group, a server)
 * run one after the other, in the order of its changes, because the last one must tell the truth;
 * those of different subjects run side by side, but not more than the host can bear. The caller never waits.
 */
import type { Log } from '../base/log.ts';
import { type Clock, type Millis, sleep } from '../base/time.ts';
import { Trouble } from '../base/trouble.ts';
import type { Errand } from '../model/notice.ts';
import type { Script, ScriptEnd } from '../model/script.ts';

export interface Run {
  /** Whose change this is, as the log calls it: `instance VI_1`. */
  readonly subject: string;
  readonly script: Script;
  /** Appended to the script's own arguments. */
  readonly extraArgs: readonly string[];
  /** It begins, or is dropped: it need not be run again. */
  onTurn?(): void;
}

/** A run, and which of those of a change it is. */
export interface ScriptErrand extends Run {
  readonly errand: Exclude<Errand, 'mail'>;
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

/** Scripts that run at a time: a switch that fails takes thousands of real servers with it. */
const PARALLEL_MAX = 32;

/** Changes of one subject that may wait. Beyond, the oldest waiting one is dropped: it is history. */
const WAITING_MAX = 8;

/** How long a stop waits for scripts that run or wait. */
const STOP_GRACE_MS: Millis = 1_000;

export class ScriptQueue {
  private readonly ports: ScriptPorts;
  /** Runs that wait, by subject; a subject is here while a script of its runs. */
  private readonly waiting = new Map<string, Run[]>();
  /** Subjects whose turn comes when fewer scripts run. */
  private readonly ahead: (() => void)[] = [];
  private running = 0;
  private readonly counts = { ran: 0, failed: 0, dropped: 0 };
  private onIdle: (() => void) | null = null;
  private closed = false;
  private readonly drops: Trouble;

  constructor(ports: ScriptPorts) {
    this.ports = ports;
    this.drops = new Trouble(ports, { level: 'warn', message: 'script dropped', over: null });
  }

  enqueue(run: Run): void {
    if (this.closed) return;
    const queue = this.waiting.get(run.subject);
    if (queue === undefined) {
      this.waiting.set(run.subject, []);
      void this.work(run);
      return;
    }
    queue.push(run);
    if (queue.length > WAITING_MAX) this.drop(queue);
  }

  get counters(): Readonly<{ ran: number; failed: number; dropped: number }> {
    return { ...this.counts };
  }

  /** Takes no more of them, and gives those that it has a moment. */
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

  /** The first one of a subject, and all that have come for it meanwhile. */
  private async work(first: Run): Promise<void> {
    const { subject } = first;
    for (let next: Run | undefined = first; next !== undefined; ) {
      if (this.running >= PARALLEL_MAX) await this.turn();
      this.running += 1;
      await this.runOne(next);
      this.running -= 1;
      this.ahead.shift()?.();
      next = this.waiting.get(subject)?.shift();
    }
    this.waiting.delete(subject);
    if (this.waiting.size === 0) this.onIdle?.();
  }

  /** Resolves when one that runs has ended. */
  private turn(): Promise<void> {
    return new Promise((resolve) => {
      this.ahead.push(resolve);
    });
  }

  private async runOne({ subject, script, extraArgs, onTurn }: Run): Promise<void> {
    const { clock, log, run } = this.ports;
    const fields = { subject, script: [...script.argv, ...extraArgs].join(' ') };
    this.counts.ran += 1;
    onTurn?.();
    try {
      const end = await run(script, { extraArgs, timeoutMs: SCRIPT_MS_MAX, clock });
      const { exitCode, signal, timedOut } = end;
      if (exitCode === 0) {
        log.debug(fields, 'script succeeded');
        return;
      }
      this.counts.failed += 1;
      log.warn({ ...fields, exitCode, signal, timedOut }, 'script failed');
    } catch (error) {
      this.counts.failed += 1;
      const reason = error instanceof Error ? error.message : String(error);
      log.error({ ...fields, reason }, 'script could not be run');
    }
  }

  private drop(queue: Run[]): void {
    const dropped = queue.shift();
    if (dropped === undefined) return;
    this.counts.dropped += 1;
    dropped.onTurn?.();
    const fields = { subject: dropped.subject, script: dropped.script.argv.join(' ') };
    this.drops.happened({ ...fields, reason: 'too many are waiting' }, dropped.subject);
  }
}
