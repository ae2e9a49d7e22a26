/**
 * Sockets that send and hear VRRP on one interface (raw(7), ip(7), ipv6(7)): multicast group joined, hop
 * limit 255, traffic class 0xC0 as the standard and keepalived have it. IPv4 through npm `raw-socket`;
 * IPv6, whose header never comes with a datagram, through the addon, which tells the hop limit.
 */
import { createRequire } from 'node:module';
import { addressBytes, familyOf } from '../base/address.ts';
import { hostIsLittleEndian } from '../base/bytes.ts';
import { DirectorError, errnoName } from '../base/error.ts';
import { decodeIpv4 } from '../wire/ip.ts';
import { VRRP_PROTOCOL } from '../wire/vrrp.ts';
import { loadAddon } from './addon.ts';

export interface VrrpSocketOptions {
  readonly interface: string;
  readonly interfaceIndex: number;
  readonly group: string;
  /** Source address of what is sent, of the family of the group. */
  readonly source: string;
}

export interface VrrpDatagram {
  readonly source: string;
  readonly destination: string;
  readonly hopLimit: number;
  readonly payload: Uint8Array;
}

export interface VrrpSocketHandlers {
  onPacket(packet: VrrpDatagram): void;
  /** What came is not even IP. */
  onDrop(reason: 'ip-header'): void;
  onError(error: DirectorError): void;
}

export interface VrrpSocket {
  send(payload: Uint8Array): void;
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
const IP_TOS = 1;
const IP_MULTICAST_IF = 32;
const IP_MULTICAST_TTL = 33;
const IP_MULTICAST_LOOP = 34;
const IP_ADD_MEMBERSHIP = 35;

/**
 * Sockets that are open. npm `raw-socket` does not hold its object while something waits to be sent: the
 * collector would take both, and the last advertisement of a master with them.
 */
const openSockets = new Set<RawSocket>();

const AF_IPV4 = 1;
/** Class selector 6, network control. */
const TOS = 0xc0;
const TTL = 255;
const DATAGRAM_OCTETS_MAX = 2048;

/** @throws DirectorError NOT_PERMITTED, SOCKET_FAILED or, for IPv6, ADDON_MISSING. */
export function openVrrpSocket(
  options: VrrpSocketOptions,
  handlers: VrrpSocketHandlers,
): VrrpSocket {
  const isIpv4 = familyOf(options.group) === 'ipv4';
  return isIpv4 ? openIpv4(options, handlers) : openIpv6(options, handlers);
}

function openIpv6(options: VrrpSocketOptions, handlers: VrrpSocketHandlers): VrrpSocket {
  const { interface: link, interfaceIndex, group, source } = options;
  const addon = loadAddon();
  const fd = refusing(options, () =>
    addon.openRawSocket6(VRRP_PROTOCOL, link, interfaceIndex, group),
  );
  const handle = addon.receive(
    fd,
    (payload, from, destination, hopLimit) =>
      handlers.onPacket({ source: from, destination, hopLimit, payload }),
    (errno) => handlers.onError(failed(options, errno)),
  );
  return {
    send: (payload) => {
      try {
        addon.sendDatagram6(fd, payload, group, source, interfaceIndex);
      } catch (error) {
        handlers.onError(failed(options, error));
      }
    },
    close: async () => addon.stopReceiving(handle),
  };
}

function openIpv4(options: VrrpSocketOptions, handlers: VrrpSocketHandlers): VrrpSocket {
  const socket = refusing(options, () => openRaw(options));
  openSockets.add(socket);
  socket.on('message', (octets) => {
    const packet = decodeIpv4(octets);
    if ('drop' in packet) handlers.onDrop(packet.drop);
    else handlers.onPacket(packet);
  });
  socket.on('error', (error) => handlers.onError(failed(options, error)));
  let sending = 0;
  let whenSent = (): void => {};
  return {
    send: (payload) => {
      const octets = Buffer.from(payload);
      sending += 1;
      socket.send(octets, 0, octets.length, options.group, (error) => {
        sending -= 1;
        if (sending === 0) whenSent();
        if (error instanceof Error) handlers.onError(failed(options, error));
      });
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

/** What the kernel throws becomes a refusal that names the interface. */
function refusing<T>(options: VrrpSocketOptions, open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw failed(options, error);
  }
}

function openRaw(options: VrrpSocketOptions): RawSocket {
  const require = createRequire(import.meta.url);
  const raw = require('raw-socket') as RawSocketModule;
  const socket = raw.createSocket({
    addressFamily: AF_IPV4,
    protocol: VRRP_PROTOCOL,
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

function setUp(socket: RawSocket, options: VrrpSocketOptions): void {
  const device = Buffer.from(`${options.interface}\0`);
  socket.setOption(SOL_SOCKET, SO_BINDTODEVICE, device, device.length);
  const membership = multicastRequest(options.group, '0.0.0.0', options.interfaceIndex);
  socket.setOption(IPPROTO_IP, IP_ADD_MEMBERSHIP, membership, membership.length);
  // With an address in it the kernel sends from that address.
  const outgoing = multicastRequest('0.0.0.0', options.source, options.interfaceIndex);
  socket.setOption(IPPROTO_IP, IP_MULTICAST_IF, outgoing, outgoing.length);
  socket.setOption(IPPROTO_IP, IP_MULTICAST_TTL, TTL);
  socket.setOption(IPPROTO_IP, IP_MULTICAST_LOOP, 0);
  socket.setOption(IPPROTO_IP, IP_TOS, TOS);
}

/** struct ip_mreqn: group, address, interface index in host order. */
function multicastRequest(group: string, address: string, interfaceIndex: number): Buffer {
  const request = Buffer.alloc(12);
  request.set(addressBytes(group), 0);
  request.set(addressBytes(address), 4);
  if (hostIsLittleEndian) request.writeInt32LE(interfaceIndex, 8);
  else request.writeInt32BE(interfaceIndex, 8);
  return request;
}

function failed({ interface: link }: VrrpSocketOptions, cause: unknown): DirectorError {
  const reason = errnoName(cause);
  if (/not permitted|EPERM|EACCES/i.test(reason)) {
    return new DirectorError('NOT_PERMITTED', `no VRRP socket on ${link}: CAP_NET_RAW is missing`, {
      hint: 'run as root, or grant the capability',
      cause,
    });
  }
  return new DirectorError('SOCKET_FAILED', `VRRP socket on ${link}: ${reason}`, { cause });
}
