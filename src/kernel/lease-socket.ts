/** The UDP socket of the lease: datagrams in and out on one address and port. What cannot be sent is lost. */
import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { familyOf, parseAddress } from '../base/address.ts';
import { formatEndpoint } from '../base/endpoint.ts';
import { DirectorError, errnoName } from '../base/error.ts';

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export interface Datagrams {
  send(octets: Uint8Array, to: Endpoint): void;
  /** The port, also when the kernel has chosen it. */
  readonly port: number;
  close(): void;
}

/** @throws DirectorError SOCKET_FAILED or NOT_PERMITTED. */
export async function openDatagrams(
  { address, port }: Endpoint,
  onDatagram: (octets: Uint8Array, from: Endpoint) => void,
): Promise<Datagrams> {
  const isIpv4 = familyOf(address) === 'ipv4';
  const socket = createSocket({ type: isIpv4 ? 'udp4' : 'udp6', ipv6Only: !isIpv4 });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (error) => reject(failed({ address, port }, error)));
    socket.bind({ address, port }, () => resolve());
  });
  socket.removeAllListeners('error');
  // Such as an ICMP "port unreachable" for what was sent before: nobody waits for it.
  socket.on('error', () => {});
  socket.on('message', (octets, from) => {
    onDatagram(octets, { address: parseAddress(from.address) ?? from.address, port: from.port });
  });
  return {
    send: (octets, to) => socket.send(octets, to.port, to.address, () => {}),
    port: socket.address().port,
    close: () => socket.close(),
  };
}

/** Those of this machine now. */
export function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).flatMap((one) => parseAddress(one.address) ?? []),
  );
}

function failed({ address, port }: Endpoint, cause: unknown): DirectorError {
  const endpoint = formatEndpoint(address, port);
  const errno = errnoName(cause);
  const code = errno === 'EACCES' ? 'NOT_PERMITTED' : 'SOCKET_FAILED';
  return new DirectorError(code, `UDP socket on ${endpoint}: ${errno}`, {
    ...(HINTS[errno] === undefined ? {} : { hint: HINTS[errno] }),
    cause,
  });
}

const HINTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program has this port; "ss -lnup" tells which',
  EADDRNOTAVAIL: 'this host has no such address; "ip address" lists those it has',
  EACCES: 'ports below 1024 are root’s: take a higher one',
};
