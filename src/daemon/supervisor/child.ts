/**
 * One process of ours under supervision: started, told what to do, asked, restarted when it dies,
 * stopped. It knows nothing of VRRP or health: those are messages (ipc.ts).
 */
import { type ChildProcess, fork } from 'node:child_process';
import { EVERYTHING, type SnapshotRequest } from '../../api/protocol.ts';
import { DirectorError } from '../../base/error.ts';
import type { Log, LogLevel } from '../../base/log.ts';
import { type Clock, type Instant, type Millis, within } from '../../base/time.ts';
import { inNetwork } from '../../kernel/namespace.ts';
import type { BfdStates } from '../../model/bfd.ts';
import type { Notice, RenamedNotice } from '../../model/notice.ts';
import type { PeerLink } from '../../model/peer.ts';
import type { VrrpStates } from '../../model/snapshot-vrrp.ts';
import type { Codec } from '../codec.ts';
import {
  type FromProcess,
  fromRefusal,
  type LeftMessage,
  type PeerNoteMessage,
  type ProcessName,
  type Question,
  type RanMessage,
  REFUSED_EXIT_CODE,
  type RunMessage,
  type TellMessage,
  type ToProcess,
} from '../ipc.ts';
import { ENVIRONMENT } from './flags.ts';
import { watchOver } from './liveness.ts';
import { afterDeath, noDeaths, type RestartHistory } from './restart.ts';
import type { Watchdog } from './watchdog.ts';

/**
 * A process that does not answer a question within this time is shown as not answering. A table of ten
 * thousand virtual servers takes seconds to read on a slow machine; `lvsctl` waits for longer than this.
 */
const REPLY_MS_MAX: Millis = 10_000;

export interface ChildOptions<Config> {
  readonly name: ProcessName;
  /** Compiled module that the process runs. */
  readonly module: URL;
  /** How long it may answer nothing, as is configured now. */
  silentMsMax(): Millis;
  readonly config: Config;
  readonly codec: Codec<Config>;
  /** Of Node. */
  readonly flags: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Network namespace that it lives in; null: ours. */
  readonly netNamespace: string | null;
  readonly logLevel: LogLevel;
  readonly clock: Clock;
  readonly log: Log;
  /** False: its death is a reason that no restart mends. */
  readonly respawns: boolean;
  /** It ended for a reason that no restart mends. */
  onRefused(error: DirectorError): void;
  /** It told of its VRRP instances, or died: then none is known any more. */
  onVrrpStates?(states: VrrpStates): void;
  /** It told of its BFD sessions. When it dies nothing is told: its successor tells what it finds. */
  onBfdStates?(states: BfdStates): void;
  /** It told of other directors, or died: then none is heard any more. */
  onPeerLinks?(links: readonly PeerLink[]): void;
  onPeerNote?(message: PeerNoteMessage): void;
  /** It told whether real servers are found alive. */
  onServersUp?(up: boolean | null): void;
  /** A process has been started, the first or another one. */
  onStart?(pid: number): void;
  /** It works, by the newest configuration that it was given. */
  onReady?(): void;
  onNotice?(notice: Notice | RenamedNotice): void;
  onLeft?(message: LeftMessage): void;
  onRun?(message: RunMessage): void;
  onRan?(message: RanMessage): void;
}

/** Where a process stands with the newest configuration that it was given. */
export type Standing =
  /** It has not answered yet, or died and has not taken it again. */
  | { readonly is: 'waiting' }
  | { readonly is: 'confirmed' }
  /** It could not take it as a whole, and works on. */
  | { readonly is: 'failed'; readonly error: DirectorError }
  /** It ended for a reason that no restart mends. */
  | { readonly is: 'refused'; readonly error: DirectorError }
  | { readonly is: 'stopped' };

/** What `lvsctl show` tells of a process. */
export interface ChildStatus {
  readonly name: ProcessName;
  readonly pid: number | null;
  readonly startedAtMs: number;
  readonly restarts: number;
}

interface Answer {
  readonly body: unknown;
  /** Why there is no body. */
  readonly error: DirectorError | null;
}

