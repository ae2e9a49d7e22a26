/** One socket for many instances: to whom a packet belongs, who else is there, and what a flood does. */
import { describe, expect, test } from 'vitest';
import { type LogRecord, logTo } from '../../../src/base/log.ts';
import type { VrrpInstance } from '../../../src/model/vrrp.ts';
import type { ReceivedPacket } from '../../../src/vrrp/adverts/admit.ts';
import { Ears } from '../../../src/vrrp/adverts/ears.ts';
import type { AdvertPlace } from '../../../src/vrrp/adverts/ports-adverts.ts';
import { encodeAdvert } from '../../../src/wire/vrrp.ts';
import { simulatedClock } from '../../world/clock.ts';
import { instanceOf } from '../../world/director.ts';

const GROUP = '224.0.0.18';
const OURS = '10.0.0.1';

interface Opened {
  readonly place: AdvertPlace;
  readonly onPacket: (packet: ReceivedPacket) => void;
  filter: readonly number[] | null;
  closed: boolean;
}

function scene() {
  const clock = simulatedClock();
  const opened: Opened[] = [];
  const told: LogRecord[] = [];
  const heard: string[] = [];
  const ears = new Ears({
    clock,
    log: logTo((record) => told.push(record)),
    adverts: {
      open: (place, onPacket) => {
        const socket: Opened = { place, onPacket, filter: null, closed: false };
        opened.push(socket);
        return {
          path: () => ({ header: () => new Uint8Array(0), send: () => {} }),
          filter: (vrids) => {
            socket.filter = vrids;
          },
          close: async () => {
            socket.closed = true;
          },
        };
      },
    },
  });
  const join = (name: string, over: Partial<VrrpInstance> = {}) => {
    const instance = instanceOf({ name, ...over });
    const member = {
      instance,
      onPacket: () => {
        heard.push(name);
        return true;
      },
    };
    return { member, ear: ears.join(member) };
  };
  return { clock, opened, told, heard, ears, join };
}

function packet(vrid: number, over: Partial<ReceivedPacket> = {}): ReceivedPacket {
  const source = over.source ?? '10.0.0.9';
  const destination = over.destination ?? GROUP;
  const fields = {
    version: 2,
    vrid,
    priority: 100,
    intervalMs: 1_000,
    addresses: ['10.0.0.55'],
  } as const;
  const payload = encodeAdvert(fields, { family: 'ipv4', source, destination });
  return { source, destination, hopLimit: 255, header: new Uint8Array(0), payload, ...over };
}

const unicast = (...peers: string[]) => ({
  peers: peers.map((address) => ({ address, ttlMin: 0, ttlMax: 255 })),
  ttl: 255,
  checkSource: true,
  oldChecksum: 'detect' as const,
});

test('vrrp-N5: vrrp-R1: vrrp-N2: a socket for each interface, family and way, and no more; among peers of no group', () => {
  const { opened, join } = scene();
  join('a', { vrid: 1 });
  join('b', { vrid: 2 });
  join('c', { vrid: 1, interface: 'eth1' });
  join('d', { vrid: 1, family: 'ipv6', multicastGroup: 'ff02::12' });
  join('e', { vrid: 3, unicast: unicast('10.0.0.2') });
  join('f', { vrid: 4, authentication: { type: 'ah', key: 'x' } });
  expect(
    opened.map(({ place }) => [place.interface, place.family, place.protocol, place.group]),
  ).toEqual([
    ['eth0', 'ipv4', 112, GROUP],
    ['eth1', 'ipv4', 112, GROUP],
    ['eth0', 'ipv6', 112, 'ff02::12'],
    ['eth0', 'ipv4', 112, null],
    ['eth0', 'ipv4', 51, GROUP],
  ]);
});

test('what is sent in the other way is heard by the socket beside it, and by no other', () => {
  const { opened, heard, join } = scene();
  join('by group', { vrid: 51 });
  join('by address', { vrid: 51, unicast: unicast('10.0.0.9') });
  join('alone', { vrid: 52 });
  const [multicast, toPeers] = opened;
  // The kernel gives both to both.
  for (const socket of [multicast, toPeers]) {
    socket?.onPacket(packet(51));
    socket?.onPacket(packet(51, { destination: '10.0.0.1' }));
  }
  expect(heard).toEqual(['by group', 'by address']);
  // It is told of what nobody else could tell of.
  multicast?.onPacket(packet(52, { destination: '10.0.0.1' }));
  expect(heard.slice(2)).toEqual(['alone']);
});

