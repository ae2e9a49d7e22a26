/**
 * What the supervisor and its processes say to each other over Node's IPC channel: one JSON message a
 * line, typed here once for both ends.
 *
 *   supervisor ── configure, request, ping, stop ──▶ vrrp, bfd, health, notify
 *   supervisor ◀── ready, failed, refused, log, reply, pong ── vrrp, bfd, health, notify
 *   supervisor ◀── will ── vrrp
 *
 *   vrrp         ── vrrp-states ──▶ supervisor ── vrrp-states ──▶ health
 *   bfd          ── bfd-states ───▶ supervisor ── bfd-states ───▶ vrrp, health
 *   health       ── servers-up ───▶ supervisor ── servers-up ───▶ vrrp
 *   vrrp, health ── notice ───────▶ supervisor ── tell ─────────▶ notify, and back: left
 *   vrrp         ── run ──────────▶ supervisor ── run ──────────▶ notify, and back: ran
 *   vrrp         ── peer-links ───▶ supervisor ── peer-links ───▶ health
 *   vrrp         ── peer-note ────▶ supervisor ── peer-note ────▶ health, and back
 *
 * To start a program stops a process of Node for milliseconds, so the one that advertises starts none.
 */
import type { SnapshotRequest } from '../api/protocol.ts';
import { DirectorError, describeError, type ErrorCode, reasonAndHint } from '../base/error.ts';
import { type Log, type LogLevel, type LogRecord, logTo } from '../base/log.ts';
import type { Millis } from '../base/time.ts';
import type { BfdStates } from '../model/bfd.ts';
import type { SteerRequest } from '../model/drain.ts';
import type { FailoverRequest } from '../model/failover.ts';
import type { Errand, Notice, RenamedNotice } from '../model/notice.ts';
import type { PeerLink } from '../model/peer.ts';
import type { Script, ScriptEnd } from '../model/script.ts';
import type { VrrpStates } from '../model/snapshot-vrrp.ts';
import type { ZeroRequest } from '../model/zero.ts';
import { AS_IT_IS, type Codec, Intake } from './codec.ts';
import { makeRoom } from './supervisor/flags.ts';
import { reviveSupervisor } from './supervisor/revive.ts';

export type ProcessName = 'vrrp' | 'bfd' | 'health' | 'notify';

export type ToProcess =
  /** Some of the next configuration, or of one that is asked about (codec.ts). */
  | { readonly type: 'part'; readonly part: unknown }
  /** The first one starts the work, a later one is a reload. `config` is the last part of it. */
  | {
      readonly type: 'configure';
      /** Counts up; the answer names it, so that a late one is not taken for that to a later order. */
      readonly revision: number;
      readonly config: unknown;
      /** Clean up after an earlier life now, but begin the work only after this time. */
      readonly quietMs: Millis;
      /** What the process before it left to know when it died; null: nothing. */
      readonly will: unknown;
    }
  | { readonly type: 'request'; readonly id: number; readonly question: Question<unknown> }
  /** Answered at once by who works (watchdog.ts). */
  | { readonly type: 'ping' }
  /** Leave in good order. `keep` leaves the kernel as it is (`-V`, `-I`). */
  | { readonly type: 'stop'; readonly keep: boolean }
  | VrrpStatesMessage
  | BfdStatesMessage
  | PeerLinksMessage
  | PeerNoteMessage
  | ServersUpMessage
  | TellMessage
  | RunMessage
  | RanMessage;

/** Something has changed that operators may want to be told. */
export interface NoticeMessage {
  readonly type: 'notice';
  readonly notice: Notice | RenamedNotice;
}

/** The same on its way to whoever tells operators. */
export interface TellMessage {
  readonly type: 'tell';
  /** Of the supervisor; the answers name it. */
  readonly id: number;
  readonly notice: Notice | RenamedNotice;
  /** What an earlier life has left of it, none: it need only be known. Null: none has taken it. */
  readonly left: readonly Errand[] | null;
}

/** It is taken, or some of it is done: so much is left. A script that has begun is done. */
export interface LeftMessage {
  readonly type: 'left';
  readonly id: number;
  readonly errands: readonly Errand[];
}

