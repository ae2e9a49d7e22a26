/** Services and destinations of every kind that we ask the kernel for, for properties. */
import fc from 'fast-check';
import { addressFromBytes } from '../../src/base/address.ts';
import type { Destination, Service, ServiceKey } from '../../src/wire/ipvs.ts';

const arbitraryIpv4 = fc.uint8Array({ minLength: 4, maxLength: 4 }).map(addressFromBytes);
const arbitraryIpv6 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(addressFromBytes);
const arbitraryPort = fc.nat(65535);

export const arbitraryKey: fc.Arbitrary<ServiceKey> = fc.oneof(
  fc.record({
    kind: fc.constant('fwmark' as const),
    family: fc.constantFrom('ipv4' as const, 'ipv6' as const),
    mark: fc.integer({ min: 1, max: 0xffffffff }),
  }),
  ...[
    { family: 'ipv4' as const, address: arbitraryIpv4 },
    { family: 'ipv6' as const, address: arbitraryIpv6 },
  ].map(({ family, address }) =>
    fc.record({
      kind: fc.constant('address' as const),
      family: fc.constant(family),
      protocol: fc.constantFrom('tcp' as const, 'udp' as const, 'sctp' as const),
      address,
      port: arbitraryPort,
    }),
  ),
);

export const arbitraryService: fc.Arbitrary<Service> = arbitraryKey.chain((key) =>
  fc.record({
    key: fc.constant(key),
    scheduler: fc.constantFrom('rr', 'wrr', 'wlc', 'sh', 'mh', 'a-name-of-15-ch'),
    persistent: fc.boolean(),
    onePacket: fc.boolean(),
    schedulerFlags: fc.record({
      fallback: fc.boolean(),
      port: fc.boolean(),
      third: fc.boolean(),
    }),
    timeoutSeconds: fc.nat(2147483),
    granularityBits: fc.integer({ min: 1, max: key.family === 'ipv4' ? 32 : 128 }),
    engine: fc.constantFrom(null, 'sip'),
  }),
);

const arbitraryMethod: fc.Arbitrary<Pick<Destination, 'forwarding' | 'tunnel'>> = fc.oneof(
  fc.record({
    forwarding: fc.constantFrom('nat' as const, 'dr' as const),
    tunnel: fc.constant(null),
  }),
  fc.record({
    forwarding: fc.constant('tun' as const),
    tunnel: fc.record({
      type: fc.constantFrom('ipip' as const, 'gue' as const, 'gre' as const),
      port: arbitraryPort,
      flags: fc.nat(2),
    }),
  }),
);

export const arbitraryDestination: fc.Arbitrary<Destination> = fc
  .record({
    address: fc.oneof(arbitraryIpv4, arbitraryIpv6),
    port: arbitraryPort,
    weight: fc.nat(2147483647),
    upperThreshold: fc.nat(2147483647),
    lowerThreshold: fc.nat(2147483647),
  })
  .chain((rest) => arbitraryMethod.map((method) => ({ ...rest, ...method })));
