/** What operators call things: one way to write each, for logs, plans and errors. */
import { formatEndpoint } from '../base/endpoint.ts';
import type { ServiceKey } from './virtual-server.ts';

/** Keys are looked up by name again and again, and there may be a hundred thousand of them. */
const names = new WeakMap<ServiceKey, string>();

/** `10.0.0.1:80 tcp`, `[fd00::1]:80 udp` or `fwmark 7 ipv4`. Unlike keys have unlike names. */
export function formatService(key: ServiceKey): string {
  const known = names.get(key);
  if (known !== undefined) return known;
  const name =
    key.kind === 'fwmark'
      ? `fwmark ${key.mark} ${key.family}`
      : `${formatEndpoint(key.address, key.port)} ${key.protocol}`;
  names.set(key, name);
  return name;
}