/** Asks for one run of a script. */
export interface RunMessage {
  readonly type: 'run';
  /** Of whoever sends it. */
  readonly id: number;
  readonly script: Script;
  readonly timeoutMs: Millis;
}

/** How the run has ended. */
export interface RanMessage {
  readonly type: 'ran';
  readonly id: number;
  readonly outcome: RunOutcome;
}

export type RunOutcome = ScriptEnd | { readonly refused: string };

/** The states of all instances, whenever one of them has changed. */
export interface VrrpStatesMessage {
  readonly type: 'vrrp-states';
  readonly states: VrrpStates;
}

/** Which sessions are up, whenever one of them has changed. */
export interface BfdStatesMessage {
  readonly type: 'bfd-states';
  readonly states: BfdStates;
}

/** The other directors of ours that are heard, whenever they are others. */
export interface PeerLinksMessage {
  readonly type: 'peer-links';
  readonly links: readonly PeerLink[];
}

/** What the director of a life says to us, or we to it. */
export interface PeerNoteMessage {
  readonly type: 'peer-note';
  readonly life: string;
  /** Base64. */
  readonly note: string;
}

/** Whether checkers find any real server alive, whenever that has changed; null: of none is anything known. */
export interface ServersUpMessage {
  readonly type: 'servers-up';
  readonly up: boolean | null;
}

export type FromProcess =
  /** The configuration is in force: addresses held, table reconciled. */
  | { readonly type: 'ready'; readonly revision: number }
  /** A reload did not come into force as a whole; the process works on. */
  | { readonly type: 'failed'; readonly revision: number; readonly error: Refusal }
  /** Nothing that a restart could mend; the process ends after this. */
  | { readonly type: 'refused'; readonly error: Refusal }
  | VrrpStatesMessage
  | BfdStatesMessage
  | PeerLinksMessage
  | PeerNoteMessage
  | ServersUpMessage
  | NoticeMessage
  | LeftMessage
  | RunMessage
  | RanMessage
  /** What a successor should know; the last one counts. */
  | { readonly type: 'will'; readonly will: unknown }
  | { readonly type: 'log'; readonly record: LogRecord }
  | { readonly type: 'pong' }
  /** With `error` there is no answer, and this is why. */
  | {
      readonly type: 'reply';
      readonly id: number;
      readonly body: unknown;
      readonly error?: Refusal;
    };

/** What a process can be asked; whoever asks knows what the answer looks like. */
export type Question<Config> =
  | { readonly ask: 'snapshot'; readonly request: SnapshotRequest }
  /** What would this configuration change? Changes nothing. On its way `config` is the last part of it. */
  | { readonly ask: 'plan'; readonly config: Config }
  /** Of health: compare the kernel's whole table now, put right what differs, and tell. */
  | { readonly ask: 'verify' }
  /** Of health: set counters of the kernel to 0. */
  | { readonly ask: 'zero'; readonly request: ZeroRequest }
  /** Of health: drain, disable or enable a real server. */
  | { readonly ask: 'steer'; readonly request: SteerRequest }
  /** Of vrrp: give instances up, or take them back. */
  | { readonly ask: 'failover'; readonly request: FailoverRequest }
  /** Of health: what drains now. */
  | { readonly ask: 'drains' };

/** A DirectorError as data. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
}

export function toRefusal({ code, message, hint }: DirectorError): Refusal {
  return { code, message, ...(hint === undefined ? {} : { hint }) };
}

export function fromRefusal({ code, message, hint }: Refusal): DirectorError {
  return new DirectorError(code, message, hint === undefined ? {} : { hint });
}

/** What a process does with what it is told. Each may be asynchronous; they run one after the other. */
export interface ProcessDuties<Config> {
  /**
   * What may fail comes before anything is replaced, or is made good later without being told again: a
   * process whose reload fails works on.
   * @throws DirectorError when the kernel does not do what is needed; the first time that is the end.
   */
  configure(config: Config, quietMs: Millis, will: unknown): Promise<void>;
  /** Not in turn with the others: who asks waits for nobody's work. @throws DirectorError */
  answer(question: Question<Config>): Promise<unknown>;
  /** Comes at any time, also before the first configuration. */
  vrrpStates?(states: VrrpStates): void;
  /** The same. */
  bfdStates?(states: BfdStates): void;
  /** Of health: the same. */
  peerLinks?(links: readonly PeerLink[]): void;
  /** Of health, from another director; of vrrp, to it. At any time. */
  peerNote?(life: string, note: Uint8Array): void;
  /** The same, of vrrp. */
  serversUp?(up: boolean | null): void;
  /** Of notify: never before the first configuration. `onLeft`: as the message `left`. */
  tellOperators?(
    told: Omit<TellMessage, 'type' | 'id'>,
    onLeft: (errands: readonly Errand[]) => void,
  ): void;
  /** Of notify, too. Never rejects. */
  run?(script: Script, timeoutMs: Millis): Promise<RunOutcome>;
  stop(keep: boolean): Promise<void>;
  /** The supervisor is gone. Gives up what a peer may claim; the process ends afterwards. */
  orphaned(): Promise<void>;
}

