/**
 * npm `netlink` made orderly: many requests in one send, each answer given to its request by sequence
 * number, a deadline on silence, and the loss of answers told instead of waited for. What the payloads
 * mean is known to ipvs.ts and network.ts.
 */
import { getSystemErrorName } from 'node:util';
import { DirectorError } from '../base/error.ts';
import { type Cancel, type Clock, type Millis, systemClock } from '../base/time.ts';
import {
  type Acknowledgement,
  decodeAcknowledgement,
  decodeMessages,
  encodeMessage,
  MessageFlag,
  MessageType,
  type NetlinkMessage,
} from '../wire/nlmsg.ts';
import {
  lost,
  type NetlinkSocket,
  type OpenNetlinkSocket,
  openNetlinkSocket,
} from './netlink-socket.ts';

/**
 * All answers to a send queue up in the receive buffer before it returns: 277 fit into the default one,
 * and refusals, of which there may be as many as requests, carry their request along.
 */
const SEND_MESSAGES_MAX = 128;

/** Dumps that other changes cut into are repeated this often, then taken as they are. */
const DUMP_TRIES_MAX = 4;

/** The kernel answers in microseconds, or after another holder of its lock; never is a fault. */
const SILENCE_MS: Millis = 5_000;

/** Between a deadline and its effect. */
const LAST_LOOK_MS: Millis = 20;

export interface NetlinkRequest {
  /** Message type: a family id, or RTM_*. */
  readonly type: number;
  /** NLM_F_* beyond request and ack: create, exclusive. */
  readonly flags?: number;
  readonly payload: Uint8Array;
}

/** The kernel's answer to one request: done if `errno` is 0. */
export interface NetlinkReply extends Acknowledgement {
  /** Payloads of the data that came with it. */
  readonly data: readonly Uint8Array[];
}

export interface NetlinkOptions {
  readonly protocol: number;
  readonly clock?: Clock;
  readonly silenceMs?: Millis;
  readonly openSocket?: OpenNetlinkSocket;
}

/** What is being waited for. */
interface Conversation {
  /** Sequence numbers from this one on, one a request. */
  readonly first: number;
  readonly answers: readonly Answer[];
  readonly silenceMs: Millis;
  cancelDeadline: Cancel;
  readonly resolve: (answers: readonly Answer[]) => void;
  readonly reject: (error: DirectorError) => void;
}

interface Answer {
  acknowledgement: Acknowledgement | null;
  interrupted: boolean;
  readonly data: Uint8Array[];
}

/** Requests and dumps over one protocol. One conversation at a time; the others wait for their turn. */
export class NetlinkClient {
  private readonly protocol: number;
  private readonly clock: Clock;
  private readonly silenceMs: Millis;
  private readonly openSocket: OpenNetlinkSocket;
  /** Opened when first needed, and again after a fault. */
  private socket: NetlinkSocket | null = null;
  private conversation: Conversation | null = null;
  private lastTurn: Promise<unknown> = Promise.resolve();
  private sequence = 0;
  private closed = false;

  constructor(options: NetlinkOptions) {
    this.protocol = options.protocol;
    this.clock = options.clock ?? systemClock;
    this.silenceMs = options.silenceMs ?? SILENCE_MS;
    this.openSocket = options.openSocket ?? openNetlinkSocket;
  }

  /**
   * Sends the requests in order, many at once, and gives one reply each; a refusal does not stop the
   * next. Throws NETLINK_TIMEOUT or NETLINK_OVERRUN if replies are missing: all, some or none of the
   * changes were made.
   */
  async request(
    requests: readonly NetlinkRequest[],
    silenceMs: Millis = this.silenceMs,
  ): Promise<readonly NetlinkReply[]> {
    const replies: NetlinkReply[] = [];
    for (let at = 0; at < requests.length; at += SEND_MESSAGES_MAX) {
      const batch = requests.slice(at, at + SEND_MESSAGES_MAX);
      const answers = await this.inTurn(() => this.converse(batch, MessageFlag.ack, silenceMs));
      replies.push(...answers.map(toReply));
    }
    return replies;
  }

  /** A whole dump, or its refusal. Throws as `request` does. */
  async dump(request: NetlinkRequest): Promise<NetlinkReply> {
    const ask = (): Promise<readonly Answer[]> =>
      this.inTurn(() => this.converse([request], MessageFlag.dump, this.silenceMs));
    let [answer] = (await ask()) as [Answer];
    for (let tries = 1; answer.interrupted && tries < DUMP_TRIES_MAX; tries += 1) {
      [answer] = (await ask()) as [Answer];
    }
    return toReply(answer);
  }

  /** What is under way fails; nothing can be asked afterwards. */
  close(): void {
    this.closed = true;
    this.fail(new DirectorError('SOCKET_FAILED', 'the netlink socket was closed'));
  }

