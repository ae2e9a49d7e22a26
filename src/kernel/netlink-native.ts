/**
 * The addon's netlink socket: the kernel answers within the send, so what it says is read at once, many
 * datagrams in one call and into one buffer, without a turn of the event loop. Only where nothing is there
 * yet the socket is waited for.
 */
import { DirectorError, errnoName } from '../base/error.ts';
import { type Addon, loadAddon, type NativeHandle } from './addon.ts';
import {
  lost,
  type NetlinkSocket,
  type OpenNetlinkSocket,
  type SocketListener,
} from './netlink-socket.ts';

/** About 2500 real servers: as much is decoded in a millisecond. */
const BUFFER_OCTETS = 1024 * 1024;

/** Throws SOCKET_FAILED; ADDON_MISSING. */
export const openNativeSocket: OpenNetlinkSocket = (protocol, listener) =>
  openSocketOver(loadAddon(), protocol, listener);

/** What of the addon is used here. */
export type NetlinkAddon = Pick<
  Addon,
  | 'openNetlinkRequests'
  | 'sendNetlink'
  | 'receiveNetlink'
  | 'awaitReadable'
  | 'endAwait'
  | 'closeDescriptor'
>;

export function openSocketOver(
  addon: NetlinkAddon,
  protocol: number,
  listener: SocketListener,
): NetlinkSocket {
  try {
    return new NativeSocket(addon, addon.openNetlinkRequests(protocol), listener);
  } catch (cause) {
    throw new DirectorError('SOCKET_FAILED', `no netlink socket: ${errnoName(cause)}`, { cause });
  }
}

class NativeSocket implements NetlinkSocket {
  private readonly addon: NetlinkAddon;
  private readonly fd: number;
  private readonly listener: SocketListener;
  private readonly buffer = new Uint8Array(BUFFER_OCTETS);
  private lastSequence = 0;
  /** Whether an answer is expected. */
  private expects = false;
  private waiter: NativeHandle | null = null;
  private closed = false;

  constructor(addon: NetlinkAddon, fd: number, listener: SocketListener) {
    this.addon = addon;
    this.fd = fd;
    this.listener = listener;
  }

  send(messages: Uint8Array, lastSequence: number): void {
    this.lastSequence = lastSequence;
    try {
      this.addon.sendNetlink(this.fd, messages);
    } catch (error) {
      this.fail(error);
      return;
    }
    this.receive();
  }

  keepAlive(alive: boolean): void {
    this.expects = alive;
    if (!alive) this.endAwait();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.endAwait();
    this.addon.closeDescriptor(this.fd);
  }

  /** What is there, a buffer in each turn of the event loop, until the answer is complete. */
  private receive(): void {
    if (!this.expects || this.closed) return;
    const octets = this.receiveSome();
    if (octets === null) return;
    if (octets === 0) {
      this.await();
      return;
    }
    this.listener.onDatagram(this.buffer.subarray(0, octets));
    if (this.expects && !this.closed) setImmediate(() => this.receive());
  }

  /** Null after a fault. */
  private receiveSome(): number | null {
    try {
      return this.addon.receiveNetlink(this.fd, this.buffer, this.lastSequence);
    } catch (error) {
      this.fail(error);
      return null;
    }
  }

  private await(): void {
    if (this.waiter !== null) return;
    this.waiter = this.addon.awaitReadable(this.fd, () => {
      this.endAwait();
      this.receive();
    });
  }

  private endAwait(): void {
    if (this.waiter === null) return;
    this.addon.endAwait(this.waiter);
    this.waiter = null;
  }

  private fail(error: unknown): void {
    if (this.closed) return;
    this.close();
    const name = errnoName(error);
    const isLoss = name === 'ENOBUFS' || name === 'EMSGSIZE';
    this.listener.onFault(
      isLoss
        ? lost(name)
        : new DirectorError('SOCKET_FAILED', `netlink: ${name}`, { cause: error }),
    );
  }
}
