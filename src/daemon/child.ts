/**
 * One process of ours under supervision: started, told what to do, asked, restarted when it dies,
 * stopped. It knows nothing of VRRP or health: those are messages (ipc.ts).
 */
import { type ChildProcess, fork } from 'node:child_process';
import { DirectorError } from '../base/error.ts';
import type { Log, LogLevel } from '../base/log.ts';
import { type Clock, type Instant, type Millis, within } from '../base/time.ts';
import { type FromProcess, type ProcessName, REFUSED_EXIT_CODE, type ToProcess } from './ipc.ts';
import { afterDeath, noDeaths, type RestartHistory } from './restart.ts';

/** A process that does not answer a question within this time is shown as not answering. */
const REPLY_MS_MAX: Millis = 2_000;

/** Keeps the heaps of small, long-lived processes small. */
const MEMORY_FLAGS = ['--max-semi-space-size=1', '--v8-pool-size=1', '--optimize-for-size'];

export interface ChildOptions<Config> {
  readonly name: ProcessName;
  /** Compiled module that the process runs. */
  readonly module: URL;
  readonly config: Config;
  readonly environment: Readonly<Record<string, string>>;
  readonly logLevel: LogLevel;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a stop may take before the process is killed. */
  readonly stopMsMax: Millis;
  /** The configuration is in force for the first time, or again after a restart or reload. */
  onReady(): void;
  /** It ended for a reason that no restart mends. */
  onRefused(error: DirectorError): void;
}

/** What `lvsctl show` tells of a process. */
export interface ChildStatus {
  readonly name: ProcessName;
  readonly pid: number | null;
  readonly startedAtMs: number;
  readonly restarts: number;
}

export class Child<Config> {
  private readonly options: ChildOptions<Config>;
  private config: Config;
  private process: ChildProcess | null = null;
  private startedAt: Instant = 0;
  private startedAtWallMs = 0;
  private restarts = 0;
  private history: RestartHistory = noDeaths;
  private stopping = false;
  private refused = false;
  private nextId = 1;
  private readonly waiting = new Map<number, (body: unknown) => void>();

  constructor(options: ChildOptions<Config>) {
    this.options = options;
    this.config = options.config;
    this.start(0);
  }

  status(): ChildStatus {
    return {
      name: this.options.name,
      pid: this.process?.pid ?? null,
      startedAtMs: this.startedAtWallMs,
      restarts: this.restarts,
    };
  }

  /** Gives it another configuration; a process that is not running gets it when it starts. */
  configure(config: Config): void {
    this.config = config;
    this.send({ type: 'configure', config, quietMs: 0 });
  }

  /** Its snapshot, or null when it does not answer. */
  async snapshot(): Promise<unknown> {
    if (this.process === null || !this.process.connected) return null;
    const id = this.nextId++;
    const reply = new Promise<unknown>((resolve) => this.waiting.set(id, resolve));
    this.send({ type: 'request', id, what: 'snapshot' });
    const body = await within(this.options.clock, REPLY_MS_MAX, reply, () => null);
    this.waiting.delete(id);
    return body;
  }

  /** Ends it in good order; kills it when that takes too long. */
  async stop(keep: boolean): Promise<void> {
    this.stopping = true;
    const child = this.process;
    if (child === null) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    this.send({ type: 'stop', keep });
    const { name, clock, stopMsMax, log } = this.options;
    await within(clock, stopMsMax, gone, () => {
      log.warn({ process: name, afterMs: stopMsMax }, 'process did not stop in time and is killed');
      child.kill('SIGKILL');
    });
  }

  private send(message: ToProcess<Config>): void {
    if (this.process?.connected) this.process.send(message, () => {});
  }

  private start(quietMs: Millis): void {
    const { name, module, clock, log, environment, logLevel } = this.options;
    const child = fork(module, [logLevel], {
      execArgv: MEMORY_FLAGS,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.process = child;
    this.startedAt = clock.now();
    this.startedAtWallMs = clock.wallTimeMs();
    child.on('message', (message) => this.onMessage(message as FromProcess));
    child.on('error', (error) =>
      log.error({ process: name, reason: error.message }, 'process failed'),
    );
    child.on('exit', (code, signal) => this.onExit(code, signal));
    this.send({ type: 'configure', config: this.config, quietMs });
  }

  private onMessage(message: FromProcess): void {
    const { name, log, onReady, onRefused } = this.options;
    switch (message.type) {
      case 'log': {
        const { level, fields, message: text } = message.record;
        log[level]({ process: name, ...fields }, text);
        break;
      }
      case 'ready':
        onReady();
        break;
      case 'refused': {
        this.refused = true;
        const { code, message: text, hint } = message.error;
        onRefused(new DirectorError(code, text, hint === undefined ? {} : { hint }));
        break;
      }
      case 'reply':
        this.waiting.get(message.id)?.(message.body);
        break;
    }
  }

  private onExit(code: number | null, signal: string | null): void {
    this.process = null;
    for (const answer of this.waiting.values()) answer(null);
    this.waiting.clear();
    if (this.stopping || this.refused || code === REFUSED_EXIT_CODE) return;
    const { name, clock, log } = this.options;
    const restart = afterDeath(this.history, { startedAt: this.startedAt, diedAt: clock.now() });
    this.history = restart.history;
    this.restarts += 1;
    log.error(
      { process: name, code, signal, quietMs: restart.delayMs },
      'process died and is started again',
    );
    // Started at once even when it must wait: it first cleans up what the dead one left behind.
    this.start(restart.delayMs);
  }
}
