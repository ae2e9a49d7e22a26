import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import {
  type Destination,
  type DestinationState,
  decodeDestination,
  decodeInfo,
  decodeService,
  decodeServiceKey,
  encodeDeleteDestination,
  encodeDeleteService,
  encodeFlush,
  encodeGetDestinations,
  encodeGetInfo,
  encodeGetServices,
  encodeNewDestination,
  encodeNewService,
  encodeSetDestination,
  encodeSetService,
  type Service,
  type ServiceKey,
} from '../../src/wire/ipvs.ts';
import { captureNamed, onlyMessage, payloadOf, readCaptures } from './capture.ts';
import { arbitraryDestination, arbitraryService } from './ipvs-arbitrary.ts';

const captures = readCaptures('ipvs');
const requestOf = (title: string) => payloadOf(captureNamed(captures, title).requests[0]);
const repliesOf = (title: string) =>
  captureNamed(captures, title)
    .replies.map(onlyMessage)
    .filter(({ type }) => type >= 16)
    .map(({ payload }) => payload);

const key = (address: string, port: number, protocol: 'tcp' | 'udp' = 'tcp'): ServiceKey => ({
  kind: 'address',
  family: address.includes(':') ? 'ipv6' : 'ipv4',
  protocol,
  address,
  port,
});

const service = (over: Partial<Service> & Pick<Service, 'key' | 'scheduler'>): Service => ({
  persistent: false,
  onePacket: false,
  schedulerFlags: { fallback: false, port: false, third: false },
  timeoutSeconds: 0,
  granularityBits: over.key.family === 'ipv4' ? 32 : 128,
  engine: null,
  ...over,
});

const destination = (over: Partial<Destination> & Pick<Destination, 'address'>): Destination => ({
  port: 80,
  forwarding: 'dr',
  tunnel: null,
  weight: 1,
  upperThreshold: 0,
  lowerThreshold: 0,
  ...over,
});

const WEB = key('10.0.0.1', 80);

const SERVICES: readonly (readonly [string, Service])[] = [
  ['NEW_SERVICE v4 tcp wrr', service({ key: WEB, scheduler: 'wrr' })],
  [
    'NEW_SERVICE v4 udp ops',
    service({ key: key('10.0.0.1', 53, 'udp'), scheduler: 'rr', onePacket: true }),
  ],
  [
    'NEW_SERVICE v4 tcp sh persistent 360 /24, sh-port',
    service({
      key: key('10.0.0.1', 443),
      scheduler: 'sh',
      persistent: true,
      schedulerFlags: { fallback: false, port: true, third: false },
      timeoutSeconds: 360,
      granularityBits: 24,
    }),
  ],
  [
    'NEW_SERVICE v6 tcp persistent 300 /64',
    service({
      key: key('fd00::1', 80),
      scheduler: 'wlc',
      persistent: true,
      timeoutSeconds: 300,
      granularityBits: 64,
    }),
  ],
  [
    'NEW_SERVICE v4 fwmark 100',
    service({ key: { kind: 'fwmark', family: 'ipv4', mark: 100 }, scheduler: 'rr' }),
  ],
  [
    'NEW_SERVICE v6 fwmark 100',
    service({ key: { kind: 'fwmark', family: 'ipv6', mark: 100 }, scheduler: 'rr' }),
  ],
  [
    'NEW_SERVICE udp sip pe',
    service({
      key: key('10.0.0.1', 5060, 'udp'),
      scheduler: 'rr',
      persistent: true,
      timeoutSeconds: 60,
      engine: 'sip',
    }),
  ],
  ['error ENOENT NEW_SERVICE sched nope', service({ key: key('10.0.0.1', 81), scheduler: 'nope' })],
];

const NAT = destination({ address: '10.0.0.2', port: 8080, forwarding: 'nat', weight: 10 });
const THRESHOLDS = { upperThreshold: 1000, lowerThreshold: 800 };
const IPIP = { type: 'ipip', port: 0, flags: 0 } as const;
const GUE = { type: 'gue', port: 6080, flags: 1 } as const;

const DESTINATIONS: readonly (readonly [string, ServiceKey, Destination])[] = [
  ['NEW_DEST NAT', WEB, NAT],
  ['NEW_DEST DR thresholds', WEB, destination({ address: '10.0.0.3', weight: 20, ...THRESHOLDS })],
  ['NEW_DEST ipip', WEB, destination({ address: '10.0.0.4', forwarding: 'tun', tunnel: IPIP })],
  ['NEW_DEST gue csum', WEB, destination({ address: '10.0.0.5', forwarding: 'tun', tunnel: GUE })],
  ['NEW_DEST v6:', key('fd00::1', 80), destination({ address: 'fd00::2' })],
  [
    'NEW_DEST fwmark',
    { kind: 'fwmark', family: 'ipv4', mark: 100 },
    destination({ address: '10.0.0.2', port: 0 }),
  ],
];

