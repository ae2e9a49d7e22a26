import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressBytes, parseMac } from '../../src/base/address.ts';
import { toHex } from '../../src/base/bytes.ts';
import { internetChecksum } from '../../src/base/checksum.ts';
import {
  decodeArp,
  encodeArpProbe,
  encodeGratuitousArp,
  encodeGratuitousReply,
  stampGratuitous,
} from '../../src/wire/arp.ts';
import { decodeIpv4 } from '../../src/wire/ip.ts';
import {
  decodeAdvertisement,
  encodeSolicitation,
  encodeUnsolicitedAdvertisement,
} from '../../src/wire/ndp.ts';

const mac = parseMac('02:42:0a:00:00:01') as Uint8Array;

describe('gratuitous ARP', () => {
  test('vrrp-A1 is a broadcast request of the address for itself, padded to 60 octets', () => {
    expect(toHex(encodeGratuitousArp(mac, '10.0.0.100'))).toBe(
      'ffffffffffff02420a00000108060001080006040001' +
        '02420a0000010a000064ffffffffffff0a000064' +
        '00'.repeat(18),
    );
  });

  test('vrrp-A2 has no target hardware address that anybody reads: all ones, as keepalived has it', () => {
    expect(toHex(encodeGratuitousArp(mac, '10.0.0.100').subarray(32, 38))).toBe('ffffffffffff');
    expect(decodeArp(encodeGratuitousArp(mac, '10.0.0.100'))?.operation).toBe(1);
  });

  test('vrrp-A3 as a reply has its sender as its target, too', () => {
    expect(toHex(encodeGratuitousReply(mac, '10.0.0.100'))).toBe(
      'ffffffffffff02420a00000108060001080006040002' +
        '02420a0000010a00006402420a0000010a000064' +
        '00'.repeat(18),
    );
  });

  test('a frame that is stamped anew is that of the other address', () => {
    for (const encode of [encodeGratuitousArp, encodeGratuitousReply]) {
      const frame = encode(mac, '203.0.113.255');
      stampGratuitous(frame, '10.0.0.100');
      expect(toHex(frame)).toBe(toHex(encode(mac, '10.0.0.100')));
    }
  });

  test('a probe asks without claiming anything', () => {
    expect(decodeArp(encodeArpProbe(mac, '0.0.0.0', '10.0.0.100'))).toEqual({
      operation: 1,
      senderMac: '02:42:0a:00:00:01',
      senderAddress: '0.0.0.0',
      targetAddress: '10.0.0.100',
    });
  });

  test('frames that are no ARP for IPv4, or cut short, are nothing', () => {
    const frame = encodeGratuitousArp(mac, '10.0.0.100');
    for (let length = 0; length < 42; length += 1) {
      expect(decodeArp(frame.subarray(0, length))).toBeNull();
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (octets) => void decodeArp(octets)));
  });
});

test('vrrp-A5 an unsolicited advertisement goes to all nodes with a good checksum', () => {
  const frame = encodeUnsolicitedAdvertisement(mac, 'fd00::100');
  expect(toHex(frame.subarray(0, 14))).toBe('33330000000102420a00000186dd');
  expect(frame).toHaveLength(14 + 72);
  expect(frame[21]).toBe(255);
  const message = frame.subarray(14 + 40);
  const pseudo = Uint8Array.of(0, 0, 0, message.length, 0, 0, 0, 58);
  expect(
    internetChecksum(addressBytes('fd00::100'), addressBytes('ff02::1'), pseudo, message),
  ).toBe(0);
});

test('vrrp-A5 an advertisement says R only of a director that forwards, and O always', () => {
  const flags = (frame: Uint8Array): number => frame[14 + 40 + 4] as number;
  expect(flags(encodeUnsolicitedAdvertisement(mac, 'fd00::100'))).toBe(0x20);
  expect(flags(encodeUnsolicitedAdvertisement(mac, 'fd00::100', true))).toBe(0xa0);
});

describe('a neighbour solicitation', () => {
  function isGood(frame: Uint8Array, from: string): boolean {
    const message = frame.subarray(14 + 40);
    const pseudo = Uint8Array.of(0, 0, 0, message.length, 0, 0, 0, 58);
    const to = addressBytes('ff02::1:ff00:100');
    return internetChecksum(addressBytes(from), to, pseudo, message) === 0;
  }

  test('goes to the group of the address, and claims nothing from ::', () => {
    const frame = encodeSolicitation(mac, '::', 'fd00::100');
    expect(toHex(frame.subarray(0, 14))).toBe('3333ff00010002420a00000186dd');
    expect(frame).toHaveLength(14 + 40 + 24);
    expect(isGood(frame, '::')).toBe(true);
  });

  test('from an address of ours it says where the answer goes', () => {
    const frame = encodeSolicitation(mac, 'fd00::1', 'fd00::100');
    expect(toHex(frame.subarray(-8))).toBe('010102420a000001');
    expect(isGood(frame, 'fd00::1')).toBe(true);
  });
});

describe('a neighbour advertisement', () => {
  const good = encodeUnsolicitedAdvertisement(mac, 'fd00::100');

  test('tells who has which address', () => {
    expect(decodeAdvertisement(good)).toEqual({ address: 'fd00::100', mac: '02:42:0a:00:00:01' });
  });

  test('that passed a router, is something else or is cut short is nothing', () => {
    const forged = Uint8Array.from(good);
    forged[21] = 254;
    expect(decodeAdvertisement(forged)).toBeNull();
    expect(decodeAdvertisement(encodeSolicitation(mac, '::', 'fd00::100'))).toBeNull();
    for (let length = 0; length < 78; length += 1) {
      expect(decodeAdvertisement(good.subarray(0, length))).toBeNull();
    }
  });
});

describe('an IPv4 header', () => {
  const good = Uint8Array.from([
    0x45, 0xc0, 0, 28, 0, 1, 0, 0, 255, 112, 0, 0, 10, 0, 0, 1, 224, 0, 0, 18, 1, 2, 3, 4, 5, 6, 7,
    8,
  ]);

  test('gives source, destination, hop limit and payload, and passes over padding', () => {
    const padded = Uint8Array.from([...good, 0, 0, 0]);
    expect(decodeIpv4(padded)).toEqual({
      source: '10.0.0.1',
      destination: '224.0.0.18',
      hopLimit: 255,
      protocol: 112,
      header: good.subarray(0, 20),
      payload: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
    });
  });

  test('that is cut short, or of another version, is dropped', () => {
    for (let length = 0; length < good.length; length += 1) {
      expect(decodeIpv4(good.subarray(0, length))).toEqual({ drop: 'ip-header' });
    }
    expect(decodeIpv4(Uint8Array.from([0x60, ...good.subarray(1)]))).toEqual({ drop: 'ip-header' });
  });
});
