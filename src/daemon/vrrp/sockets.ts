/** The sockets that VRRP asks for: of advertisements, on a link or on one with a virtual MAC; of peer directors. */
import { DirectorError, reasonAndHint } from '../../base/error.ts';
import type { Log } from '../../base/log.ts';
import type { Clock } from '../../base/time.ts';
import { Trouble, type TroubleWords } from '../../base/trouble.ts';
import { openVrrpSocket, type VrrpSocketHandlers } from '../../kernel/packets.ts';
import { openPeerSocket } from '../../kernel/peer-socket.ts';
import { openFrameSocket } from '../../kernel/vrrp-frames.ts';
import type { AdvertPort } from '../../vrrp/adverts/ports-adverts.ts';
import type { PeerPort } from '../../vrrp/peers/ports-peers.ts';
import type { KnownLinks } from './links.ts';

const SOCKET: TroubleWords = { level: 'warn', message: 'VRRP socket', over: null };

interface SocketPorts {
  readonly clock: Clock;
  readonly log: Log;
}

/** What is opened throws DirectorError INTERFACE_MISSING where its link is not there. */
export function advertSockets(links: KnownLinks, { clock, log }: SocketPorts): AdvertPort {
  return {
    open(place, onPacket) {
      const link = links.link(place.interface);
      if (link === null) throw missing(place.interface);
      const where = { interface: place.virtual?.link ?? link.name };
      const base = { ...place, interfaceIndex: link.index };
      const trouble = new Trouble({ clock, log }, SOCKET);
      const handlers: VrrpSocketHandlers = {
        onPacket,
        onDrop: (reason) => log.debug({ ...where, reason }, 'packet dropped'),
        onError: (error) => trouble.happened({ ...where, ...reasonAndHint(error) }),
      };
      const { group, virtual } = place;
      if (virtual === null || group === null) return openVrrpSocket(base, handlers);
      const above = links.link(virtual.link);
      const mac = links.macOf(virtual.link);
      if (above === null || mac === null) throw missing(virtual.link);
      const { sendsFromBase } = virtual;
      const options = { base: { ...base, group }, link: { ...above, mac }, sendsFromBase };
      return openFrameSocket(options, handlers);
    },
  };
}

export function peerSockets(log: Log): Pick<PeerPort, 'open'> {
  return {
    open(place, onDatagram) {
      const where = { interface: place.interface };
      return openPeerSocket(place, {
        onDatagram,
        onDrop: (reason) => log.debug({ ...where, reason }, 'datagram of a peer director dropped'),
        onError: (reason) => log.debug({ ...where, reason }, 'link to peer directors'),
      });
    },
  };
}

function missing(link: string): DirectorError {
  return new DirectorError('INTERFACE_MISSING', `there is no interface ${link}`);
}
