/** What operators call things: one way to write each, for logs, plans and errors. */
import { formatEndpoint } from '../base/endpoint.ts';
import type { ServiceKey } from './virtual-server.ts';

/** `10.0.0.1:80 tcp`, `[fd00::1]:80 udp` or `fwmark 7 ipv4`. Unlike keys have unlike names. */
export function formatService(key: ServiceKey): string {
  return key.kind === 'fwmark'
    ? `fwmark ${key.mark} ${key.family}`
    : `${formatEndpoint(key.address, key.port)} ${key.protocol}`;
}
