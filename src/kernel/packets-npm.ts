/** A raw IPv4 socket of npm `raw-socket`, for machines on which the addon could not be built. */
import { createRequire } from 'node:module';
import { addressBytes } from '../base/address.ts';
import { hostIsLittleEndian } from '../base/bytes.ts';

export interface NpmSocketOptions {
  readonly protocol: number;
  readonly interface: string;
  readonly interfaceIndex: number;
  readonly group: string;
}

export interface NpmSocket {
  /** A packet with its IP header. @throws what became of one before: npm `raw-socket` tells it afterwards. */
  send(packet: Uint8Array, destination: string): void;
  /** Resolves when what was to be sent has been sent. */
  close(): Promise<void>;
}

/** What is used of npm raw-socket. */
interface RawSocket {
  on(event: 'message', listener: (octets: Buffer, source: string) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  setOption(level: number, option: number, value: Buffer | number, length?: number): void;
  send(
    octets: Buffer,
    offset: number,
    length: number,
    address: string,
    done: (error: Error | null) => void,
  ): void;
  close(): void;
}

interface RawSocketModule {
  createSocket(options: { addressFamily: number; protocol: number; bufferSize: number }): RawSocket;
}

/** Of the kernel's headers asm-generic/socket.h and linux/in.h. */
const SOL_SOCKET = 1;
const SO_BINDTODEVICE = 25;
const IPPROTO_IP = 0;
const IP_HDRINCL = 3;
const IP_MULTICAST_IF = 32;
const IP_MULTICAST_LOOP = 34;
const IP_ADD_MEMBERSHIP = 35;

/**
 * Sockets that are open. npm `raw-socket` does not hold its object while something waits to be sent: the
 * collector would take both, and the last advertisement of a master with them.
 */
const openSockets = new Set<RawSocket>();

const AF_IPV4 = 1;
const DATAGRAM_OCTETS_MAX = 2048;

export function openNpmSocket(
  options: NpmSocketOptions,
  handlers: { onOctets(octets: Uint8Array): void; onError(error: Error): void },
): NpmSocket {
  const socket = openRaw(options);
  openSockets.add(socket);
  socket.on('message', (octets) => handlers.onOctets(octets));
  socket.on('error', (error) => handlers.onError(error));
  let sending = 0;
  let refusal: Error | null = null;
  let whenSent = (): void => {};
  return {
    send: (packet, destination) => {
      // It is sent in a later turn, and the packet is the caller's.
      const octets = Buffer.from(packet);
      sending += 1;
      socket.send(octets, 0, octets.length, destination, (error) => {
        sending -= 1;
        if (sending === 0) whenSent();
        if (error instanceof Error) refusal = error;
      });
      if (refusal === null) return;
      const told = refusal;
      refusal = null;
      throw told;
    },
    close: async () => {
      const sent = new Promise<void>((resolve) => {
        whenSent = resolve;
      });
      if (sending > 0) await sent;
      socket.close();
      openSockets.delete(socket);
    },
  };
}

function openRaw(options: NpmSocketOptions): RawSocket {
  const require = createRequire(import.meta.url);
  const raw = require('raw-socket') as RawSocketModule;
  const socket = raw.createSocket({
    addressFamily: AF_IPV4,
    protocol: options.protocol,
    bufferSize: DATAGRAM_OCTETS_MAX,
  });
  try {
    setUp(socket, options);
  } catch (error) {
    socket.close();
    throw error;
  }
  return socket;
}

function setUp(socket: RawSocket, options: NpmSocketOptions): void {
  const device = Buffer.from(`${options.interface}\0`);
  socket.setOption(SOL_SOCKET, SO_BINDTODEVICE, device, device.length);
  socket.setOption(IPPROTO_IP, IP_HDRINCL, 1);
  const membership = multicastRequest(options.group, options.interfaceIndex);
  socket.setOption(IPPROTO_IP, IP_ADD_MEMBERSHIP, membership, membership.length);
  const outgoing = multicastRequest('0.0.0.0', options.interfaceIndex);
  socket.setOption(IPPROTO_IP, IP_MULTICAST_IF, outgoing, outgoing.length);
  socket.setOption(IPPROTO_IP, IP_MULTICAST_LOOP, 0);
}

/** struct ip_mreqn: group, no address, interface index in host order. */
function multicastRequest(group: string, interfaceIndex: number): Buffer {
  const request = Buffer.alloc(12);
  request.set(addressBytes(group), 0);
  if (hostIsLittleEndian) request.writeInt32LE(interfaceIndex, 8);
  else request.writeInt32BE(interfaceIndex, 8);
  return request;
}
