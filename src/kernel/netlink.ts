/**
 * npm `netlink` made orderly: many requests in one send, each answer given to its request by sequence
 * number, a deadline on silence, and the loss of answers told instead of waited for. What the payloads
 * mean is known to ipvs.ts and network.ts.
 */
import { getSystemErrorName } from 'node:util';
import { RawNetlinkSocket } from 'netlink/dist/raw.js';
import { DirectorError, errnoName } from '../base/error.ts';
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

/** NETLINK_ROUTE, NETLINK_GENERIC. */
export const NetlinkProtocol = { route: 0, generic: 16 } as const;

/**
 * All acknowledgements of a send queue up in the receive buffer before it returns: 277 fit into the
 * default one, and errors carry their request along.
 */
const SEND_MESSAGES_MAX = 128;

/** A dump comes in parts as long as the largest buffer ever offered, and the kernel stops at 32 KiB. */
const DUMP_PART_OCTETS = 32 * 1024;

/** Asked for; the kernel grants net.core.rmem_max at most. */
const RECEIVE_BUFFER_OCTETS = 4 * 1024 * 1024;

/** Dumps that other changes cut into are repeated this often, then taken as they are. */
const DUMP_TRIES_MAX = 4;

/** The kernel answers in microseconds, or after another holder of its lock; never is a fault. */
const SILENCE_MS: Millis = 5_000;

/** What this file needs of a socket; npm `netlink`'s RawNetlinkSocket is one. */
export interface RawSocket {
  on(event: 'message', listener: (datagram: Uint8Array, info: { port: number }) => void): unknown;
  on(event: 'truncatedMessage', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  send(datagram: Uint8Array, options: object, sent: (error?: Error) => void): void;
  addMembership(group: number): void;
  ref(): void;
  unref(): void;
  close(): void;
}

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
  readonly openSocket?: (protocol: number, forDumps: boolean) => RawSocket;
}

/** What is being waited for. */
interface Conversation {
  /** Sequence numbers from this one on, one a request. */
  readonly first: number;
  readonly answers: Answer[];
  /** Requests without an acknowledgement yet. */
  open: number;
  readonly socket: RawSocket;
  cancelDeadline: Cancel;
  readonly resolve: (answers: readonly Answer[]) => void;
  readonly reject: (error: DirectorError) => void;
}

interface Answer {
  acknowledgement: Acknowledgement | null;
  interrupted: boolean;
  readonly data: Uint8Array[];
}

/**
 * Requests and dumps over one protocol. One conversation at a time; the others wait for their turn.
 * Answers to changes come in packets of their own size and dumps in large parts, so each of the two
 * has a socket, opened when first needed and again after a fault.
 */
export class NetlinkClient {
  private readonly protocol: number;
  private readonly clock: Clock;
  private readonly silenceMs: Millis;
  private readonly openSocket: (protocol: number, forDumps: boolean) => RawSocket;
  private requests: RawSocket | null = null;
  private dumps: RawSocket | null = null;
  private conversation: Conversation | null = null;
  private lastTurn: Promise<unknown> = Promise.resolve();
  private sequence = 0;
  private closed = false;

  constructor(options: NetlinkOptions) {
    this.protocol = options.protocol;
    this.clock = options.clock ?? systemClock;
    this.silenceMs = options.silenceMs ?? SILENCE_MS;
    this.openSocket = options.openSocket ?? openRawSocket;
  }

  /**
   * Sends the requests in order, many at once, and gives one reply each; a refusal does not stop the
   * next. Throws NETLINK_TIMEOUT or NETLINK_OVERRUN if replies are missing: all, some or none of the
   * changes were made.
   */
  async request(requests: readonly NetlinkRequest[]): Promise<readonly NetlinkReply[]> {
    const replies: NetlinkReply[] = [];
    for (let at = 0; at < requests.length; at += SEND_MESSAGES_MAX) {
      const batch = requests.slice(at, at + SEND_MESSAGES_MAX);
      const answers = await this.inTurn(() => this.converse(batch, MessageFlag.ack));
      replies.push(...answers.map(toReply));
    }
    return replies;
  }

  /** The payloads of a whole dump. Throws as `request`, and for a refusal too. */
  async dump(request: NetlinkRequest): Promise<NetlinkReply> {
    for (let attempt = 1; ; attempt += 1) {
      const [answer] = await this.inTurn(() => this.converse([request], MessageFlag.dump));
      if (answer && (!answer.interrupted || attempt >= DUMP_TRIES_MAX)) return toReply(answer);
    }
  }

  /** What is under way fails; nothing can be asked afterwards. */
  close(): void {
    this.closed = true;
    this.fail(new DirectorError('SOCKET_FAILED', 'the netlink socket was closed'));
    this.dropSockets();
  }

