/**
 * The UDP socket of the link between directors: one for an interface and a family. What comes with another hop
 * limit than 255 has crossed a router (RFC 5082), and is not believed. Through the addon: `node:dgram` does not
 * tell hop limits.
 */
import { randomBytes } from 'node:crypto';
import { DirectorError, errnoName } from '../base/error.ts';
import { loadAddon } from './addon.ts';

const HOP_LIMIT = 255;

export interface PeerSocketPlace {
  readonly interface: string;
  readonly interfaceIndex: number;
  readonly group: string | null;
  readonly unicastPeers: readonly string[];
  readonly source: string;
  /** UDP, of both ends. */
  readonly port: number;
}

export interface PeerSocketHandlers {
  onDatagram(octets: Uint8Array, from: string): void;
  /** It was not believed: `hop-limit`, or `unknown-peer` where only named peers speak. */
  onDrop(reason: string): void;
  onError(reason: string): void;
}

export interface OpenPeerSocket {
  send(octets: Uint8Array, to: string | null): void;
  close(): void;
}

/** @throws DirectorError SOCKET_FAILED or ADDON_MISSING */
export function openPeerSocket(
  place: PeerSocketPlace,
  { onDatagram, onDrop, onError }: PeerSocketHandlers,
): OpenPeerSocket {
  const { interface: link, interfaceIndex, group, unicastPeers, source, port } = place;
  const addon = loadAddon();
  let fd: number;
  try {
    fd = addon.openLinkSocket(source, port, link, interfaceIndex, group ?? '');
  } catch (error) {
    throw failed(place, error);
  }
  const all = [...(group === null ? [] : [group]), ...unicastPeers];
  const handle = addon.receive(
    fd,
    (octets, from, _, hopLimit) => {
      if (hopLimit !== HOP_LIMIT) onDrop('hop-limit');
      else if (group === null && !unicastPeers.includes(from)) onDrop('unknown-peer');
      else onDatagram(octets, from);
    },
    onError,
  );
  return {
    send: (octets, to) => {
      for (const address of to === null ? all : [to]) {
        try {
          addon.sendDatagram(fd, octets, address, port);
        } catch (error) {
          onError(errnoName(error));
        }
      }
    },
    close: () => addon.stopReceiving(handle),
  };
}

/** 16 hexadecimal digits that nobody can guess. */
export function newIdentity(): string {
  return randomBytes(8).toString('hex');
}

const HINTS: Readonly<Record<string, string>> = {
  EADDRINUSE:
    'another program has this port: "ss -lnup" tells which; peer_link_port of global_defs names another one',
  EADDRNOTAVAIL: 'the interface does not have this address yet',
};

function failed(
  { interface: link, port }: Pick<PeerSocketPlace, 'interface' | 'port'>,
  cause: unknown,
): DirectorError {
  if (cause instanceof DirectorError) return cause;
  const errno = errnoName(cause);
  const hint = HINTS[errno];
  const details = hint === undefined ? { cause } : { cause, hint };
  return new DirectorError('SOCKET_FAILED', `UDP port ${port} on ${link}: ${errno}`, details);
}
