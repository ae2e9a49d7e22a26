/**
 * Sockets that send and hear VRRP on one interface (raw(7), ip(7), ipv6(7)), by multicast or between peers, plain or
 * in an authentication header: traffic class 0xC0 as the standard and keepalived have it, the hop limit as asked
 * for. The addon makes them; without it npm `raw-socket` does what it can, which is multicast over IPv4.
 */
import { addressBytes, type Family } from '../base/address.ts';
import { DirectorError, errnoName } from '../base/error.ts';
import { decodeIpv4, encodeIpv4Header, IPV4_HEADER_OCTETS, stampIpv4Header } from '../wire/ip.ts';
import { OPEN_FILTER, vrrpFilter } from '../wire/vrrp-filter.ts';
import { type Addon, loadAddon } from './addon.ts';
import { openNpmSocket } from './packets-npm.ts';

export interface VrrpSocketOptions {
  readonly interface: string;
  readonly interfaceIndex: number;
  readonly family: Family;
  /** 112, or 51 for those in an authentication header. */
  readonly protocol: number;
  /** Null: no multicast is heard, and what is sent goes to peers. */
  readonly group: string | null;
}

export interface VrrpDatagram {
  readonly source: string;
  readonly destination: string;
  readonly hopLimit: number;
  /** The IPv4 header; empty over IPv6. */
  readonly header: Uint8Array;
  readonly payload: Uint8Array;
}

export interface VrrpSocketHandlers {
  onPacket(packet: VrrpDatagram): void;
  /** What came is not even IP. */
  onDrop(reason: 'ip-header'): void;
  onError(error: DirectorError): void;
}

export interface VrrpTarget {
  readonly source: string;
  readonly destination: string;
  readonly hopLimit: number;
}

export interface VrrpPath {
  /** The IPv4 header as it is sent with so many octets behind it; empty over IPv6. */
  header(payloadOctets: number, identification: number): Uint8Array;
  /** @throws DirectorError NOT_PERMITTED, SOCKET_FAILED */
  send(payload: Uint8Array, identification: number): void;
}

export interface VrrpSocket {
  path(target: VrrpTarget): VrrpPath;
  /** Only these VRIDs come through, and of multicast only what has passed no router; null: all. */
  filter(vrids: readonly number[] | null): void;
  /** Resolves when what was to be sent has been sent. */
  close(): Promise<void>;
}

const NO_HEADER = new Uint8Array(0);
/** Room for any advertisement over IPv4: 255 addresses, an authentication header and a trailer. */
const PACKET_OCTETS_MAX = 2048;

/** @throws DirectorError NOT_PERMITTED, SOCKET_FAILED or ADDON_MISSING. */
export function openVrrpSocket(
  options: VrrpSocketOptions,
  handlers: VrrpSocketHandlers,
): VrrpSocket {
  const addon = addonFor(options);
  try {
    if (addon === null) return openWithoutAddon(options, handlers);
    return options.family === 'ipv4'
      ? openIpv4(addon, options, handlers)
      : openIpv6(addon, options, handlers);
  } catch (error) {
    throw failed(options, error);
  }
}

function addonFor({ family, group }: VrrpSocketOptions): Addon | null {
  if (family === 'ipv6' || group === null) return loadAddon();
  try {
    return loadAddon();
  } catch {
    return null;
  }
}

function openIpv4(
  addon: Addon,
  options: VrrpSocketOptions,
  handlers: VrrpSocketHandlers,
): VrrpSocket {
  const { protocol, interface: link, interfaceIndex, group } = options;
  const fd = addon.openRawSocket4(protocol, link, interfaceIndex, group ?? '');
  const handle = addon.receive(
    fd,
    (octets) => giveIpv4(octets, handlers),
    (errno) => handlers.onError(failed(options, errno)),
  );
  // One for all paths: it is written and sent in one go.
  const packet = new Uint8Array(PACKET_OCTETS_MAX);
  return {
    path: (target) =>
      pathOf4(packet, { ...target, protocol }, (octets) => {
        // Without a function of its own, as below: this is done for every advertisement.
        try {
          addon.sendPacket4(fd, octets);
        } catch (error) {
          throw failedSend(options.interface, error);
        }
      }),
    filter: (vrids) => telling(options, handlers, () => attach(addon, fd, options, vrids)),
    close: async () => addon.stopReceiving(handle),
  };
}

function giveIpv4(octets: Uint8Array, handlers: VrrpSocketHandlers): void {
  const packet = decodeIpv4(octets);
  if ('drop' in packet) handlers.onDrop(packet.drop);
  else handlers.onPacket(packet);
}

/** Header and payload go into `packet`; views of it, by their length, are made once. */
function pathOf4(
  packet: Uint8Array,
  fields: VrrpTarget & { readonly protocol: number },
  send: (octets: Uint8Array) => void,
): VrrpPath {
  const header = encodeIpv4Header(fields);
  let whole = packet;
  const stamp = (payloadOctets: number, identification: number): Uint8Array => {
    stampIpv4Header(header, { totalOctets: IPV4_HEADER_OCTETS + payloadOctets, identification });
    return header;
  };
  return {
    header: stamp,
    send: (payload, identification) => {
      packet.set(stamp(payload.length, identification));
      packet.set(payload, IPV4_HEADER_OCTETS);
      const octets = IPV4_HEADER_OCTETS + payload.length;
      if (whole.length !== octets) whole = packet.subarray(0, octets);
      send(whole);
    },
  };
}

