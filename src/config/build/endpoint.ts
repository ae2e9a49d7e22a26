/** Addresses and ports of servers. */
import { whyNoHost } from '../../base/address.ts';
import type { ForwardingMethod } from '../../model/virtual-server.ts';
import type { Reports } from '../diagnostics/reports.ts';
import type { Word } from '../text/ast.ts';
import type { Span } from '../text/source.ts';
import type { Endpoint } from '../values/endpoint.ts';
import type { Services } from './services.ts';

/** fe80::/10 (RFC 4291 §2.5.6), of addresses as they are written here. */
const LINK_LOCAL = /^fe[89ab][0-9a-f]:/;

/** Where a server is named: address and port are the first two words. */
export interface Labelled {
  readonly label: readonly Word[];
  /** Of whoever names it. */
  readonly span: Span;
}

/**
 * Why the kernel would refuse an address (EINVAL: net/netfilter/ipvs/ip_vs_ctl.c); null: it would not. Of link-local
 * addresses it takes those of this host only: it has no interface to go with the others.
 */
export function whyNoServer(address: string): keyof typeof ARTICLE | null {
  if (address.startsWith('fe') && LINK_LOCAL.test(address)) return 'link-local';
  return whyNoHost(address);
}

/** True: the kernel would refuse it, which is told. */
export function tellNoHost(
  { address }: Endpoint,
  what: 'real server' | 'sorry server',
  where: Labelled,
  reports: Reports,
): boolean {
  const why = whyNoServer(address);
  if (why === null) return false;
  reports.add({
    code: 'bad-value',
    span: addressSpan(where),
    message: `${address} cannot be a ${what}: it is ${ARTICLE[why]} ${why} address`,
    hint:
      why === 'link-local'
        ? 'write another address of it: a global one, or one of fd00::/8'
        : 'write the address of one host',
  });
  return true;
}

const ARTICLE = { 'link-local': 'a', multicast: 'a', broadcast: 'a', unspecified: 'an' } as const;

/** DR and TUN cannot change the port: the real server is sent what the client sent. */
export function portFor(
  forwarding: ForwardingMethod,
  port: number,
  { group, ports, firstPort }: Services,
): number {
  const only = ports.size > 1 ? 0 : firstPort;
  return forwarding === 'nat' && (port !== 0 || group !== null) ? port : only;
}

export function isPortIgnored(
  forwarding: ForwardingMethod,
  port: number,
  { ports }: Services,
): boolean {
  return forwarding !== 'nat' && port !== 0 && ports.size > 0 && !ports.has(port);
}

export function tellPortIgnored(
  forwarding: ForwardingMethod,
  port: number,
  { ports, firstPort }: Services,
  where: Labelled,
  reports: Reports,
): void {
  const used = ports.size > 1 ? 'that of each service' : String(firstPort);
  reports.add({
    code: 'port-ignored',
    span: where.label[1]?.span ?? where.span,
    message: `${forwarding.toUpperCase()} cannot change the port: ${used} is used instead of ${port}`,
    hint: 'write the port of the virtual server, or use NAT',
  });
}

/** Where a server has its address. */
export function addressSpan({ label, span }: Labelled): Span {
  return label[0]?.span ?? span;
}