/** A process's end of the channel. */
export interface Uplink {
  readonly log: Log;
  tellVrrpStates(states: VrrpStates): void;
  tellBfdStates(states: BfdStates): void;
  tellPeerLinks(links: readonly PeerLink[]): void;
  tellPeerNote(life: string, note: Uint8Array): void;
  tellServersUp(up: boolean | null): void;
  tell(notice: Notice | RenamedNotice): void;
  /** Has a script run by the process that may. */
  runScript(script: Script, timeoutMs: Millis): Promise<RunOutcome>;
  /** What a successor should know, should this process die. */
  leaveWill(will: unknown): void;
  /** Serves until told to stop; then the process exits. */
  serve<Config>(duties: ProcessDuties<Config>, codec?: Codec<Config>): void;
}

/** Exit code of a process that refused: the supervisor does not start it again. */
export const REFUSED_EXIT_CODE = 2;

/**
 * Connects a process to the supervisor that forked it. Signals meant for the daemon as a whole
 * (a terminal's ^C reaches every process of its group) are the supervisor's to handle.
 */
export function openUplink(level: LogLevel): Uplink {
  const channel = new Channel();
  const loud = LEVELS.slice(0, LEVELS.indexOf(level) + 1);
  const log = logTo((record) => {
    if (loud.includes(record.level)) channel.send({ type: 'log', record });
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const) {
    process.on(signal, () => {});
  }
  process.on('unhandledRejection', (error) => {
    // What the kernel refuses to work that nobody waits for is told; what is broken ends the process.
    if (!(error instanceof DirectorError)) throw error;
    log.error(reasonAndHint(error), 'work that nobody waits for was refused');
  });
  return {
    log,
    tellVrrpStates: (states) => channel.send({ type: 'vrrp-states', states }),
    tellBfdStates: (states) => channel.send({ type: 'bfd-states', states }),
    tellPeerLinks: (links) => channel.send({ type: 'peer-links', links }),
    tellPeerNote: (life, note) =>
      channel.send({ type: 'peer-note', life, note: Buffer.from(note).toString('base64') }),
    tellServersUp: (up) => channel.send({ type: 'servers-up', up }),
    tell: (notice) => channel.send({ type: 'notice', notice }),
    runScript: (script, timeoutMs) => channel.run(script, timeoutMs),
    leaveWill: (will) => channel.send({ type: 'will', will }),
    serve: (duties, codec) => serve(duties, codec ?? AS_IT_IS, log, channel),
  };
}

/** What leaves this process, and what of it is still to be answered or on its way. */
class Channel {
  private readonly running = new Map<number, (outcome: RunOutcome) => void>();
  private nextRun = 1;
  private onWay = 0;
  private whenSent: () => void = () => {};

  send(message: FromProcess): void {
    if (!process.connected) return;
    this.onWay += 1;
    process.send?.(message, undefined, undefined, () => {
      this.onWay -= 1;
      if (this.onWay === 0) this.whenSent();
    });
  }

  run(script: Script, timeoutMs: Millis): Promise<RunOutcome> {
    const id = this.nextRun++;
    return new Promise((resolve) => {
      this.running.set(id, resolve);
      this.send({ type: 'run', id, script, timeoutMs });
    });
  }

  ran({ id, outcome }: RanMessage): void {
    this.running.get(id)?.(outcome);
    this.running.delete(id);
  }

  /** Resolves when all has left. */
  async sent(): Promise<void> {
    if (this.onWay === 0 || !process.connected) return;
    await new Promise<void>((resolve) => {
      this.whenSent = resolve;
    });
  }
}

type Configure = Extract<ToProcess, { type: 'configure' }>;

const LEVELS: readonly LogLevel[] = ['error', 'warn', 'info', 'debug', 'trace'];

function serve<Config>(
  duties: ProcessDuties<Config>,
  codec: Codec<Config>,
  log: Log,
  channel: Channel,
): void {
  const send = (message: FromProcess): void => channel.send(message);
  let turn: Promise<void> = Promise.resolve();
  let working = false;
  const intake = new Intake(codec);
  const configure = async (
    config: Config,
    { revision, quietMs, will }: Configure,
  ): Promise<void> => {
    try {
      await duties.configure(config, quietMs, will);
    } catch (error) {
      if (!working || !(error instanceof DirectorError)) throw error;
      send({ type: 'failed', revision, error: toRefusal(error) });
      return;
    }
    working = true;
    send({ type: 'ready', revision });
  };
  const answer = async (question: Question<unknown>): Promise<unknown> =>
    duties.answer(
      question.ask === 'plan'
        ? { ask: 'plan', config: await intake.look(question.config) }
        : question,
    );
  const inTurn = (work: () => Promise<void>): void => {
    turn = turn.then(work).catch(leaveBroken);
  };
  process.on('message', (message) => {
    const order = message as ToProcess;
    switch (order.type) {
      case 'part':
        // What comes in parts is large.
        makeRoom();
        intake.take(order.part);
        break;
      case 'configure': {
        const config = intake.finish(order.config);
        inTurn(async () => configure(await config, order));
        break;
      }
      case 'request':
        answer(order.question).then(
          (body) => send({ type: 'reply', id: order.id, body }),
          (error: unknown) => {
            const { ask } = order.question;
            // Who asked is told of a refusal, and tells it; nobody tells of a snapshot that is missing.
            const isTold = error instanceof DirectorError && ask !== 'snapshot';
            const level = isTold ? 'debug' : 'error';
            log[level]({ question: ask, ...reasonAndHint(error) }, 'question not answered');
            const refusal =
              error instanceof DirectorError
                ? toRefusal(error)
                : ({ code: 'PROCESS_SILENT', message: describeError(error) } as const);
            send({ type: 'reply', id: order.id, body: null, error: refusal });
          },
        );
        break;
      case 'ping':
        send({ type: 'pong' });
        break;
      case 'vrrp-states':
        duties.vrrpStates?.(order.states);
        break;
      case 'bfd-states':
        duties.bfdStates?.(order.states);
        break;
      case 'peer-links':
        duties.peerLinks?.(order.links);
        break;
      case 'peer-note':
        duties.peerNote?.(order.life, Buffer.from(order.note, 'base64'));
        break;
      case 'servers-up':
        duties.serversUp?.(order.up);
        break;
      case 'tell':
        inTurn(async () =>
          duties.tellOperators?.(order, (errands) => send({ type: 'left', id: order.id, errands })),
        );
        break;
      case 'run':
        // Others do not wait for it.
        inTurn(async () => {
          void duties.run?.(order.script, order.timeoutMs).then((outcome) => {
            send({ type: 'ran', id: order.id, outcome });
          });
        });
        break;
      case 'ran':
        channel.ran(order);
        break;
      case 'stop':
        inTurn(async () => {
          await duties.stop(order.keep);
          await channel.sent();
          process.exit(0);
        });
        break;
    }
  });
  process.on('disconnect', () => {
    reviveSupervisor();
    void duties.orphaned().finally(() => process.exit(0));
  });
}

/** A refusal is told and ends the process for good; anything else is a crash, and is restarted. */
function leaveBroken(error: unknown): void {
  if (!(error instanceof DirectorError)) throw error;
  const message: FromProcess = { type: 'refused', error: toRefusal(error) };
  process.send?.(message, undefined, undefined, () => process.exit(REFUSED_EXIT_CODE));
}
