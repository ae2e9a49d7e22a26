/** Addresses and ports of servers. */
import { whyNoHost } from '../../base/address.ts';
import type { ForwardingMethod } from '../../model/virtual-server.ts';
import type { Reports } from '../diagnostics/diagnostic.ts';
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
 * True: the kernel would refuse it (EINVAL: net/netfilter/ipvs/ip_vs_ctl.c), which is told. Of link-local addresses it
 * takes those of this host only: it has no interface to go with the others.
 */
export function tellNoHost(
  { address }: Endpoint,
  what: 'real server' | 'sorry server',
  where: Labelled,
  reports: Reports,
): boolean {
  const isLinkLocal = address.startsWith('fe') && LINK_LOCAL.test(address);
  const why = isLinkLocal ? 'link-local' : whyNoHost(address);
  if (why === null) return false;
  reports.add({
    code: 'bad-value',
    span: addressSpan(where),
    message: `${address} cannot be a ${what}: it is ${ARTICLE[why]} ${why} address`,
    hint: isLinkLocal
      ? 'write another address of it: a global one, or one of fd00::/8'
      : 'write the address of one host',
  });
  return true;
}

const ARTICLE = { 'link-local': 'a', multicast: 'a', broadcast: 'a', unspecified: 'an' } as const;

/** DR and TUN cannot change the port: the real server is sent what the client sent. */
export function portFor(
  forwarding: ForwardingMethod,
  { port }: Endpoint,
  { group, ports, firstPort }: Services,
  where: Labelled,
  reports: Reports,
): number {
  const only = ports.size > 1 ? 0 : firstPort;
  if (forwarding === 'nat') return port === 0 && group === null ? only : port;
  if (port !== 0 && ports.size > 0 && !ports.has(port)) {
    const used = ports.size > 1 ? 'that of each service' : String(only);
    reports.add({
      code: 'port-ignored',
      span: where.label[1]?.span ?? where.span,
      message: `${forwarding.toUpperCase()} cannot change the port: ${used} is used instead of ${port}`,
      hint: 'write the port of the virtual server, or use NAT',
    });
  }
  return only;
}

/** Where a server has its address. */
export function addressSpan({ label, span }: Labelled): Span {
  return label[0]?.span ?? span;
}
