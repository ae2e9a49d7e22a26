/** The golden files were printed by ipvsadm 1.31 on user-mode Linux 6.1. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { familyOf } from '../../src/base/address.ts';
import { type IpvsadmView, renderIpvsadm } from '../../src/reconcile/render-ipvsadm.ts';
import type { Destination } from '../../src/wire/ipvs/destination.ts';
import type { Protocol, Service, ServiceKey } from '../../src/wire/ipvs/service.ts';
import { columnsOf, SimulatedIpvs } from '../world/ipvs.ts';

const INFO = { version: '1.2.1', tableSize: 4096 };

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
const persistent = (timeoutSeconds: number) => ({ persistent: true, timeoutSeconds });

function textOf(pieces: Iterable<Uint8Array>): string {
  let text = '';
  for (const piece of pieces) text += Buffer.from(piece).toString();
  return text;
}

function held(): SimulatedIpvs {
  const ipvs = new SimulatedIpvs();
  const service = (key: ServiceKey, scheduler: string, over: Partial<Service> = {}): void => {
    const rest = { persistent: false, onePacket: false, timeoutSeconds: 0, engine: null };
    const granularityBits = key.family === 'ipv4' ? 32 : 128;
    const schedulerFlags = flags(false, false);
    const made = { key, scheduler, ...rest, granularityBits, schedulerFlags, ...over };
    expect(ipvs.make({ do: 'add-service', service: made })).toEqual({ done: true });
  };
  const server = (key: ServiceKey, address: string, over: Partial<Destination> = {}): void => {
    const rest = { port: 80, forwarding: 'dr', tunnel: null, weight: 1 } as const;
    const thresholds = { upperThreshold: 0, lowerThreshold: 0 };
    const destination = { address, ...rest, ...thresholds, ...over };
    expect(ipvs.make({ do: 'add-destination', key, destination })).toEqual({ done: true });
  };
  const tun = { forwarding: 'tun', tunnel: { type: 'ipip', port: 0, flags: 0 } } as const;
  const [web, tls6] = [at('tcp', '10.0.0.1', 80), at('tcp', 'fd00::1', 443)];

  service(mark(12, 'ipv4'), 'rr', { onePacket: true });
  service(mark(7, 'ipv6'), 'rr');
  server(mark(7, 'ipv6'), 'fd00::3', { port: 0 });
  service(mark(7, 'ipv4'), 'sh', { ...persistent(360), granularityBits: 24 });
  server(mark(7, 'ipv4'), '10.1.0.3', { port: 0 });
  service(tls6, 'mh', {
    ...persistent(300),
    granularityBits: 64,
    schedulerFlags: flags(true, true),
  });
  server(tls6, 'fd00:1234:5678:9abc:def0:1234:5678:9abc', { port: 443 });
  server(tls6, '10.1.0.9', { port: 443, ...tun });
  service(at('sctp', '10.0.0.1', 53), 'rr');
  service(at('udp', '10.0.0.1', 5060), 'rr', { ...persistent(60), engine: 'sip' });
  service(at('udp', '10.0.0.1', 53), 'rr', { onePacket: true });
  service(at('tcp', '10.0.0.2', 8082), 'wlc', { schedulerFlags: flags(true, false, true) });
  service(at('tcp', '10.0.0.2', 8081), 'sh', {
    ...persistent(300),
    granularityBits: 24,
    schedulerFlags: flags(false, true),
  });
  service(at('tcp', '10.0.0.1', 8080), 'mh', {
    ...persistent(300),
    schedulerFlags: flags(true, true),
  });
  service(web, 'wrr');
  server(web, '10.1.0.3', { weight: 2 });
  server(web, '10.1.0.10', { weight: 2 });
  server(web, '10.1.0.4', { port: 8080, forwarding: 'nat', weight: 1234567890 });
  server(web, '10.1.0.5', { ...tun, weight: 0 });
  server(web, 'fd00::9', { ...tun, weight: 0 });
  return ipvs;
}

describe('the table as ipvsadm prints it', () => {
  test.each<IpvsadmView>(['forwarding', 'thresholds', 'persistent-connections'])('%s', (view) => {
    const golden = new URL(`../golden/ipvsadm/${view}.txt`, import.meta.url);
    const text = textOf(renderIpvsadm(INFO, columnsOf(held().table()), view));
    expect(text).toBe(readFileSync(golden, 'utf8'));
  });

  test('grows as the table does', () => {
    const ipvs = new SimulatedIpvs();
    const key = at('tcp', '10.0.0.1', 80);
    const rest = { persistent: false, onePacket: false, timeoutSeconds: 0, engine: null };
    const schedulerFlags = flags(false, false);
    const service = { key, scheduler: 'rr', ...rest, granularityBits: 32, schedulerFlags };
    ipvs.make({ do: 'add-service', service });
    for (let host = 0; host < 5000; host += 1) {
      const address = `10.1.${host >> 8}.${host & 0xff}`;
      const method = { port: 80, forwarding: 'dr', tunnel: null, weight: 1 } as const;
      const destination = { address, ...method, upperThreshold: 0, lowerThreshold: 0 };
      ipvs.make({ do: 'add-destination', key, destination });
    }
    const lines = textOf(renderIpvsadm(INFO, columnsOf(ipvs.table()))).split('\n');
    expect(lines).toHaveLength(3 + 1 + 5000 + 1);
    expect(lines.at(-2)).toBe(
      '  -> 10.1.19.135:80               Route   1      0          0         ',
    );
  });
});
