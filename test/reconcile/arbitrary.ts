/** Tables over few names, so that desired and actual ones meet often. */
import fc from 'fast-check';
import type { Destination, IpvsTable, Service, ServiceEntry } from '../../src/model/ipvs-table.ts';
import { formatService } from '../../src/model/names.ts';
import type { ServiceKey } from '../../src/model/virtual-server.ts';

export const KEYS: readonly ServiceKey[] = [
  { kind: 'address', family: 'ipv4', protocol: 'tcp', address: '10.0.0.1', port: 80 },
  { kind: 'address', family: 'ipv4', protocol: 'udp', address: '10.0.0.1', port: 80 },
  { kind: 'address', family: 'ipv6', protocol: 'tcp', address: 'fd00::1', port: 0 },
  { kind: 'fwmark', family: 'ipv4', mark: 7 },
  { kind: 'fwmark', family: 'ipv6', mark: 7 },
];

const arbitraryService = (key: ServiceKey): fc.Arbitrary<Service> =>
  fc.record({
    key: fc.constant(key),
    scheduler: fc.constantFrom('rr', 'wrr', 'mh'),
    persistent: fc.boolean(),
    onePacket: fc.constant(false),
    schedulerFlags: fc.record({
      fallback: fc.boolean(),
      port: fc.constant(false),
      third: fc.constant(false),
    }),
    timeoutSeconds: fc.constantFrom(0, 360),
    granularityBits: fc.constantFrom(24, 32),
    engine: fc.constant(null),
  });

const arbitraryDestinations = (key: ServiceKey): fc.Arbitrary<readonly Destination[]> =>
  fc.uniqueArray(
    fc.record({
      address: fc.constantFrom(
        ...[1, 2, 3, 4].map((host) => (key.family === 'ipv4' ? `10.1.0.${host}` : `fd01::${host}`)),
      ),
      port: fc.constantFrom(80, 8080),
      forwarding: fc.constantFrom('nat' as const, 'dr'),
      tunnel: fc.constant(null),
      weight: fc.nat(3),
      upperThreshold: fc.constantFrom(0, 10),
      lowerThreshold: fc.constant(0),
    }),
    { selector: ({ address, port }) => `${address} ${port}`, maxLength: 5 },
  );

const arbitraryEntry: fc.Arbitrary<ServiceEntry> = fc
  .constantFrom(...KEYS)
  .chain((key) =>
    fc.record({ service: arbitraryService(key), destinations: arbitraryDestinations(key) }),
  );

export const arbitraryTable: fc.Arbitrary<IpvsTable> = fc.record({
  services: fc.uniqueArray(arbitraryEntry, {
    selector: ({ service }) => formatService(service.key),
    maxLength: KEYS.length,
  }),
});

export const arbitraryKeys: fc.Arbitrary<readonly ServiceKey[]> = fc.subarray([...KEYS]);

/** A table in an order of its own, for comparison: neither order means anything. */
export function sorted(table: IpvsTable): IpvsTable {
  const services = table.services.map(({ service, destinations }) => ({
    service,
    destinations: destinations.toSorted((a, b) => order(nameOf(a), nameOf(b))),
  }));
  return {
    services: services.toSorted((a, b) =>
      order(formatService(a.service.key), formatService(b.service.key)),
    ),
  };
}

function nameOf({ address, port }: Destination): string {
  return `${address} ${port}`;
}

function order(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
