/**
 * Hears the messages of sync daemons on other directors, beside the kernel's own backup daemon. The kernel
 * counts neither messages nor entries, so this is how anybody can know that they come.
 */
import { createSocket, type Socket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { familyOf } from '../base/address.ts';
import { errnoName } from '../base/error.ts';

export interface SyncChannel {
  readonly interface: string;
  readonly group: string;
  /** Each thread of a sync daemon has a port, from this one on. */
  readonly port: number;
  readonly ports: number;
}

export interface SyncListenerEvents {
  onMessage(octets: Uint8Array, source: string): void;
  /** It hears nothing, or no longer. */
  onDeaf(reason: string): void;
}

export interface SyncListener {
  close(): void;
}

/** Opens the sockets in this turn: they belong to the network namespace of the calling thread. */
export function listenForSync(channel: SyncChannel, events: SyncListenerEvents): SyncListener {
  const sockets = Array.from({ length: channel.ports }, (_, at) =>
    listenOn(channel.port + at, channel, events),
  );
  return { close: () => sockets.forEach(hangUp) };
}

function listenOn(port: number, channel: SyncChannel, events: SyncListenerEvents): Socket {
  const { group, interface: link } = channel;
  const family = familyOf(group) === 'ipv4' ? 4 : 6;
  const socket = createSocket({
    type: family === 4 ? 'udp4' : 'udp6',
    // The kernel's daemon has the same port, and allows that.
    reuseAddr: true,
    ipv6Only: family === 6,
    // An address needs no look-up, and without one the socket is made at once.
    lookup: (address, _options, done) => done(null, address, family),
  });
  socket.on('error', (error) => {
    events.onDeaf(errnoName(error));
    hangUp(socket);
  });
  socket.on('message', (octets, { address }) => events.onMessage(octets, address));
  socket.on('listening', () => join(socket, channel, events));
  // A group of one link (ff02::…) is an address only together with the link.
  socket.bind({ port, address: family === 4 ? group : `${group}%${link}` });
  // Whoever only looks on keeps no process alive.
  socket.unref();
  return socket;
}

/** Where the kernel's backup daemon runs it has joined as well; where only the master does, nobody else. */
function join(
  socket: Socket,
  { group, interface: link }: SyncChannel,
  events: SyncListenerEvents,
): void {
  const family = familyOf(group) === 'ipv4' ? 'IPv4' : 'IPv6';
  const own = networkInterfaces()[link]?.find((one) => one.family === family)?.address;
  try {
    if (family === 'IPv6') socket.addMembership(group, `::%${link}`);
    else if (own === undefined) events.onDeaf(`${link} has no IPv4 address`);
    else socket.addMembership(group, own);
  } catch (error) {
    events.onDeaf(errnoName(error));
  }
}

function hangUp(socket: Socket): void {
  try {
    socket.close();
  } catch {
    // It was closed after an error.
  }
}
