/**
 * Netlink made orderly: many requests in one send, each answer given to its request by sequence number, a
 * deadline on silence, and the loss of answers told instead of waited for. What the payloads mean is known
 * to ipvs.ts and network.ts.
 */
import { getSystemErrorName } from 'node:util';
import { Truncated } from '../base/bytes.ts';
import { DirectorError } from '../base/error.ts';
import {
  type Cancel,
  type Clock,
  type Instant,
  type Millis,
  nextTurn,
  systemClock,
} from '../base/time.ts';
import type { AttributeWriter } from '../wire/nlattr.ts';
import {
  type Acknowledgement,
  decodeAcknowledgement,
  MessageCursor,
  MessageFlag,
  MessageType,
  MessageWriter,
} from '../wire/nlmsg.ts';
import {
  lost,
  type NetlinkSocket,
  type OpenNetlinkSocket,
  openNetlinkSocket,
} from './netlink-socket.ts';
import { type MessageCost, SendPace } from './pace.ts';

/** Dumps that other changes cut into are repeated this often, then taken as they are. */
const DUMP_TRIES_MAX = 4;

/** The kernel answers in microseconds, or after another holder of its lock; never is a fault. */
const SILENCE_MS: Millis = 5_000;

/** Between a deadline and its effect. */
const LAST_LOOK_MS: Millis = 20;

/** Sends that are answered at once follow each other as long as this; then others have their turn. */
const TURN_MS: Millis = 5;

/** Whether they have lasted so long is looked at after as many dumps, or octets of them. */
const LOOK_EVERY = 16;
const LOOK_OCTETS = 256 * 1024;

export interface NetlinkRequest {
  /** Message type: a family id, or RTM_*. */
  readonly type: number;
  /** NLM_F_* beyond request and ack: create, exclusive. */
  readonly flags?: number;
  readonly payload: Uint8Array;
}

/** Requests that are written when they are sent, into a buffer that all of them share. */
export interface RequestSource {
  readonly count: number;
  header(at: number): Pick<NetlinkRequest, 'type' | 'flags'>;
  write(attributes: AttributeWriter, at: number): void;
  costOf?(at: number): MessageCost;
}

/** Takes the parts of dumps while they come. */
export interface DumpTaker {
  /** A dump begins, perhaps once more: then what was taken of it is void. */
  begin(at: number): void;
  /** The payload of one message, which lies between these places; the octets are used again. */
  take(octets: Uint8Array, from: number, to: number): void;
  /** Asked between dumps, whenever others have had their turn: after a no, none follows. */
  isWanted?(): boolean;
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
  readonly count: number;
  /** Of the requests that the kernel has said something about. */
  readonly answers: Map<number, Answer>;
  readonly take: DumpTaker['take'] | null;
  readonly silenceMs: Millis;
  cancelDeadline: Cancel;
  readonly resolve: (answers: ReadonlyMap<number, Answer>) => void;
  readonly reject: (error: DirectorError) => void;
}

interface Answer {
  acknowledgement: Acknowledgement | null;
  interrupted: boolean;
  readonly data: Uint8Array[];
}

interface Sending {
  readonly source: RequestSource;
  /** Requests `from` to `to` of the source. */
  readonly from: number;
  readonly to: number;
  /** Of the last. */
  readonly flags: number;
  readonly silenceMs: Millis;
  readonly take?: DumpTaker['take'];
}

/** Requests and dumps over one protocol. One conversation at a time; the others wait for their turn. */
export class NetlinkClient {
  private readonly protocol: number;
  private readonly clock: Clock;
  private readonly silenceMs: Millis;
  private readonly openSocket: OpenNetlinkSocket;
  private readonly pace = new SendPace();
  private readonly writer = new MessageWriter();
  private readonly cursor = new MessageCursor();
  /** Opened when first needed, and again after a fault. */
  private socket: NetlinkSocket | null = null;
  private conversation: Conversation | null = null;
  private lastTurn: Promise<unknown> = Promise.resolve();
  private sequence = 0;
  /** Octets, since somebody looked. */
  private received = 0;
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
  request(
    requests: readonly NetlinkRequest[],
    silenceMs: Millis = this.silenceMs,
  ): Promise<readonly NetlinkReply[]> {
    return this.send(sourceOf(requests), silenceMs);
  }