function openIpv6(
  addon: Addon,
  options: VrrpSocketOptions,
  handlers: VrrpSocketHandlers,
): VrrpSocket {
  const { protocol, interface: link, interfaceIndex, group } = options;
  const fd = addon.openRawSocket6(protocol, link, interfaceIndex, group ?? '');
  const handle = addon.receive(
    fd,
    (payload, source, destination, hopLimit) =>
      handlers.onPacket({ source, destination, hopLimit, header: NO_HEADER, payload }),
    (errno) => handlers.onError(failed(options, errno)),
  );
  return {
    path: ({ source, destination, hopLimit }) => {
      const addresses = Buffer.concat([addressBytes(destination), addressBytes(source)]);
      return {
        header: () => NO_HEADER,
        send: (payload) => {
          try {
            addon.sendDatagram6(fd, payload, addresses, interfaceIndex, hopLimit);
          } catch (error) {
            throw failedSend(options.interface, error);
          }
        },
      };
    },
    filter: (vrids) => telling(options, handlers, () => attach(addon, fd, options, vrids)),
    close: async () => addon.stopReceiving(handle),
  };
}

/** What the kernel refuses is told, and nobody else stops for it. */
function telling(options: VrrpSocketOptions, handlers: VrrpSocketHandlers, work: () => void): void {
  try {
    work();
  } catch (error) {
    handlers.onError(failed(options, error));
  }
}

function attach(
  addon: Addon,
  fd: number,
  { family, protocol, group }: VrrpSocketOptions,
  vrids: readonly number[] | null,
): void {
  const unicast = group === null;
  const program = vrids === null ? OPEN_FILTER : vrrpFilter({ family, protocol, unicast, vrids });
  addon.attachFilter(fd, program);
}

function openWithoutAddon(options: VrrpSocketOptions, handlers: VrrpSocketHandlers): VrrpSocket {
  const { protocol, interface: link, interfaceIndex, group } = options;
  const socket = openNpmSocket(
    { protocol, interface: link, interfaceIndex, group: group ?? '' },
    {
      onOctets: (octets) => giveIpv4(octets, handlers),
      onError: (error) => handlers.onError(failed(options, error)),
    },
  );
  const packet = new Uint8Array(PACKET_OCTETS_MAX);
  return {
    path: (target) =>
      pathOf4(packet, { ...target, protocol }, (octets) => {
        try {
          socket.send(octets, target.destination);
        } catch (error) {
          throw failedSend(options.interface, error);
        }
      }),
    filter: () => {},
    close: () => socket.close(),
  };
}

function failed({ interface: link }: VrrpSocketOptions, cause: unknown): DirectorError {
  return failedSocket(link, cause);
}

/** What the kernel refuses becomes an error that names the interface. */
export function failedSocket(link: string, cause: unknown): DirectorError {
  if (cause instanceof DirectorError) return cause;
  if (isNotPermitted(cause)) {
    return new DirectorError('NOT_PERMITTED', `no VRRP socket on ${link}: CAP_NET_RAW is missing`, {
      hint: 'run as root, or grant the capability',
      cause,
    });
  }
  return new DirectorError('SOCKET_FAILED', `VRRP socket on ${link}: ${errnoName(cause)}`, {
    cause,
  });
}

const FILTERED =
  'a packet filter of this machine drops it on its way out ("nft list ruleset", "iptables -S OUTPUT"), or a security module keeps lvsd from it (CAP_NET_RAW)';
/** What an operator can do about a packet that the kernel did not take. */
const SEND_HINTS: Readonly<Record<string, string>> = {
  EPERM: FILTERED,
  EACCES: 'a route to it is one that prohibits: "ip route get" asks the kernel',
  ENOBUFS: 'the queue of the interface is full: "tc -s qdisc show" tells what is dropped',
  ENETDOWN: 'the interface is down',
  ENETUNREACH: 'there is no route to it: "ip route get" asks the kernel',
  EHOSTUNREACH: 'there is no way to it: "ip route get" asks the kernel',
  EADDRNOTAVAIL: 'the interface does not have the source address any more',
};

/** The same of a packet. Whoever has a socket had the capability: a packet filter says EPERM, too. */
export function failedSend(link: string, cause: unknown): DirectorError {
  if (cause instanceof DirectorError) return cause;
  const reason = errnoName(cause);
  const code = isNotPermitted(cause) ? 'NOT_PERMITTED' : 'SOCKET_FAILED';
  const hint = SEND_HINTS[reason] ?? (code === 'NOT_PERMITTED' ? FILTERED : undefined);
  const details = hint === undefined ? { cause } : { cause, hint };
  return new DirectorError(code, `VRRP on ${link}: what is sent is refused (${reason})`, details);
}

function isNotPermitted(cause: unknown): boolean {
  return /not permitted|EPERM|EACCES/i.test(errnoName(cause));
}