export class Child<Config> {
  private readonly options: ChildOptions<Config>;
  private config: Config;
  /** What the running process was sent last. */
  private sent: Config | null = null;
  private process: ChildProcess | null = null;
  private watchdog: Watchdog | null = null;
  private startedAt: Instant = 0;
  private startedAtWallMs = 0;
  private restarts = 0;
  private history: RestartHistory = noDeaths;
  private stopping = false;
  private revision = 1;
  private state: Standing = { is: 'waiting' };
  private whenSettled: (() => void)[] = [];
  private vrrpStates: VrrpStates | null = null;
  private bfdStates: BfdStates | null = null;
  private peerLinks: readonly PeerLink[] | null = null;
  private serversUp: boolean | null = null;
  /** What the process that runs, or ran last, left to know. */
  private will: unknown = null;
  private nextId = 1;
  private readonly waiting = new Map<number, (answer: Answer) => void>();

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
    this.revision += 1;
    this.state = { is: 'waiting' };
    this.order(0);
  }

  /** Tells it of VRRP, now and, should it die, its successor. */
  tellVrrpStates(states: VrrpStates): void {
    this.vrrpStates = states;
    this.send({ type: 'vrrp-states', states });
  }

  /** The same of BFD. */
  tellBfdStates(states: BfdStates): void {
    this.bfdStates = states;
    this.send({ type: 'bfd-states', states });
  }

  /** The same of other directors. */
  tellPeerLinks(links: readonly PeerLink[]): void {
    this.peerLinks = links;
    this.send({ type: 'peer-links', links });
  }

  /** The same of real servers. */
  tellServersUp(up: boolean | null): void {
    this.serversUp = up;
    this.send({ type: 'servers-up', up });
  }

  /** Of what is for a process that has died, its successor is not told. */
  tell(message: TellMessage | RunMessage | RanMessage | PeerNoteMessage): void {
    this.send(message);
  }

  get standing(): Standing {
    return this.state;
  }

  /** Where it stands once it has answered, or after this time: then perhaps still `waiting`. */
  async settled(limitMs: Millis): Promise<Standing> {
    if (this.state.is === 'waiting') {
      const answer = new Promise<void>((resolve) => this.whenSettled.push(resolve));
      await within(this.options.clock, limitMs, answer, () => {});
    }
    return this.state;
  }

  /** Its snapshot, or null when it does not answer. */
  snapshot(request: SnapshotRequest = EVERYTHING): Promise<unknown> {
    return this.ask({ ask: 'snapshot', request }, REPLY_MS_MAX).catch(() => null);
  }

  /** Its answer to a question. @throws DirectorError PROCESS_SILENT, or what it refuses with. */
  async ask(question: Question<Config>, limitMs: Millis): Promise<unknown> {
    const { name, clock } = this.options;
    const silent = (why: string): Answer => ({
      body: null,
      error: new DirectorError('PROCESS_SILENT', `the process ${name} ${why}`),
    });
    if (this.process === null || !this.process.connected) throw silent('does not run').error;
    const id = this.nextId++;
    const reply = new Promise<Answer>((resolve) => this.waiting.set(id, resolve));
    const encoded =
      question.ask === 'plan'
        ? { ...question, config: this.sendAllButLast(question.config) }
        : question;
    this.send({ type: 'request', id, question: encoded });
    const late = (): Answer => silent(`has not answered within ${limitMs / 1000} s`);
    const { body, error } = await within(clock, limitMs, reply, late);
    this.waiting.delete(id);
    if (error !== null) throw error;
    return body;
  }

  /** Ends it in good order; kills it when that takes longer than `limitMs`. */
  async stop(keep: boolean, limitMs: Millis): Promise<void> {
    this.stopping = true;
    this.watchdog?.close();
    this.settle({ is: 'stopped' });
    const child = this.process;
    if (child === null) return;
    // What it has said last is heard before the channel ends.
    const gone = new Promise<void>((resolve) => {
      child.once('exit', () => (child.connected ? child.once('disconnect', resolve) : resolve()));
    });
    this.send({ type: 'stop', keep });
    const { name, clock, log } = this.options;
    await within(clock, limitMs, gone, () => {
      log.warn({ process: name, afterMs: limitMs }, 'process did not stop in time and is killed');
      child.kill('SIGKILL');
    });
  }

  private send(message: ToProcess): void {
    if (this.process?.connected) this.process.send(message, () => {});
  }

  private start(quietMs: Millis): void {
    const { name, clock, log } = this.options;
    const child = this.fork();
    if (child === null) return;
    this.process = child;
    this.sent = null;
    this.startedAt = clock.now();
    this.startedAtWallMs = clock.wallTimeMs();
    child.on('message', (message) => this.onMessage(message as FromProcess));
    child.on('error', (error) =>
      log.error({ process: name, reason: error.message }, 'process failed'),
    );
    child.on('exit', (code, signal) => this.onExit(code, signal));
    if (this.vrrpStates !== null) this.tellVrrpStates(this.vrrpStates);
    if (this.bfdStates !== null) this.tellBfdStates(this.bfdStates);
    if (this.peerLinks !== null) this.tellPeerLinks(this.peerLinks);
    if (this.serversUp !== null) this.tellServersUp(this.serversUp);
    this.order(quietMs);
    this.watchdog = watchOver(child, this.options, () => this.send({ type: 'ping' }));
    if (child.pid !== undefined) this.options.onStart?.(child.pid);
  }

  /** Null: its network namespace is not there, or may not be entered. */
  private fork(): ChildProcess | null {
    const { module, flags, environment, logLevel, netNamespace, onRefused } = this.options;
    try {
      return inNetwork(netNamespace, () =>
        fork(module, [logLevel], {
          execArgv: [...flags],
          env: { ...ENVIRONMENT, ...process.env, ...environment },
          stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        }),
      );
    } catch (error) {
      if (!(error instanceof DirectorError)) throw error;
      this.settle({ is: 'refused', error });
      onRefused(error);
      return null;
    }
  }

  private order(quietMs: Millis): void {
    const { revision, config } = this;
    if (!this.process?.connected) return;
    const will = this.sent === null ? this.will : null;
    const last = this.sendAllButLast(config);
    this.sent = config;
    this.send({ type: 'configure', revision, config: last, quietMs, will });
  }

  /** Gives the last part, which goes with what it is for. */
  private sendAllButLast(config: Config): unknown {
    const parts = this.options.codec.encode(this.sent, config);
    for (const part of parts.slice(0, -1)) this.send({ type: 'part', part });
    return parts.at(-1);
  }

  private settle(standing: Standing): void {
    this.state = standing;
    for (const resolve of this.whenSettled.splice(0)) resolve();
  }

  private onMessage(message: FromProcess): void {
    const { name, log, onRefused } = this.options;
    switch (message.type) {
      case 'log': {
        const { level, fields, message: text } = message.record;
        log[level]({ process: name, ...fields }, text);
        break;
      }
      case 'pong':
        this.watchdog?.answered();
        break;
      case 'ready':
        if (!this.isNewest(message.revision)) break;
        this.settle({ is: 'confirmed' });
        this.options.onReady?.();
        break;
      case 'failed':
        if (this.isNewest(message.revision)) {
          this.settle({ is: 'failed', error: fromRefusal(message.error) });
        }
        break;
      case 'refused': {
        const error = fromRefusal(message.error);
        this.settle({ is: 'refused', error });
        onRefused(error);
        break;
      }
      case 'vrrp-states':
        this.options.onVrrpStates?.(message.states);
        break;
      case 'bfd-states':
        this.options.onBfdStates?.(message.states);
        break;
      case 'peer-links':
        this.options.onPeerLinks?.(message.links);
        break;
      case 'peer-note':
        this.options.onPeerNote?.(message);
        break;
      case 'servers-up':
        this.options.onServersUp?.(message.up);
        break;
      case 'notice':
        this.options.onNotice?.(message.notice);
        break;
      case 'left':
        this.options.onLeft?.(message);
        break;
      case 'run':
        this.options.onRun?.(message);
        break;
      case 'ran':
        this.options.onRan?.(message);
        break;
      case 'will':
        this.will = message.will;
        break;
      case 'reply':
        this.waiting.get(message.id)?.({
          body: message.body,
          error: message.error === undefined ? null : fromRefusal(message.error),
        });
        break;
    }
  }

  private isNewest(revision: number): boolean {
    return revision === this.revision && !this.stopping;
  }

  private onExit(code: number | null, signal: string | null): void {
    this.process = null;
    this.watchdog?.close();
    const error = new DirectorError('PROCESS_SILENT', `the process ${this.options.name} has died`);
    for (const answer of this.waiting.values()) answer({ body: null, error });
    this.options.onVrrpStates?.({});
    this.options.onPeerLinks?.([]);
    this.waiting.clear();
    if (this.stopping || code === REFUSED_EXIT_CODE) return;
    const { name, clock, log, respawns } = this.options;
    if (!respawns) {
      this.settle({ is: 'refused', error });
      this.options.onRefused(error);
      return;
    }
    this.state = { is: 'waiting' };
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
