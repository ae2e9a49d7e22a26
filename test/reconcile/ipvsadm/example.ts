/**
 * A table with something of everything that ipvsadm prints: the golden files of test/golden/ipvsadm were printed
 * by it (1.31) on a kernel that held this table, and that told these counters of each server in it.
 */
import { familyOf } from '../../../src/base/address.ts';
import type { Destination } from '../../../src/wire/ipvs/destination.ts';
import type { IpvsChange } from '../../../src/wire/ipvs/request.ts';
import type { Protocol, Service, ServiceKey } from '../../../src/wire/ipvs/service.ts';
import type { Statistics } from '../../../src/wire/ipvs/statistics.ts';

export const EXAMPLE_STATISTICS: Statistics = {
  // More than 32 bits, of which ipvsadm shows a real server's lower half.
  connections: 5_000_000_000,
  inPackets: 99_999_999,
  outPackets: 100_000_000,
  inBytes: 999_999_999,
  outBytes: 1_000_000_000,
  connectionsPerSecond: 99_999_999_999,
  inPacketsPerSecond: 100_000_000_000,
  outPacketsPerSecond: 7,
  inBytesPerSecond: 99_999_999_999_999,
  outBytesPerSecond: 100_000_000_000_000,
};

const at = (protocol: Protocol, address: string, port: number): ServiceKey => ({
  kind: 'address',
  family: familyOf(address),
  protocol,
  address,
  port,
});

const mark = (number: number, family: 'ipv4' | 'ipv6'): ServiceKey => ({
  kind: 'fwmark',
  family,
  mark: number,
});

const flags = (fallback: boolean, port: boolean, third = false) => ({ fallback, port, third });

const persistent = (timeoutSeconds: number, granularityBits: number) => ({
  persistent: true,
  timeoutSeconds,
  granularityBits,
});

const tunnel = (type: 'ipip' | 'gue' | 'gre', tunnelFlags = 0): Partial<Destination> => ({
  forwarding: 'tun',
  tunnel: { type, port: type === 'gue' ? 6080 : 0, flags: tunnelFlags },
});

function service(key: ServiceKey, scheduler: string, over: Partial<Service> = {}): IpvsChange {
  const rest = { persistent: false, onePacket: false, timeoutSeconds: 0, engine: null };
  const granularityBits = key.family === 'ipv4' ? 32 : 128;
  const made = { key, scheduler, ...rest, granularityBits, schedulerFlags: flags(false, false) };
  return { do: 'add-service', service: { ...made, ...over } };
}

function server(key: ServiceKey, address: string, over: Partial<Destination> = {}): IpvsChange {
  const rest = { port: 80, forwarding: 'dr', tunnel: null, weight: 1 } as const;
  const thresholds = { upperThreshold: 0, lowerThreshold: 0 };
  return { do: 'add-destination', key, destination: { address, ...rest, ...thresholds, ...over } };
}

const WEB = at('tcp', '10.0.0.1', 80);
const TLS6 = at('tcp', 'fd00::1', 443);
const TUNNELLED = at('tcp', '2001:db8::1', 443);

export const EXAMPLE: readonly IpvsChange[] = [
  service(mark(12, 'ipv4'), 'rr', { onePacket: true }),
  service(mark(0xffff_ffff, 'ipv4'), 'rr'),
  service(mark(7, 'ipv6'), 'rr'),
  server(mark(7, 'ipv6'), 'fd00::3', { port: 0 }),
  service(mark(7, 'ipv4'), 'sh', persistent(360, 24)),
  server(mark(7, 'ipv4'), '10.1.0.3', { port: 0 }),
  service(TLS6, 'mh', { ...persistent(300, 64), schedulerFlags: flags(true, true) }),
  server(TLS6, 'fd00:1234:5678:9abc:def0:1234:5678:9abc', { port: 443 }),
  server(TLS6, '2001:db8::9', { port: 443 }),
  server(TLS6, '10.1.0.9', { port: 443, ...tunnel('ipip') }),
  service(TUNNELLED, 'wlc'),
  server(TUNNELLED, '10.1.0.1', tunnel('gue')),
  server(TUNNELLED, '10.1.0.2', tunnel('gue', 1)),
  server(TUNNELLED, '10.1.0.3', tunnel('gue', 2)),
  server(TUNNELLED, '10.1.0.4', tunnel('gre')),
  server(TUNNELLED, '10.1.0.5', tunnel('gre', 1)),
  service(at('tcp', '::', 80), 'wlc'),
  service(at('tcp', '1::', 80), 'wlc'),
  service(at('tcp', '::102:304', 80), 'wlc'),
  service(at('tcp', '::ffff:102:304', 80), 'wlc'),
  service(at('tcp', '::1:0:2', 80), 'wlc'),
  service(at('tcp', 'fd00:0:1:0:0:2:0:0', 80), 'wlc'),
  service(at('tcp', 'fd00:0:1:2:3:4:5:6', 80), 'wlc', persistent(300, 1)),
  service(at('sctp', '10.0.0.1', 53), 'rr'),
  service(at('udp', '10.0.0.1', 5060), 'rr', { ...persistent(60, 32), engine: 'sip' }),
  service(at('udp', '10.0.0.1', 53), 'rr', { onePacket: true }),
  service(at('udp', '0.0.0.0', 0), 'rr', persistent(2_147_483, 0)),
  service(at('tcp', '10.0.0.2', 8083), 'mh', { schedulerFlags: flags(false, false, true) }),
  service(at('tcp', '10.0.0.2', 8082), 'wlc', { schedulerFlags: flags(true, false, true) }),
  service(at('tcp', '10.0.0.2', 8081), 'sh', {
    ...persistent(300, 24),
    schedulerFlags: flags(false, true),
  }),
  service(at('tcp', '10.0.0.1', 8080), 'mh', {
    ...persistent(300, 32),
    schedulerFlags: flags(true, true),
  }),
  service(WEB, 'wrr'),
  server(WEB, '10.1.0.3', { weight: 2, upperThreshold: 100, lowerThreshold: 50 }),
  server(WEB, '10.1.0.10', { weight: 2 }),
  server(WEB, '10.1.0.3', { port: 8080 }),
  server(WEB, '10.1.0.4', { port: 8080, forwarding: 'nat', weight: 1_234_567_890 }),
  server(WEB, '127.0.0.1', { forwarding: 'local' }),
  server(WEB, '10.1.0.5', { ...tunnel('ipip'), weight: 0 }),
  server(WEB, 'fd00::9', { ...tunnel('ipip'), weight: 0 }),
];
