/** Which port a server has within a service: the services of one virtual server may have different ones. */
import type { ForwardingMethod, ServiceKey } from './virtual-server.ts';

/** Only NAT can change the port. 0 is the one that the client asked for, as in a service of every port. */
export function destinationPort(
  key: ServiceKey,
  { forwarding, port }: { readonly forwarding: ForwardingMethod; readonly port: number },
): number {
  if (forwarding === 'nat') return port;
  return key.kind === 'address' ? key.port : 0;
}
