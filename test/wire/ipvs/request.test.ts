import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../../src/base/bytes.ts';
import type { SyncDaemon } from '../../../src/wire/ipvs/daemon.ts';
import type { Destination } from '../../../src/wire/ipvs/destination.ts';
import {
  decodeRequest,
  encodeRequest,
  type IpvsRequest,
  writeRequest,
} from '../../../src/wire/ipvs/request.ts';
import type { Service, ServiceKey } from '../../../src/wire/ipvs/service.ts';
import { encodeMessage, MessageWriter } from '../../../src/wire/nlmsg.ts';
import { captureNamed, payloadOf, readCaptures } from '../capture.ts';
import { arbitraryRequest } from './arbitrary.ts';

const captures = readCaptures('ipvs');
const requestOf = (title: string) => payloadOf(captureNamed(captures, title).requests[0]);

const key = (address: string, port: number, protocol: 'tcp' | 'udp' = 'tcp'): ServiceKey => ({
  kind: 'address',
  family: address.includes(':') ? 'ipv6' : 'ipv4',
  protocol,
  address,
  port,
});

const fwmark = (mark: number, family: 'ipv4' | 'ipv6'): ServiceKey => ({
  kind: 'fwmark',
  family,
  mark,
});

const addService = (over: Partial<Service> & Pick<Service, 'key' | 'scheduler'>): IpvsRequest => ({
  do: 'add-service',
  service: {
    persistent: false,
    onePacket: false,
    schedulerFlags: { fallback: false, port: false, third: false },
    timeoutSeconds: 0,
    granularityBits: over.key.family === 'ipv4' ? 32 : 128,
    engine: null,
    ...over,
  },
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

const add = (
  owner: ServiceKey,
  over: Partial<Destination> & Pick<Destination, 'address'>,
): IpvsRequest => ({ do: 'add-destination', key: owner, destination: destination(over) });

const daemon = (over: Partial<SyncDaemon>): IpvsRequest => ({
  do: 'start-daemon',
  daemon: {
    role: 'master',
    interface: 'd0',
    syncId: 51,
    maxlen: null,
    group: null,
    port: null,
    ttl: null,
    ...over,
  },
});

const WEB = key('10.0.0.1', 80);
const WEB6 = key('fd00::1', 80);
const ABSENT = key('10.0.0.1', 9);
const TLS = key('10.0.0.1', 443);
const THRESHOLDS = { upperThreshold: 1000, lowerThreshold: 800 };
const IPIP = { type: 'ipip', port: 0, flags: 0 } as const;
const GUE = { type: 'gue', port: 6080, flags: 1 } as const;

/** What each captured request means, under the beginning of its title. */
const CAPTURED: readonly (readonly [string, IpvsRequest])[] = [
  ['NEW_SERVICE v4 tcp wrr', addService({ key: WEB, scheduler: 'wrr' })],
  [
    'NEW_SERVICE v4 udp ops',
    addService({ key: key('10.0.0.1', 53, 'udp'), scheduler: 'rr', onePacket: true }),
  ],
  [
    'NEW_SERVICE v4 tcp sh persistent 360 /24, sh-port',
    addService({
      key: TLS,
      scheduler: 'sh',
      persistent: true,
      schedulerFlags: { fallback: false, port: true, third: false },
      timeoutSeconds: 360,
      granularityBits: 24,
    }),
  ],
  [
    'NEW_SERVICE v6 tcp persistent 300 /64',
    addService({
      key: WEB6,
      scheduler: 'wlc',
      persistent: true,
      timeoutSeconds: 300,
      granularityBits: 64,
    }),
  ],
  ['NEW_SERVICE v4 fwmark 100', addService({ key: fwmark(100, 'ipv4'), scheduler: 'rr' })],
  ['NEW_SERVICE v6 fwmark 100', addService({ key: fwmark(100, 'ipv6'), scheduler: 'rr' })],
  [
    'NEW_SERVICE udp sip pe',
    addService({
      key: key('10.0.0.1', 5060, 'udp'),
      scheduler: 'rr',
      persistent: true,
      timeoutSeconds: 60,
      engine: 'sip',
    }),
  ],
  ['error EEXIST NEW_SERVICE', addService({ key: WEB, scheduler: 'wrr' })],
  ['error ENOENT NEW_SERVICE', addService({ key: key('10.0.0.1', 81), scheduler: 'nope' })],
  [
    'error EINVAL NEW_SERVICE v6',
    addService({ key: key('fd00::9', 80), scheduler: 'rr', granularityBits: 129 }),
  ],
  ['DEL_SERVICE', { do: 'remove-service', key: WEB }],
  ['error ESRCH DEL_SERVICE', { do: 'remove-service', key: ABSENT }],
  ['NEW_DEST NAT', add(WEB, { address: '10.0.0.2', port: 8080, forwarding: 'nat', weight: 10 })],
  ['NEW_DEST DR thresholds', add(WEB, { address: '10.0.0.3', weight: 20, ...THRESHOLDS })],
  ['NEW_DEST ipip', add(WEB, { address: '10.0.0.4', forwarding: 'tun', tunnel: IPIP })],
  ['NEW_DEST gue csum', add(WEB, { address: '10.0.0.5', forwarding: 'tun', tunnel: GUE })],
  ['NEW_DEST v6:', add(WEB6, { address: 'fd00::2' })],
  ['NEW_DEST fwmark', add(fwmark(100, 'ipv4'), { address: '10.0.0.2', port: 0 })],
  [
    'SET_DEST weight 0',
    {
      do: 'edit-destination',
      key: WEB,
      destination: destination({
        address: '10.0.0.4',
        forwarding: 'tun',
        tunnel: IPIP,
        weight: 0,
      }),
    },
  ],
  [
    'DEL_DEST:',
    { do: 'remove-destination', key: WEB, destination: { address: '10.0.0.3', port: 80 } },
  ],
  [
    'DEL_DEST mixed',
    { do: 'remove-destination', key: TLS, destination: { address: 'fd00::3', port: 443 } },
  ],
  ['GET_SERVICE key', { do: 'get-service', key: WEB }],
  ['GET_SERVICE dump', { do: 'get-services' }],
  ['GET_DEST dump:', { do: 'get-destinations', key: WEB }],
  ['GET_DEST dump unknown', { do: 'get-destinations', key: ABSENT }],
  ['NEW_DAEMON master', daemon({})],
  [
    'NEW_DAEMON backup full',
    daemon({ role: 'backup', maxlen: 1400, group: '224.0.0.82', port: 8849, ttl: 2 }),
  ],
  ['GET_DAEMON', { do: 'get-daemons' }],
  ['DEL_DAEMON backup', { do: 'stop-daemon', role: 'backup' }],
  ['DEL_DAEMON master', { do: 'stop-daemon', role: 'master' }],
  ['GET_INFO', { do: 'get-info' }],
  ['GET_CONFIG', { do: 'get-timeouts' }],
  [
    'SET_CONFIG',
    { do: 'set-timeouts', timeouts: { tcpSeconds: 1800, tcpFinSeconds: 60, udpSeconds: 30 } },
  ],
  ['ZERO service', { do: 'zero', key: WEB }],
  ['ZERO all', { do: 'zero', key: null }],
  ['FLUSH', { do: 'flush' }],
];

/** Said in fewer attributes than we use: the family of the service, and plain IPIP, go without saying. */
const SHORTER: typeof CAPTURED = [
  [
    'NEW_DEST v6 tunnel in v4',
    add(TLS, { address: 'fd00::3', port: 443, forwarding: 'tun', tunnel: IPIP }),
  ],
  [
    'error ENOENT DEL_DEST',
    { do: 'remove-destination', key: WEB, destination: { address: '10.0.0.77', port: 80 } },
  ],
];

describe('a request', () => {
  test.each(CAPTURED)('%s is written and read as captured', (title, request) => {
    expect(toHex(encodeRequest(request))).toBe(toHex(requestOf(title)));
    expect(decodeRequest(requestOf(title))).toEqual(request);
  });

  test.each(SHORTER)('%s is read as captured', (title, request) => {
    expect(decodeRequest(requestOf(title))).toEqual(request);
    expect(decodeRequest(encodeRequest(request))).toEqual(request);
  });

  test('is captured in every form that IPVS has, and every capture has its meaning here', () => {
    const titles = captures.map(({ title }) => title);
    const unread = titles.filter(
      (title) =>
        ![...CAPTURED, ...SHORTER].some(([begin]) => title.startsWith(begin)) &&
        !title.includes('PAD'),
    );
    // A weight below zero cannot be said; the controller's is another family's.
    expect(unread).toEqual(['CTRL_GETFAMILY: OK', 'error ERANGE weight -1: -ERANGE']);
  });

  test('comes back from any encoding (property)', () => {
    fc.assert(
      fc.property(arbitraryRequest, (request) => {
        expect(decodeRequest(encodeRequest(request))).toEqual(request);
      }),
    );
  });

  test('is the same among others in a buffer that was used before (property)', () => {
    const many = fc.array(arbitraryRequest, { maxLength: 20 });
    fc.assert(
      fc.property(many, many, (before, requests) => {
        const writer = new MessageWriter(16);
        const write = (each: readonly IpvsRequest[]): Uint8Array => {
          writer.clear();
          each.forEach((request, at) => {
            writer.begin(0x20, 5, at);
            writeRequest(writer.attributes, request);
            writer.end();
          });
          return writer.finish();
        };
        write(before).fill(0xee);
        const alone = requests.map((request, sequence) =>
          encodeMessage({ type: 0x20, flags: 5, sequence, payload: encodeRequest(request) }),
        );
        expect(toHex(write(requests))).toBe(alone.map(toHex).join(''));
      }),
    );
  });

  test('to change has the attributes of the one to add', () => {
    const service = addService({ key: WEB, scheduler: 'rr' });
    const changed = { ...service, do: 'edit-service' } as IpvsRequest;
    const [create, change] = [encodeRequest(service), encodeRequest(changed)];
    expect([create[0], change[0]]).toEqual([1, 2]);
    expect(toHex(change.subarray(1))).toBe(toHex(create.subarray(1)));
  });

  test('names the multicast group of either family', () => {
    const group6 = encodeRequest(daemon({ group: 'ff02::81' }));
    expect(toHex(group6)).toContain(`14000600${'ff02'.padEnd(28, '0')}0081`);
    expect(toHex(encodeRequest(daemon({ group: '224.0.0.81' })))).toContain('08000500e0000051');
  });

  test('of ipvsadm marks its nests; that changes nothing', () => {
    const marked = Uint8Array.from(requestOf('DEL_SERVICE'));
    marked[7] = 0x80;
    expect(decodeRequest(marked)).toEqual({ do: 'remove-service', key: WEB });
  });

  test('of a protocol or a role that does not exist is none', () => {
    const service = Uint8Array.from(requestOf('NEW_SERVICE v4 tcp wrr'));
    service[service.indexOf(6, 8 + 8 + 4)] = 47;
    expect(decodeRequest(service)).toBeNull();
    const role = Uint8Array.from(requestOf('DEL_DAEMON backup'));
    role[12] = 3;
    expect(decodeRequest(role)).toBeNull();
  });

  test('under a number that is no command is none', () => {
    for (const command of [0, 14, 18, 255]) {
      expect(decodeRequest(Uint8Array.of(command, 1, 0, 0))).toBeNull();
    }
  });
});