describe('a service', () => {
  test.each(SERVICES)('%s is written and read as captured', (title, value) => {
    expect(toHex(encodeNewService(value))).toBe(toHex(requestOf(title)));
    expect(decodeService(requestOf(title))).toMatchObject(value);
  });

  test('is changed with the same attributes under another command', () => {
    const value = service({ key: WEB, scheduler: 'rr' });
    const [create, change] = [encodeNewService(value), encodeSetService(value)];
    expect([create[0], change[0]]).toEqual([1, 2]);
    expect(toHex(change.subarray(1))).toBe(toHex(create.subarray(1)));
  });

  test.each([
    ['DEL_SERVICE', encodeDeleteService(WEB)],
    ['GET_DEST dump:', encodeGetDestinations(WEB)],
    ['GET_DEST dump unknown', encodeGetDestinations(key('10.0.0.1', 9))],
    ['GET_SERVICE dump', encodeGetServices()],
    ['FLUSH', encodeFlush()],
    ['GET_INFO', encodeGetInfo()],
  ])('%s is written as captured', (title, payload) => {
    expect(toHex(payload)).toBe(toHex(requestOf(title)));
  });

  test('in a dump has its counters, in the order of the kernel', () => {
    const services = repliesOf('GET_SERVICE dump').map(decodeService);
    expect(services).toHaveLength(7);
    expect(services.map((one) => one?.scheduler).toSorted()).toEqual(
      ['rr', 'rr', 'rr', 'rr', 'sh', 'wlc', 'wrr'].toSorted(),
    );
  });

  test('comes back from any encoding (property)', () => {
    fc.assert(
      fc.property(arbitraryService, (value) => {
        expect(decodeService(encodeNewService(value))).toMatchObject(value);
      }),
    );
  });

  test('with a netmask that has gaps is told apart from any prefix', () => {
    const payload = Uint8Array.from(requestOf('NEW_SERVICE v4 tcp wrr'));
    payload.set([0xff, 0x00, 0xff, 0x00], payload.length - 4);
    expect(decodeService(payload)?.granularityBits).toBeNull();
  });

  test('of a protocol that no virtual server has is left out', () => {
    const payload = Uint8Array.from(requestOf('NEW_SERVICE v4 tcp wrr'));
    const protocolAt = payload.indexOf(6, 8 + 8 + 4);
    payload[protocolAt] = 47;
    expect(decodeService(payload)).toBeNull();
  });
});

describe('a destination', () => {
  test.each(DESTINATIONS)('%s is written and read as captured', (title, owner, value) => {
    expect(toHex(encodeNewDestination(owner, value))).toBe(toHex(requestOf(title)));
    expect(decodeDestination(requestOf(title))).toMatchObject(value);
    expect(decodeServiceKey(requestOf(title))).toEqual(owner);
  });

  test('of another family than its service names its own', () => {
    expect(decodeDestination(requestOf('NEW_DEST v6 tunnel in v4'))).toMatchObject(
      destination({ address: 'fd00::3', port: 443, forwarding: 'tun', tunnel: IPIP }),
    );
    const owner = key('10.0.0.1', 443);
    const payload = encodeDeleteDestination(owner, { address: 'fd00::3', port: 443 });
    expect(toHex(payload)).toBe(toHex(requestOf('DEL_DEST mixed')));
  });

  test('is removed by its address and port alone', () => {
    const payload = encodeDeleteDestination(WEB, { address: '10.0.0.3', port: 80 });
    expect(toHex(payload)).toBe(toHex(requestOf('DEL_DEST:')));
  });

  test('set to weight 0 is read as captured', () => {
    expect(decodeDestination(requestOf('SET_DEST weight 0'))).toMatchObject({ weight: 0 });
  });

  test('is changed with the same attributes under another command', () => {
    const [create, change] = [encodeNewDestination(WEB, NAT), encodeSetDestination(WEB, NAT)];
    expect([create[0], change[0]]).toEqual([5, 6]);
    expect(toHex(change.subarray(1))).toBe(toHex(create.subarray(1)));
  });

  test('comes back from any encoding (property)', () => {
    fc.assert(
      fc.property(arbitraryDestination, (value) => {
        expect(decodeDestination(encodeNewDestination(WEB, value))).toMatchObject(value);
      }),
    );
  });

  test.each([
    ['without padding', 'GET_DEST dump: OK', [27, 21]],
    ['with padding', 'with PAD (U): GET_DEST dump', [20, 16]],
  ])('in a dump has its counters and connections, %s', (_, title, [inRate, outRate]) => {
    const destinations = repliesOf(title).map(decodeDestination) as DestinationState[];
    expect(destinations.map(({ address }) => address)).toEqual([
      '10.0.0.5',
      '10.0.0.4',
      '10.0.0.3',
      '10.0.0.2',
    ]);
    expect(destinations.at(0)).toMatchObject({ tunnel: GUE, inactiveConnections: 1 });
    expect(destinations.at(1)).toMatchObject({ tunnel: IPIP, weight: 0 });
    expect(destinations.at(2)).toMatchObject(THRESHOLDS);
    expect(destinations.at(3)).toMatchObject({
      ...NAT,
      activeConnections: 1,
      inactiveConnections: 0,
      persistentConnections: 0,
      statistics: {
        connections: 1,
        inPackets: 4,
        outPackets: 3,
        inBytes: 218,
        outBytes: 172,
        connectionsPerSecond: 0,
        inPacketsPerSecond: 0,
        outPacketsPerSecond: 0,
        inBytesPerSecond: inRate,
        outBytesPerSecond: outRate,
      },
    });
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

test('the version of IPVS is read', () => {
  expect(decodeInfo(repliesOf('GET_INFO')[0] as Uint8Array)).toEqual({
    version: '1.2.1',
    tableSize: 4096,
  });
});

test('messages cut short anywhere are refused or read, and none throws', () => {
  for (const { requests, replies } of captures) {
    for (const { payload } of [...requests, ...replies].map(onlyMessage)) {
      for (let octets = 0; octets < payload.length; octets += 1) {
        const cut = payload.subarray(0, octets);
        expect(decodeService(cut)).toBeNull();
        expect(decodeDestination(cut)).toBeNull();
        decodeServiceKey(cut);
        decodeInfo(cut);
      }
    }
  }
});