  /** The same for requests that are not kept. */
  async send(
    source: RequestSource,
    silenceMs: Millis = this.silenceMs,
  ): Promise<readonly NetlinkReply[]> {
    const replies = new Array<NetlinkReply>(source.count);
    const costOf = source.costOf?.bind(source) ?? alwaysPlain;
    let turnSince = this.clock.now();
    for (let from = 0; from < source.count; ) {
      const answers = await this.inTurn(() => {
        const to = from + this.pace.next(from, source.count, costOf);
        return this.converse({ source, from, to, flags: MessageFlag.ack, silenceMs }, this.pace);
      });
      for (let at = 0; at < answers.count; at += 1) {
        replies[from + at] = toReply(answers.each.get(at));
      }
      from += answers.count;
      if (from < source.count) turnSince = await this.otherTurns(turnSince);
    }
    return replies;
  }

  /** A whole dump, or its refusal. Throws as `request` does. */
  async dump(request: NetlinkRequest): Promise<NetlinkReply> {
    let data: Uint8Array[] = [];
    const refusal = await this.dumpInto(request, {
      begin: () => {
        data = [];
      },
      take: (octets, from, to) => data.push(octets.slice(from, to)),
    });
    return { ...(refusal ?? SUCCESS), data };
  }

  /** The same without keeping it: gives the refusal, if there is one. */
  dumpInto(request: NetlinkRequest, taker: DumpTaker): Promise<Acknowledgement | null> {
    return this.dumps(sourceOf([request]), taker);
  }

