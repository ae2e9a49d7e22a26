/** What operators call things: one way to write each, for logs, plans and errors. */
import { formatEndpoint } from '../base/endpoint.ts';
import type { Order } from './drain.ts';
import type { RealServer, ServiceKey, VirtualServer } from './virtual-server.ts';

/** Keys that are kept are looked up by name again and again, and there may be a hundred thousand. */
const known = new WeakMap<ServiceKey, string>();

/** The name of a key that lives longer than this call. */
export function formatService(key: ServiceKey): string {
  const before = known.get(key);
  if (before !== undefined) return before;
  const name = nameOfService(key);
  known.set(key, name);
  return name;
}

/** `10.0.0.1:80 tcp`, `[fd00::1]:80 udp` or `fwmark 7 ipv4`. Unlike keys have unlike names. */
export function nameOfService(key: ServiceKey): string {
  return key.kind === 'fwmark'
    ? `fwmark ${key.mark} ${key.family}`
    : `${formatEndpoint(key.address, key.port)} ${key.protocol}`;
}

/** `10.0.0.1:80 tcp`, or `group web tcp`; of firewall marks alone `group web`. */
export function nameOfVirtualServer({
  keys,
  group,
}: Pick<VirtualServer, 'keys' | 'group'>): string {
  const [first] = keys;
  if (group === null && first !== undefined) return formatService(first);
  const protocol = keys.find(({ kind }) => kind === 'address');
  return protocol?.kind === 'address' ? `group ${group} ${protocol.protocol}` : `group ${group}`;
}

const CHECKSUM_WORDS = { none: '', full: 'csum', remote: 'remcsum' } as const;

/** `NAT`, `DR`, `TUN`, or with what `lvs_method` says besides: `TUN gue port 6080 csum`. */
export function formatForwarding(server: Pick<RealServer, 'forwarding' | 'tunnel'>): string {
  const { forwarding, tunnel } = server;
  const method = forwarding.toUpperCase();
  if (tunnel === null || tunnel.type === 'ipip') return method;
  const port = tunnel.port === 0 ? '' : ` port ${tunnel.port}`;
  return `${method} ${tunnel.type}${port} ${CHECKSUM_WORDS[tunnel.checksum]}`.trimEnd();
}

/** `mh-fallback`, `mh-port`; of a scheduler that gives them no names `flag-1`, `flag-2`, `flag-3`. */
export function namesOfFlags({
  scheduler,
  schedulerFlags: { fallback, port, third },
}: Pick<VirtualServer, 'scheduler' | 'schedulerFlags'>): readonly string[] {
  const isHash = scheduler === 'sh' || scheduler === 'mh';
  return [
    ...(fallback ? [isHash ? `${scheduler}-fallback` : 'flag-1'] : []),
    ...(port ? [isHash ? `${scheduler}-port` : 'flag-2'] : []),
    ...(third ? ['flag-3'] : []),
  ];
}

/** Of a routing table: those that every kernel has go by their names (include/uapi/linux/rtnetlink.h). */
export function nameOfRoutingTable(table: number): string {
  return ROUTING_TABLES[table] ?? String(table);
}

const ROUTING_TABLES: Readonly<Record<number, string>> = {
  253: 'default',
  254: 'main',
  255: 'local',
};

/** Where a real server stands by the order of an operator. */
export function stageOf(order: Order): 'draining' | 'drained' | 'removed' | 'disabled' {
  if (order.kind === 'disable') return 'disabled';
  if (order.ended === null) return 'draining';
  return order.atEnd === 'remove' ? 'removed' : 'drained';
}
