/** Everything of every kind that IPVS is asked for and tells of, for properties. */
import fc from 'fast-check';
import { addressFromBytes } from '../../../src/base/address.ts';
import type { SyncDaemon } from '../../../src/wire/ipvs/daemon.ts';
import type { Destination } from '../../../src/wire/ipvs/destination.ts';
import type { DestinationState, ServiceState } from '../../../src/wire/ipvs/reply.ts';
import type { IpvsRequest } from '../../../src/wire/ipvs/request.ts';
import type { Service, ServiceKey } from '../../../src/wire/ipvs/service.ts';
import type { Timeouts } from '../../../src/wire/ipvs/settings.ts';
import type { Statistics } from '../../../src/wire/ipvs/statistics.ts';

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
    scheduler: fc.constantFrom('rr', 'wrr', 'wlc', 'sh', 'mh', 'none', 'a-name-of-15-ch'),
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
    forwarding: fc.constantFrom('nat' as const, 'dr', 'local', 'bypass'),
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

export const arbitraryDaemon: fc.Arbitrary<SyncDaemon> = fc.record({
  role: fc.constantFrom('master' as const, 'backup'),
  interface: fc.constantFrom('eth0', 'l', 'a-name-of-15-ch'),
  syncId: fc.nat(255),
  maxlen: fc.option(fc.integer({ min: 1, max: 65507 })),
  group: fc.option(fc.oneof(arbitraryIpv4, arbitraryIpv6)),
  port: fc.option(arbitraryPort),
  ttl: fc.option(fc.nat(255)),
});

const arbitrarySeconds = fc.nat(2147483);

export const arbitraryTimeouts: fc.Arbitrary<Timeouts> = fc.record({
  tcpSeconds: arbitrarySeconds,
  tcpFinSeconds: arbitrarySeconds,
  udpSeconds: arbitrarySeconds,
});

const keyed = <Verb extends string>(
  ...verbs: readonly Verb[]
): fc.Arbitrary<{ do: Verb; key: ServiceKey }> =>
  fc.record({ do: fc.constantFrom(...verbs), key: arbitraryKey });

export const arbitraryRequest: fc.Arbitrary<IpvsRequest> = fc.oneof(
  fc.record({
    do: fc.constantFrom('add-service' as const, 'edit-service'),
    service: arbitraryService,
  }),
  keyed('remove-service', 'get-service', 'get-destinations', 'zero'),
  fc.record({
    do: fc.constantFrom('add-destination' as const, 'edit-destination'),
    key: arbitraryKey,
    destination: arbitraryDestination,
  }),
  fc.record({
    do: fc.constant('remove-destination' as const),
    key: arbitraryKey,
    destination: arbitraryDestination.map(({ address, port }) => ({ address, port })),
  }),
  fc.record({ do: fc.constant('start-daemon' as const), daemon: arbitraryDaemon }),
  fc.record({
    do: fc.constant('stop-daemon' as const),
    role: fc.constantFrom('master' as const, 'backup'),
  }),
  fc.record({ do: fc.constant('set-timeouts' as const), timeouts: arbitraryTimeouts }),
  fc.record({
    do: fc.constantFrom(
      'get-services' as const,
      'get-daemons',
      'get-timeouts',
      'get-info',
      'flush',
    ),
  }),
  fc.constant({ do: 'zero' as const, key: null }),
);

const arbitraryCounter = fc.oneof(fc.nat(), fc.maxSafeNat());
const arbitraryRate = fc.integer({ min: 0, max: 0xffffffff });

const arbitraryStatistics: fc.Arbitrary<Statistics> = fc.record({
  connections: arbitraryCounter,
  inPackets: arbitraryCounter,
  outPackets: arbitraryCounter,
  inBytes: arbitraryCounter,
  outBytes: arbitraryCounter,
  connectionsPerSecond: arbitraryRate,
  inPacketsPerSecond: arbitraryRate,
  outPacketsPerSecond: arbitraryRate,
  inBytesPerSecond: arbitraryRate,
  outBytesPerSecond: arbitraryRate,
});

export const arbitraryServiceState: fc.Arbitrary<ServiceState> = fc
  .tuple(arbitraryService, arbitraryStatistics)
  .map(([service, statistics]) => ({ ...service, statistics }));

export const arbitraryDestinationState: fc.Arbitrary<DestinationState> = fc
  .tuple(
    arbitraryDestination,
    arbitraryStatistics,
    fc.record({
      activeConnections: arbitraryRate,
      inactiveConnections: arbitraryRate,
      persistentConnections: arbitraryRate,
    }),
  )
  .map(([destination, statistics, load]) => ({ ...destination, ...load, statistics }));
