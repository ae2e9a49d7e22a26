/** `sorry_server`: who serves while the quorum is lost. */
import { familyOf } from '../../base/address.ts';
import type { SorryServer } from '../../model/virtual-server.ts';
import type { Reports } from '../diagnostics/reports.ts';
import { endpointOf } from '../values/endpoint.ts';
import type { Section } from '../values/section.ts';
import { addressSpan, isPortIgnored, portFor, tellNoHost, tellPortIgnored } from './endpoint.ts';
import { type Forwarding, forwardingIn } from './forwarding.ts';
import { tellOtherFamily } from './real-servers.ts';
import type { Services } from './services.ts';

export function readSorryServer(
  section: Section,
  services: Services,
  ofServer: Forwarding,
  reports: Reports,
): SorryServer | null {
  if (!section.has('sorry_server')) return null;
  const label = section.words('sorry_server');
  const where = { label, span: section.span };
  const [address, port] = label;
  const endpoint = endpointOf(address?.text ?? '', port?.text ?? '');
  if (endpoint === null) return null;
  if (tellNoHost(endpoint, 'sorry server', where, reports)) return null;
  const own = forwardingIn(section, 'sorry_server_lvs_method', reports);
  const { forwarding, tunnel } = own ?? ofServer;
  if (forwarding !== 'tun' && familyOf(endpoint.address) !== services.family) {
    tellOtherFamily(endpoint.address, services, addressSpan(where), reports);
    return null;
  }
  if (isPortIgnored(forwarding, endpoint.port, services)) {
    tellPortIgnored(forwarding, endpoint.port, services, where, reports);
  }
  return {
    address: endpoint.address,
    port: portFor(forwarding, endpoint.port, services),
    forwarding,
    tunnel,
    inhibit: section.has('sorry_server_inhibit'),
  };
}
