/**
 * UDP sockets of BFD (RFC 5881 §4): one that hears for each family and port, with the hop limit of what comes;
 * and one that sends for each session, from a port of its own. Through the addon: npm `raw-socket` and
 * `node:dgram` do not tell hop limits.
 */
import { type Family, familyOf } from '../base/address.ts';
import { DirectorError, errnoName } from '../base/error.ts';
import type { Random } from '../base/random.ts';
import { BFD_PORT, BFD_SOURCE_PORT, HOP_LIMIT_MAX } from '../wire/bfd.ts';
import { loadAddon } from './addon.ts';

export interface Datagram {
  readonly source: string;
  readonly destination: string;
  readonly hopLimit: number;
  readonly payload: Uint8Array;
}

export interface BfdListener {
  close(): void;
}

export interface BfdSender {
  /** @throws DirectorError SOCKET_FAILED */
  send(payload: Uint8Array): void;
  close(): void;
}

const ANY: Readonly<Record<Family, string>> = { ipv4: '0.0.0.0', ipv6: '::' };

/** Of 16384; each attempt takes another one. */
const PORT_ATTEMPTS_MAX = 32;

/** @throws DirectorError SOCKET_FAILED or ADDON_MISSING */
export function openBfdListener(
  { family, multihop }: { readonly family: Family; readonly multihop: boolean },
  handlers: {
    onDatagram(datagram: Datagram): void;
    onError(error: DirectorError): void;
  },
): BfdListener {
  const port = portOf(multihop);
  const addon = loadAddon();
  const fd = refusing(`no BFD socket at UDP port ${port}`, () =>
    addon.openDatagramSocket(ANY[family], port, HOP_LIMIT_MAX),
  );
  const handle = addon.receive(
    fd,
    (payload, source, destination, hopLimit) =>
      handlers.onDatagram({ source, destination, hopLimit, payload }),
    (errno) => handlers.onError(failed(`BFD socket at UDP port ${port}`, errno)),
  );
  return { close: () => addon.stopReceiving(handle) };
}

/** @throws DirectorError SOCKET_FAILED or ADDON_MISSING */
export function openBfdSender(
  session: {
    readonly neighbour: string;
    readonly source: string | null;
    readonly multihop: boolean;
    readonly hopLimit: number;
  },
  random: Random,
): BfdSender {
  const { neighbour, source, multihop, hopLimit } = session;
  const address = source ?? ANY[familyOf(neighbour)];
  const addon = loadAddon();
  const fd = refusing(`no BFD socket at ${address}`, () =>
    openAtFreePort(address, hopLimit, random),
  );
  return {
    send: (payload) =>
      refusing(`nothing can be sent to ${neighbour}`, () =>
        addon.sendDatagram(fd, payload, neighbour, portOf(multihop)),
      ),
    close: () => addon.closeDescriptor(fd),
  };
}

function openAtFreePort(address: string, hopLimit: number, random: Random): number {
  const { min, max } = BFD_SOURCE_PORT;
  for (let attempt = 1; ; attempt += 1) {
    const port = min + Math.floor(random() * (max - min + 1));
    try {
      return loadAddon().openDatagramSocket(address, port, hopLimit);
    } catch (error) {
      if (errnoName(error) !== 'EADDRINUSE' || attempt === PORT_ATTEMPTS_MAX) throw error;
    }
  }
}

function portOf(multihop: boolean): number {
  return multihop ? BFD_PORT.multihop : BFD_PORT.singleHop;
}

/** What the kernel throws becomes a refusal. */
function refusing<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof DirectorError ? error : failed(what, error);
  }
}

const HINTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program speaks BFD on this host: stop it, or let it have the sessions',
  EADDRNOTAVAIL: 'source_ip must be an address of this host',
  ENETUNREACH: 'there is no route to it',
};

function failed(what: string, cause: unknown): DirectorError {
  const reason = errnoName(cause);
  const hint = HINTS[reason];
  const details = hint === undefined ? { cause } : { cause, hint };
  return new DirectorError('SOCKET_FAILED', `${what}: ${reason}`, details);
}
