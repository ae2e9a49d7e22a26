/** Which port a server has within a service: the services of one virtual server may have different ones. */
import type { ForwardingMethod, ServiceKey } from './virtual-server.ts';

/** Only NAT can change the port. Of a firewall mark every port may come. */
export function destinationPort(
  key: ServiceKey,
  { forwarding, port }: { readonly forwarding: ForwardingMethod; readonly port: number },
): number {
  const servicePort = key.kind === 'address' ? key.port : 0;
  return forwarding === 'nat' && port !== 0 ? port : servicePort;
}