  private inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.lastTurn.then(run);
    this.lastTurn = turn.catch(() => {});
    return turn;
  }

  private converse(
    requests: readonly NetlinkRequest[],
    flags: number,
    silenceMs: Millis,
  ): Promise<readonly Answer[]> {
    return new Promise((resolve, reject) => {
      const socket = this.openedSocket();
      const first = this.sequence + 1;
      this.sequence = (this.sequence + requests.length) % 0x7fffffff;
      this.conversation = {
        first,
        answers: requests.map(() => ({ acknowledgement: null, interrupted: false, data: [] })),
        silenceMs,
        cancelDeadline: () => {},
        resolve,
        reject,
      };
      this.armDeadline();
      socket.keepAlive(true);
      socket.send(encodeRequests(requests, first, flags));
    });
  }

  private openedSocket(): NetlinkSocket {
    if (this.closed) throw new DirectorError('SOCKET_FAILED', 'the netlink socket is closed');
    this.socket ??= this.openSocket(this.protocol, {
      onDatagram: (datagram) => this.onDatagram(datagram),
      onFault: (error) => this.fail(error),
    });
    return this.socket;
  }

  private onDatagram(datagram: Uint8Array): void {
    const messages = decodeMessages(datagram);
    if (messages === null) {
      this.fail(lost('a message was damaged'));
      return;
    }
    this.armDeadline();
    for (const message of messages) this.onMessage(message);
  }

  private onMessage(message: NetlinkMessage): void {
    const { conversation } = this;
    // A stale sequence number is the answer to a question that was given up.
    const answer = conversation?.answers[message.sequence - conversation.first];
    if (!conversation || !answer || answer.acknowledgement !== null) return;
    if ((message.flags & MessageFlag.dumpInterrupted) !== 0) answer.interrupted = true;
    if (message.type !== MessageType.error && message.type !== MessageType.done) {
      answer.data.push(message.payload);
      return;
    }
    answer.acknowledgement = decodeAcknowledgement(message);
    if (answer.acknowledgement === null) {
      this.fail(lost('an answer was damaged'));
      return;
    }
    // The kernel works in order: when it has answered the last, the silent ones before have succeeded.
    if (answer !== conversation.answers.at(-1)) return;
    this.endConversation();
    this.socket?.keepAlive(false);
    conversation.resolve(conversation.answers);
  }

  /** Called again with each answer: what counts is the silence. */
  private armDeadline(): void {
    this.wakeAfter(this.conversation?.silenceMs ?? this.silenceMs, () => {
      // A process that was stopped wakes to its timers first: it reads before it gives up.
      this.wakeAfter(LAST_LOOK_MS, () => this.giveUp());
    });
  }

  private wakeAfter(ms: Millis, run: () => void): void {
    const { conversation, clock } = this;
    if (!conversation) return;
    conversation.cancelDeadline();
    conversation.cancelDeadline = clock.wakeAt(clock.now() + ms, run);
  }

  private giveUp(): void {
    const silenceMs = this.conversation?.silenceMs ?? this.silenceMs;
    const message = `the kernel did not answer a netlink request within ${silenceMs} ms`;
    this.fail(new DirectorError('NETLINK_TIMEOUT', message));
  }

  /**
   * The next conversation has a new socket: an answer may be still to come on this one, and a dump that
   * is still running would refuse the next.
   */
  private fail(error: DirectorError): void {
    this.socket?.close();
    this.socket = null;
    this.endConversation()?.reject(error);
  }

  private endConversation(): Conversation | null {
    const { conversation } = this;
    this.conversation = null;
    conversation?.cancelDeadline();
    return conversation;
  }
}

/** Refusals come unasked, so that only the last request asks for an answer (`flags`). */
function encodeRequests(
  requests: readonly NetlinkRequest[],
  first: number,
  flags: number,
): Uint8Array {
  const messages = requests.map(({ type, payload, flags: own = 0 }, at) => {
    const last = at === requests.length - 1 ? flags : 0;
    const sequence = first + at;
    return encodeMessage({ type, flags: MessageFlag.request | own | last, sequence, payload });
  });
  return Buffer.concat(messages);
}

const SUCCESS: Acknowledgement = { errno: 0, detail: null };

function toReply({ acknowledgement, data }: Answer): NetlinkReply {
  return { ...(acknowledgement ?? SUCCESS), data };
}

/** The errno of a reply by name: `EEXIST`. */
export function replyName({ errno }: Acknowledgement): string {
  return getSystemErrorName(-errno);
}

/** What to do about a refusal, by the name of its errno. */
export type Hints = Readonly<Record<string, string>>;

/** Throws what a refused reply means; `what` is the thing refused, as the subject of a sentence. */
export function refuse(reply: Acknowledgement, what: string, hints: Hints = {}): never {
  const name = replyName(reply);
  if (name === 'EPERM' || name === 'EACCES') {
    throw new DirectorError('NOT_PERMITTED', `${what} is not permitted`, {
      hint: 'run as root, or grant CAP_NET_ADMIN (in the initial user namespace)',
      errno: reply.errno,
    });
  }
  const detail = reply.detail === null ? '' : ` (${reply.detail})`;
  const hint = hints[name];
  throw new DirectorError('NETLINK_REFUSED', `the kernel refused ${what}: ${name}${detail}`, {
    errno: reply.errno,
    ...(hint === undefined ? {} : { hint }),
  });
}
