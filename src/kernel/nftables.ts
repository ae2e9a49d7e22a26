/**
 * Transactions with nf_tables: all of one is done or nothing, and the kernel has done it when the send
 * returns, so that nothing is waited for. Which messages were refused is told by their place.
 */
import { getSystemErrorName } from 'node:util';
import { DirectorError, errnoName } from '../base/error.ts';
import { NftMessage, writeBatchFrame } from '../wire/nftables/message.ts';
import type { AttributeWriter } from '../wire/nlattr.ts';
import {
  decodeAcknowledgement,
  MessageCursor,
  MessageFlag,
  MessageType,
  MessageWriter,
} from '../wire/nlmsg.ts';
import { type Addon, loadAddon } from './addon.ts';
import { NetlinkProtocol } from './netlink-socket.ts';

/** A part of a dump is 32 KiB at most. */
const BUFFER_OCTETS = 64 * 1024;

/** NLM_F_APPEND: a rule goes behind the others. */
const APPEND = 0x800;

export interface NftRequest {
  /** `NftMessage`. */
  readonly type: number;
  /** Beyond `request`. */
  readonly flags?: number;
  write(attributes: AttributeWriter): void;
}

/** What of a transaction was refused; nothing was done if anything was. */
export interface NftRefusal {
  /** Which request; null: the transaction itself. */
  readonly at: number | null;
  /** `ENOENT` */
  readonly error: string;
  /** The kernel's own sentence, where it gave one. */
  readonly detail: string | null;
}

export const NEW_RULE_FLAGS: number = MessageFlag.create | APPEND;

/** What of the addon is used here. */
export type NftAddon = Pick<
  Addon,
  'openNetlinkRequests' | 'sendNetlink' | 'receiveNetlink' | 'closeDescriptor'
>;

export class NftSocket {
  private readonly addon: NftAddon;
  private readonly fd: number;
  private readonly buffer = new Uint8Array(BUFFER_OCTETS);
  private readonly writer = new MessageWriter(16_384);
  private readonly cursor = new MessageCursor();
  private sequence = 0;
  private closed = false;

  /** @throws DirectorError NFTABLES_UNAVAILABLE: this kernel has no netfilter at all. */
  constructor(addon: NftAddon = loadAddon()) {
    this.addon = addon;
    try {
      this.fd = addon.openNetlinkRequests(NetlinkProtocol.netfilter);
    } catch (cause) {
      throw unavailable(errnoName(cause), cause);
    }
  }

  /** Does all or nothing; gives the refusals. Throws SOCKET_FAILED, NETLINK_OVERRUN. */
  transact(requests: readonly NftRequest[]): readonly NftRefusal[] {
    if (requests.length === 0) return [];
    const { writer } = this;
    const first = this.take(requests.length + 2) + 1;
    writer.clear();
    this.frame(NftMessage.batchBegin, first - 1);
    requests.forEach((request, at) => {
      // Only the last asks for an answer: refusals come unasked.
      const ack = at === requests.length - 1 ? MessageFlag.ack : 0;
      writer.begin(request.type, MessageFlag.request | (request.flags ?? 0) | ack, first + at);
      request.write(writer.attributes);
      writer.end();
    });
    this.frame(NftMessage.batchEnd, first + requests.length);
    this.send(writer.finish());
    const refusals: NftRefusal[] = [];
    let answered = false;
    this.receive(first + requests.length - 1, (message) => {
      if (message.type !== MessageType.error) return;
      const acknowledgement = decodeAcknowledgement({
        type: message.type,
        flags: message.flags,
        payload: message.payload(),
      });
      const at = message.sequence - first;
      if (acknowledgement === null || at < -1 || at > requests.length) return;
      answered = true;
      if (acknowledgement.errno === 0) return;
      refusals.push({
        at: at < 0 || at === requests.length ? null : at,
        error: getSystemErrorName(-acknowledgement.errno),
        detail: acknowledgement.detail,
      });
    });
    return answered ? refusals : [{ at: null, error: 'ENODATA', detail: 'no answer' }];
  }

  /** The payloads of a dump, or of one object; the octets are used again. Gives the refusal. */
  ask(request: NftRequest, take: (payload: Uint8Array) => void): string | null {
    const sequence = this.take(1);
    const { writer } = this;
    writer.clear();
    writer.begin(request.type, MessageFlag.request | (request.flags ?? 0), sequence);
    request.write(writer.attributes);
    writer.end();
    this.send(writer.finish());
    let refusal: string | null = null;
    this.receive(sequence, (message) => {
      if (message.sequence !== sequence) return;
      const { type, flags } = message;
      if (type === MessageType.error || type === MessageType.done) {
        const { errno = 0 } =
          decodeAcknowledgement({ type, flags, payload: message.payload() }) ?? {};
        if (errno !== 0) refusal = getSystemErrorName(-errno);
      } else {
        take(message.payload());
      }
    });
    return refusal;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.addon.closeDescriptor(this.fd);
  }

  private take(count: number): number {
    const first = this.sequence + 1;
    this.sequence = (this.sequence + count) % 0x3fff_ffff;
    return first;
  }

  private frame(type: number, sequence: number): void {
    this.writer.begin(type, MessageFlag.request, sequence);
    writeBatchFrame(this.writer.attributes);
    this.writer.end();
  }

  private send(octets: Uint8Array): void {
    try {
      this.addon.sendNetlink(this.fd, octets);
    } catch (cause) {
      throw failed(cause);
    }
  }

  /** All that is there, up to the answer to `last`: the kernel has answered within the send. */
  private receive(last: number, take: (message: MessageCursor) => void): void {
    const { cursor } = this;
    try {
      for (let ended = false; !ended; ) {
        const octets = this.addon.receiveNetlink(this.fd, this.buffer, last);
        if (octets === 0) return;
        cursor.open(this.buffer.subarray(0, octets));
        while (cursor.next()) {
          take(cursor);
          const ends = cursor.type === MessageType.error || cursor.type === MessageType.done;
          ended ||= ends && cursor.sequence === last;
        }
      }
    } catch (cause) {
      throw failed(cause);
    }
  }
}

function failed(cause: unknown): DirectorError {
  return new DirectorError('SOCKET_FAILED', `nf_tables: ${errnoName(cause)}`, { cause });
}

export function unavailable(why: string, cause?: unknown): DirectorError {
  return new DirectorError('NFTABLES_UNAVAILABLE', `the kernel has no nf_tables (${why})`, {
    hint: 'modprobe nf_tables; without it only the lifetime of addresses closes them, in whole seconds',
    ...(cause === undefined ? {} : { cause }),
  });
}