  private inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.lastTurn.then(run);
    this.lastTurn = turn.catch(() => {});
    return turn;
  }

  private converse(requests: readonly NetlinkRequest[], flags: number): Promise<readonly Answer[]> {
    return new Promise((resolve, reject) => {
      const socket = this.socketFor(flags === MessageFlag.dump);
      const first = this.sequence + 1;
      this.sequence = (this.sequence + requests.length) % 0x7fffffff;
      this.conversation = {
        first,
        answers: requests.map(() => ({ acknowledgement: null, interrupted: false, data: [] })),
        open: requests.length,
        socket,
        cancelDeadline: () => {},
        resolve,
        reject,
      };
      this.armDeadline();
      this.send(socket, encodeRequests(requests, first, flags));
    });
  }

  private send(socket: RawSocket, datagram: Uint8Array): void {
    try {
      socket.ref();
      socket.send(datagram, {}, (error) => {
        if (error) this.onSocketError(socket, error);
      });
    } catch (error) {
      // The library has closed the socket after a fault of its own.
      this.onSocketError(socket, error as Error);
    }
  }

  private socketFor(dump: boolean): RawSocket {
    if (this.closed) throw new DirectorError('SOCKET_FAILED', 'the netlink socket is closed');
    const socket = (dump ? this.dumps : this.requests) ?? this.open(dump);
    if (dump) this.dumps = socket;
    else this.requests = socket;
    return socket;
  }

  private open(forDumps: boolean): RawSocket {
    const socket = this.openSocket(this.protocol, forDumps);
    socket.on('message', (datagram, { port }) => {
      // Only the kernel has port 0; any process may send to ours.
      if (port === 0) this.onDatagram(socket, datagram);
    });
    socket.on('truncatedMessage', () => this.onOverrun(socket, 'a reply was cut short'));
    socket.on('error', (error) => this.onSocketError(socket, error));
    return socket;
  }

  private onDatagram(socket: RawSocket, datagram: Uint8Array): void {
    if (this.conversation?.socket !== socket) return;
    const messages = decodeMessages(datagram);
    if (messages === null) {
      this.onOverrun(socket, 'a reply was damaged');
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
      this.onOverrun(conversation.socket, 'a reply was damaged');
      return;
    }
    conversation.open -= 1;
    if (conversation.open > 0) return;
    conversation.socket.unref(); // at rest it does not keep the process alive
    this.endConversation()?.resolve(conversation.answers);
  }

  private armDeadline(): void {
    const { conversation } = this;
    if (!conversation) return;
    conversation.cancelDeadline();
    conversation.cancelDeadline = this.clock.wakeAt(this.clock.now() + this.silenceMs, () => {
      this.fail(
        new DirectorError(
          'NETLINK_TIMEOUT',
          `the kernel did not answer a netlink request within ${this.silenceMs} ms`,
        ),
      );
      // A dump may still be running on the old socket, which would refuse the next one.
      this.dropSockets();
    });
  }

  private onSocketError(socket: RawSocket, error: Error): void {
    const name = errnoName(error);
    // libuv reports the overrun of a polled socket as EBADF, and the library then closes it.
    if (name === 'ENOBUFS' || name === 'EBADF') {
      this.onOverrun(socket, name);
      return;
    }
    if (this.conversation?.socket === socket) {
      this.fail(new DirectorError('SOCKET_FAILED', `netlink: ${error.message}`, { cause: error }));
    }
    this.dropSockets();
  }

  private onOverrun(socket: RawSocket, why: string): void {
    if (this.conversation?.socket === socket) {
      this.fail(
        new DirectorError('NETLINK_OVERRUN', `answers of the kernel were lost: ${why}`, {
          hint: 'raise net.core.rmem_max if this repeats',
        }),
      );
    }
    this.dropSockets();
  }

  private fail(error: DirectorError): void {
    this.endConversation()?.reject(error);
  }

  private endConversation(): Conversation | null {
    const { conversation } = this;
    if (!conversation) return null;
    this.conversation = null;
    conversation.cancelDeadline();
    return conversation;
  }

  private dropSockets(): void {
    for (const socket of [this.requests, this.dumps]) socket?.close();
    this.requests = null;
    this.dumps = null;
  }
}

function encodeRequests(
  requests: readonly NetlinkRequest[],
  first: number,
  flags: number,
): Uint8Array {
  return Buffer.concat(
    requests.map(({ type, payload, flags: more = 0 }, at) =>
      encodeMessage({
        type,
        flags: MessageFlag.request | flags | more,
        sequence: first + at,
        payload,
      }),
    ),
  );
}

function toReply({ acknowledgement, data }: Answer): NetlinkReply {
  return { ...(acknowledgement as Acknowledgement), data };
}

/** Opens the real thing, or says which capability or kernel feature is missing. */
export function openRawSocket(protocol: number, forDumps: boolean): RawSocket {
  try {
    const socket = new RawNetlinkSocket(protocol, {
      // Without peeking each datagram costs a buffer of this size: worth it for dumps only.
      messagePeeking: !forDumps,
      msgBufferSize: DUMP_PART_OCTETS,
      recvBufferSize: RECEIVE_BUFFER_OCTETS,
      sendBufferSize: 0,
    });
    socket.unref();
    return socket;
  } catch (cause) {
    throw new DirectorError('SOCKET_FAILED', `no netlink socket: ${errnoName(cause)}`, { cause });
  }
}

/** The errno of a reply by name: `EEXIST`. */
export function replyName({ errno }: Acknowledgement): string {
  return getSystemErrorName(-errno);
}

/** Throws what a refused reply means; `what` is the thing refused, as the subject of a sentence. */
export function refuse(reply: Acknowledgement, what: string): never {
  const name = replyName(reply);
  if (name === 'EPERM' || name === 'EACCES') {
    throw new DirectorError('NOT_PERMITTED', `${what} is not permitted`, {
      hint: 'run as root, or grant CAP_NET_ADMIN (in the initial user namespace)',
      errno: reply.errno,
    });
  }
  const detail = reply.detail === null ? '' : ` (${reply.detail})`;
  throw new DirectorError('NETLINK_REFUSED', `the kernel refused ${what}: ${name}${detail}`, {
    errno: reply.errno,
  });
}
