/**
 * npm `netlink`'s socket with its edges taken off. An exception in one of its callbacks aborts the whole
 * process ("terminate called after throwing Napi::Error"), and closing it within one frees what the
 * callback still uses. It hears every process that knows its port.
 *
 * It is for requests only. When a socket overruns while nobody reads, libuv reports EBADF and the library
 * aborts in making an error of it: answers never fill the buffer (netlink.ts), multicast may, and is heard
 * by the addon (network.ts).
 */
import { createRequire } from 'node:module';
import type { RawNetlinkSocket } from 'netlink/dist/raw.js';
import { DirectorError, errnoName } from '../base/error.ts';

/** NETLINK_ROUTE, NETLINK_NETFILTER, NETLINK_GENERIC. */
export const NetlinkProtocol = { route: 0, netfilter: 12, generic: 16 } as const;

/** Asked for; the kernel grants net.core.rmem_max at most. */
const RECEIVE_BUFFER_OCTETS = 4 * 1024 * 1024;

export interface SocketListener {
  /**
   * From the kernel, one or more, each at a multiple of 4; whatever other processes send is dropped. The
   * octets may be used again afterwards.
   */
  onDatagram(datagram: Uint8Array): void;
  /** NETLINK_OVERRUN: datagrams were lost; SOCKET_FAILED: all else. The socket is closed by then. */
  onFault(error: DirectorError): void;
}

export interface NetlinkSocket {
  /**
   * All messages at once; the answer to the one of that sequence number is the last. A failure is a fault.
   * The octets may not be changed before that answer. The listener may be told within the call.
   */
  send(messages: Uint8Array, lastSequence: number): void;
  /** Whether it keeps the process alive; at first it does not. */
  keepAlive(alive: boolean): void;
  /** Nothing is heard of it afterwards. */
  close(): void;
}

export type OpenNetlinkSocket = (protocol: number, listener: SocketListener) => NetlinkSocket;

/** Where the addon's socket serves, the library is never loaded. */
function loadLibrary(): typeof import('netlink/dist/raw.js') {
  return createRequire(import.meta.url)('netlink/dist/raw.js');
}

/** Throws SOCKET_FAILED. */
export const openNetlinkSocket: OpenNetlinkSocket = (protocol, listener) => {
  try {
    return new GuardedSocket(protocol, listener);
  } catch (cause) {
    throw new DirectorError('SOCKET_FAILED', `no netlink socket: ${errnoName(cause)}`, { cause });
  }
};

class GuardedSocket implements NetlinkSocket {
  private readonly raw: RawNetlinkSocket;
  private readonly listener: SocketListener;
  private closed = false;

  constructor(protocol: number, listener: SocketListener) {
    this.listener = listener;
    // By default it measures each datagram before it takes it. Fixed buffers would have to hold the
    // 32 KiB of a dump's part, and Node keeps many: 100 MB more after a thousand small dumps.
    const library = loadLibrary();
    this.raw = new library.RawNetlinkSocket(protocol, {
      recvBufferSize: RECEIVE_BUFFER_OCTETS,
      sendBufferSize: 0, // the default
    });
    this.raw.unref();
    this.raw.on('message', (datagram, { port }) => {
      // Only the kernel has port 0; any process may send to ours.
      if (port === 0) this.tell(() => listener.onDatagram(datagram));
    });
    this.raw.on('truncatedMessage', () => this.fail(lost('a message was cut short')));
    this.raw.on('error', (error) => this.fail(faultOf(error)));
  }

  send(messages: Uint8Array): void {
    try {
      this.raw.send(messages, {}, (error) => {
        if (error) this.fail(faultOf(error));
      });
    } catch (error) {
      this.fail(faultOf(error));
    }
  }

  keepAlive(alive: boolean): void {
    if (this.closed) return;
    if (alive) this.raw.ref();
    else this.raw.unref();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    // Not now: we may be in one of its callbacks.
    setImmediate(() => this.raw.close());
  }

  private fail(error: DirectorError): void {
    this.tell(() => {
      this.close();
      this.listener.onFault(error);
    });
  }

  /** An exception becomes an ordinary crash, with its stack, outside of the native callback. */
  private tell(run: () => void): void {
    if (this.closed) return;
    try {
      run();
    } catch (error) {
      setImmediate(() => {
        throw error;
      });
    }
  }
}

function faultOf(error: unknown): DirectorError {
  const name = errnoName(error);
  if (name === 'ENOBUFS' || name === 'EBADF') return lost(name);
  return new DirectorError('SOCKET_FAILED', `netlink: ${name}`, { cause: error });
}

/** What the kernel sent did not reach us whole. */
export function lost(why: string): DirectorError {
  return new DirectorError('NETLINK_OVERRUN', `messages of the kernel were lost: ${why}`, {
    hint: 'raise net.core.rmem_max if this repeats',
  });
}
