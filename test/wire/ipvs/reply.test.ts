import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../../src/base/bytes.ts';
import {
  decodeDaemon,
  decodeDestination,
  decodeInfo,
  decodeService,
  decodeTimeouts,
  encodeDaemonReply,
  encodeDestinationReply,
  encodeInfoReply,
  encodeServiceReply,
  encodeTimeoutsReply,
  type ServiceState,
} from '../../../src/wire/ipvs/reply.ts';
import { encodeRequest } from '../../../src/wire/ipvs/request.ts';
import { NO_STATISTICS } from '../../../src/wire/ipvs/statistics.ts';
import { captureNamed, onlyMessage, readCaptures } from '../capture.ts';
import {
  arbitraryDaemon,
  arbitraryDestinationState,
  arbitraryServiceState,
  arbitraryTimeouts,
} from './arbitrary.ts';

const captures = readCaptures('ipvs');
const repliesOf = (title: string) =>
  captureNamed(captures, title)
    .replies.map(onlyMessage)
    .filter(({ type }) => type >= 16)
    .map(({ payload }) => payload);

const SERVICE_DUMPS = ['GET_SERVICE key', 'GET_SERVICE dump', 'with PAD (U): GET_SERVICE key'];
const DESTINATION_DUMPS = ['GET_DEST dump: OK', 'with PAD (U): GET_DEST dump'];

describe('what the kernel told is read, and written again octet by octet', () => {
  test.each(SERVICE_DUMPS)('services: %s', (title) => {
    for (const payload of repliesOf(title)) {
      const service = decodeService(payload);
      expect(service).not.toBeNull();
      const again = encodeServiceReply(service as ServiceState, title.includes('PAD'));
      expect(toHex(again)).toBe(toHex(payload));
    }
  });

  test.each(DESTINATION_DUMPS)('destinations: %s', (title) => {
    for (const payload of repliesOf(title)) {
      const destination = decodeDestination(payload);
      if (destination === null) throw new Error('a captured destination is not read');
      const again = encodeDestinationReply(destination, title.includes('PAD'));
      expect(toHex(again)).toBe(toHex(payload));
    }
  });

  test('sync daemons', () => {
    const daemons = repliesOf('GET_DAEMON dump').map(decodeDaemon);
    const both = { interface: 'd0', syncId: 51 };
    expect(daemons).toEqual([
      { ...both, role: 'master', maxlen: 1472, group: '224.0.0.81', port: 8848, ttl: 1 },
      { ...both, role: 'backup', maxlen: 1400, group: '224.0.0.82', port: 8849, ttl: 2 },
    ]);
    const again = daemons.map((daemon) => daemon && toHex(encodeDaemonReply(daemon)));
    expect(again).toEqual(repliesOf('GET_DAEMON dump').map(toHex));
  });

  test.each([
    ['GET_CONFIG: OK', { tcpSeconds: 900, tcpFinSeconds: 120, udpSeconds: 300 }],
    ['GET_CONFIG after', { tcpSeconds: 1800, tcpFinSeconds: 60, udpSeconds: 30 }],
  ])('timeouts: %s', (title, timeouts) => {
    const [payload] = repliesOf(title) as [Uint8Array];
    expect(decodeTimeouts(payload)).toEqual(timeouts);
    expect(toHex(encodeTimeoutsReply(timeouts))).toBe(toHex(payload));
  });

  test('the version of IPVS', () => {
    const [payload] = repliesOf('GET_INFO') as [Uint8Array];
    const info = { version: '1.2.1', tableSize: 4096 };
    expect(decodeInfo(payload)).toEqual(info);
    expect(toHex(encodeInfoReply(info))).toBe(toHex(payload));
  });
});

describe('what the captured dumps say', () => {
  test('each service is there', () => {
    const services = repliesOf('GET_SERVICE dump').map(decodeService);
    expect(services.map((one) => one?.scheduler).toSorted()).toEqual(
      ['rr', 'rr', 'rr', 'rr', 'sh', 'wlc', 'wrr'].toSorted(),
    );
  });

  test.each([
    ['without padding', 'GET_DEST dump: OK', [27, 21]],
    ['with padding', 'with PAD (U): GET_DEST dump', [20, 16]],
  ])('each destination with its counters and connections, %s', (_, title, [inRate, outRate]) => {
    const destinations = repliesOf(title).map(decodeDestination);
    expect(destinations.map((one) => one?.address)).toEqual([
      '10.0.0.5',
      '10.0.0.4',
      '10.0.0.3',
      '10.0.0.2',
    ]);
    expect(destinations[0]).toMatchObject({
      forwarding: 'tun',
      tunnel: { type: 'gue', port: 6080, flags: 1 },
      inactiveConnections: 1,
    });
    expect(destinations[1]).toMatchObject({ tunnel: { type: 'ipip' }, weight: 0 });
    expect(destinations[2]).toMatchObject({ upperThreshold: 1000, lowerThreshold: 800 });
    expect(destinations[3]).toMatchObject({
      forwarding: 'nat',
      tunnel: null,
      activeConnections: 1,
      persistentConnections: 0,
      statistics: {
        connections: 1,
        inPackets: 4,
        outPackets: 3,
        inBytes: 218,
        outBytes: 172,
        inBytesPerSecond: inRate,
        outBytesPerSecond: outRate,
      },
    });
  });

  test('counters of an old kernel, 32 bits wide, are read where there are no others', () => {
    const reply = Uint8Array.from(repliesOf('GET_DEST dump: OK')[3] as Uint8Array);
    // Rename STATS64 (12) to a number that means nothing: its header is 124 octets before the end.
    const header = reply.length - 124;
    expect([reply[header], reply[header + 2]]).toEqual([124, 12]);
    reply[header + 2] = 99;
    expect(decodeDestination(reply)?.statistics).toMatchObject({ connections: 1, inBytes: 218 });
  });
});

describe('for any value', () => {
  test('services, destinations, daemons and timeouts come back from their replies', () => {
    fc.assert(
      fc.property(arbitraryServiceState, fc.boolean(), (service, padded) => {
        expect(decodeService(encodeServiceReply(service, padded))).toEqual(service);
      }),
    );
    fc.assert(
      fc.property(arbitraryDestinationState, fc.boolean(), (destination, padded) => {
        expect(decodeDestination(encodeDestinationReply(destination, padded))).toEqual(destination);
      }),
    );
    fc.assert(
      fc.property(arbitraryDaemon, (daemon) => {
        expect(decodeDaemon(encodeDaemonReply(daemon))).toEqual(daemon);
      }),
    );
    fc.assert(
      fc.property(arbitraryTimeouts, (timeouts) => {
        expect(decodeTimeouts(encodeTimeoutsReply(timeouts))).toEqual(timeouts);
      }),
    );
  });

  test('a request to add reads as the thing itself, without counters', () => {
    fc.assert(
      fc.property(arbitraryServiceState, (service) => {
        const bare = { ...service, statistics: NO_STATISTICS };
        expect(decodeService(encodeRequest({ do: 'add-service', service }))).toEqual(bare);
      }),
    );
  });
});

test('a netmask with gaps is told apart from any prefix', () => {
  const payload = Uint8Array.from(repliesOf('GET_SERVICE key')[0] as Uint8Array);
  const header = payload.findIndex(
    (octet, at) => octet === 8 && payload[at + 1] === 0 && payload[at + 2] === 9,
  );
  payload.set([0xff, 0x00, 0xff, 0x00], header + 4);
  expect(decodeService(payload)?.granularityBits).toBeNull();
});
