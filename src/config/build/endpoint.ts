/** Addresses and ports of servers, and how packets are forwarded to them. */
import { parseAddress } from '../../base/address.ts';
import type { ForwardingMethod, ServiceKey } from '../../model/virtual-server.ts';
import type { Reports } from '../diagnostics/diagnostic.ts';
import type { Span } from '../text/source.ts';
import type { Section } from '../values/section.ts';
import type { Unread } from '../values/value.ts';

const METHODS: Readonly<Record<string, ForwardingMethod>> = { NAT: 'nat', DR: 'dr', TUN: 'tun' };
const PORT_MAX = 65_535;

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** `IP [PORT]`; without port, or 0: every port. Null: they are not, which has been told. */
export function endpointOf(addressText: string, portText: string): Endpoint | null {
  const address = parseAddress(addressText);
  const port = Number(portText || 0);
  return address !== null && port >= 0 && port <= PORT_MAX ? { address, port } : null;
}

/** The forwarding method that a section names, or null. */
export function methodIn(
  section: Section,
  name: 'lvs_method' | 'sorry_server_lvs_method',
): ForwardingMethod | null {
  const [word] = section.words(name);
  return word === undefined ? null : (METHODS[word.text] ?? null);
}

/** DR and TUN cannot change the port: the real server is sent what the client sent. */
export function portFor(
  forwarding: ForwardingMethod,
  { port }: Endpoint,
  key: ServiceKey,
  placeOfPort: () => Span,
  reports: Reports,
): number {
  const servicePort = key.kind === 'address' ? key.port : 0;
  if (forwarding === 'nat') return port === 0 ? servicePort : port;
  if (port !== servicePort && port !== 0 && key.kind === 'address') {
    reports.add({
      code: 'port-ignored',
      span: placeOfPort(),
      message: `${forwarding.toUpperCase()} cannot change the port: ${servicePort} is used instead of ${port}`,
      hint: 'write the port of the virtual server, or use NAT',
    });
  }
  return servicePort;
}

/** Where a server has its address. */
export function addressSpan({ label, span }: Unread): Span {
  return label[0]?.span ?? span;
}