  /** Dumps, one after another, until one is refused: gives that refusal; or until they are not wanted. Throws as `request` does. */
  async dumps(source: RequestSource, taker: DumpTaker): Promise<Acknowledgement | null> {
    const take = taker.take.bind(taker);
    let turnSince = this.clock.now();
    for (let at = 0; at < source.count; at += 1) {
      const sending = { source, from: at, to: at + 1, flags: MessageFlag.dump, take };
      let answer: Answer | undefined;
      for (let tries = 0; tries < DUMP_TRIES_MAX; tries += 1) {
        taker.begin(at);
        const { each } = await this.inTurn(() =>
          this.converse({ ...sending, silenceMs: this.silenceMs }),
        );
        answer = each.get(0);
        if (answer?.interrupted !== true) break;
      }
      const end = answer?.acknowledgement ?? SUCCESS;
      if (end.errno !== 0) return end;
      // Small dumps are quicker than a look at the clock, which is a system call on some machines.
      if (at % LOOK_EVERY === 0 || this.received > LOOK_OCTETS) {
        this.received = 0;
        turnSince = await this.otherTurns(turnSince);
        if (taker.isWanted?.() === false) return null;
      }
    }
    return null;
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

  /** A socket that answers at once leaves nobody else a turn of the event loop. */
  private async otherTurns(since: Instant): Promise<Instant> {
    if (this.clock.now() - since < TURN_MS) return since;
    await nextTurn();
    return this.clock.now();
  }

  private async converse(
    sending: Sending,
    pace?: SendPace,
  ): Promise<{ readonly count: number; readonly each: ReadonlyMap<number, Answer> }> {
    const { source, from, to, flags, silenceMs, take } = sending;
    const count = to - from;
    const each = await new Promise<ReadonlyMap<number, Answer>>((resolve, reject) => {
      const socket = this.openedSocket();
      const first = this.sequence + 1;
      // Before anything is expected: what cannot be written throws.
      const octets = this.write(source, from, to, first, flags);
      this.sequence = (this.sequence + count) % 0x7fffffff;
      this.conversation = {
        first,
        count,
        answers: new Map(),
        take: take ?? null,
        silenceMs,
        cancelDeadline: () => {},
        resolve,
        reject,
      };
      socket.keepAlive(true);
      const sentAt = pace && this.clock.now();
      socket.send(octets, first + count - 1);
      if (sentAt !== undefined) pace?.took(this.clock.now() - sentAt);
      this.armDeadline();
    });
    return { count, each };
  }

  /** Refusals come unasked, so that only the last request asks for an answer (`flags`). */
  private write(
    source: RequestSource,
    from: number,
    to: number,
    first: number,
    flags: number,
  ): Uint8Array {
    const { writer } = this;
    writer.clear();
    for (let at = from; at < to; at += 1) {
      const { type, flags: own = 0 } = source.header(at);
      const last = at === to - 1 ? flags : 0;
      writer.begin(type, MessageFlag.request | own | last, first + at - from);
      source.write(writer.attributes, at);
      writer.end();
    }
    return writer.finish();
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
    const { cursor } = this;
    this.received += datagram.length;
    try {
      cursor.open(datagram);
      while (cursor.next()) this.onMessage(cursor, datagram);
      this.rearmDeadline();
    } catch (error) {
      if (!(error instanceof Truncated)) throw error;
      this.fail(lost('a message was damaged'));
    }
  }

  private onMessage(message: MessageCursor, datagram: Uint8Array): void {
    const { conversation } = this;
    if (conversation === null) return;
    // A stale sequence number is the answer to a question that was given up.
    const at = message.sequence - conversation.first;
    if (at < 0 || at >= conversation.count) return;
    const ends = message.type === MessageType.error || message.type === MessageType.done;
    const interrupted = (message.flags & MessageFlag.dumpInterrupted) !== 0;
    if (!ends && !interrupted && conversation.take !== null) {
      conversation.take(datagram, message.from, message.to);
      return;
    }
    const answer = answerAt(conversation, at);
    if (answer.acknowledgement !== null) return;
    if (interrupted) answer.interrupted = true;
    if (!ends) {
      if (conversation.take !== null) conversation.take(datagram, message.from, message.to);
      else answer.data.push(message.payload().slice());
      return;
    }
    answer.acknowledgement = decodeAcknowledgement({
      type: message.type,
      flags: message.flags,
      payload: message.payload(),
    });
    if (answer.acknowledgement === null) {
      this.fail(lost('an answer was damaged'));
      return;
    }
    // The kernel works in order: when it has answered the last, the silent ones before have succeeded.
    if (at !== conversation.count - 1) return;
    this.endConversation();
    this.socket?.keepAlive(false);
    conversation.resolve(conversation.answers);
  }

  /** With each answer: what counts is the silence. */
  private rearmDeadline(): void {
    if (this.conversation !== null) this.armDeadline();
  }

  private armDeadline(): void {
    const { conversation } = this;
    if (conversation === null) return;
    this.wakeAfter(conversation.silenceMs, () => {
      // A process that was stopped wakes to its timers first: it reads before it gives up.
      this.wakeAfter(LAST_LOOK_MS, () => this.giveUp(conversation.silenceMs));
    });
  }

  private wakeAfter(ms: Millis, run: () => void): void {
    const { conversation, clock } = this;
    if (!conversation) return;
    conversation.cancelDeadline();
    conversation.cancelDeadline = clock.wakeAt(clock.now() + ms, run);
  }

  private giveUp(silenceMs: Millis): void {
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

function alwaysPlain(): MessageCost {
  return 'plain';
}

function sourceOf(requests: readonly NetlinkRequest[]): RequestSource {
  return {
    count: requests.length,
    header: (at) => requests[at] as NetlinkRequest,
    write: (attributes, at) => attributes.out.raw((requests[at] as NetlinkRequest).payload),
  };
}

function answerAt({ answers }: Conversation, at: number): Answer {
  const known = answers.get(at);
  if (known !== undefined) return known;
  const answer: Answer = { acknowledgement: null, interrupted: false, data: [] };
  answers.set(at, answer);
  return answer;
}

const SUCCESS: Acknowledgement = { errno: 0, detail: null };
const SILENT_SUCCESS: NetlinkReply = { ...SUCCESS, data: [] };

function toReply(answer: Answer | undefined): NetlinkReply {
  if (answer === undefined) return SILENT_SUCCESS;
  return { ...(answer.acknowledgement ?? SUCCESS), data: answer.data };
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