test('the socket stays open until the last one leaves', async () => {
  const { opened, join } = scene();
  const [first, second] = [join('a', { vrid: 1 }), join('b', { vrid: 2 })];
  await first.ear.leave(first.member);
  expect(opened[0]?.closed).toBe(false);
  await second.ear.leave(second.member);
  expect(opened[0]?.closed).toBe(true);
  join('a', { vrid: 1 });
  expect(opened).toHaveLength(2);
});

test('vrrp-R8: a packet goes to the instance of its VRID', () => {
  const { opened, heard, join } = scene();
  join('a', { vrid: 1 });
  join('b', { vrid: 2 });
  opened[0]?.onPacket(packet(2));
  expect(heard).toEqual(['b']);
});

test('vrrp-N4: of two with one VRID the sender tells which one is meant', () => {
  const { opened, heard, join } = scene();
  join('a', { vrid: 1, unicast: unicast('10.0.0.2') });
  join('b', { vrid: 1, unicast: unicast('10.0.0.3') });
  const to = { destination: OURS };
  opened[0]?.onPacket(packet(1, { ...to, source: '10.0.0.3' }));
  opened[0]?.onPacket(packet(1, { ...to, source: '10.0.0.2' }));
  expect(heard).toEqual(['b', 'a']);
});

describe('F38: another virtual router on the link', () => {
  test('is named once, with what it is for, and forgotten when it is silent', () => {
    const { clock, opened, told, ears, join } = scene();
    const { ear } = join('a', { vrid: 1 });
    for (let count = 0; count < 5; count += 1) opened[0]?.onPacket(packet(77));
    expect(ears.foreign()).toEqual([
      {
        interface: 'eth0',
        family: 'ipv4',
        vrid: 77,
        source: '10.0.0.9',
        priority: 100,
        addresses: ['10.0.0.55'],
      },
    ]);
    expect(ear.foreignCount).toBe(5);
    expect(told.filter(({ level }) => level === 'warn')).toHaveLength(1);
    clock.advanceBy(61_000);
    expect(ears.foreign()).toEqual([]);
  });

  test('that speaks to us by unicast belongs to the socket of unicast', () => {
    const { opened, ears, join } = scene();
    join('a', { vrid: 1 });
    join('b', { vrid: 2, unicast: unicast('10.0.0.2') });
    const [multicast, peers] = opened;
    multicast?.onPacket(packet(77, { destination: OURS }));
    expect(ears.foreign()).toEqual([]);
    peers?.onPacket(packet(77, { destination: OURS }));
    expect(ears.foreign()).toHaveLength(1);
  });

  test('is not what only looks like one', () => {
    const { opened, ears, join } = scene();
    join('a', { vrid: 1 });
    const good = packet(77);
    opened[0]?.onPacket({ ...good, payload: good.payload.subarray(0, 9) });
    opened[0]?.onPacket({ ...good, payload: new Uint8Array(0) });
    expect(ears.foreign()).toEqual([]);
  });

  test('of whom there are very many: some are named', () => {
    const { opened, ears, join } = scene();
    join('a', { vrid: 1 });
    for (let count = 0; count < 1_000; count += 1) {
      opened[0]?.onPacket(packet(77, { source: `10.9.${count >> 8}.${count & 255}` }));
    }
    expect(ears.foreign().length).toBeLessThanOrEqual(16);
  });
});

describe('F36: a flood', () => {
  test('is dropped by the kernel for 10 s, but for our VRIDs', () => {
    const { clock, opened, told, join } = scene();
    join('a', { vrid: 1 });
    join('b', { vrid: 2 });
    const [socket] = opened;
    for (let count = 0; count < 500; count += 1) socket?.onPacket(packet(77));
    expect(socket?.filter).toBe(null);
    socket?.onPacket(packet(77));
    expect(socket?.filter).toEqual([1, 2]);
    join('c', { vrid: 3 });
    expect(socket?.filter).toEqual([1, 2, 3]);
    expect(told.filter(({ message }) => message.startsWith('a flood'))).toHaveLength(1);
    clock.advanceBy(10_001);
    expect(socket?.filter).toBe(null);
  });

  test('is not what a busy link with many virtual routers of others has', () => {
    const { clock, opened, join } = scene();
    join('a', { vrid: 1 });
    for (let second = 0; second < 20; second += 1) {
      for (let count = 0; count < 300; count += 1) opened[0]?.onPacket(packet(77));
      clock.advanceBy(1_001);
    }
    expect(opened[0]?.filter).toBe(null);
  });
});
