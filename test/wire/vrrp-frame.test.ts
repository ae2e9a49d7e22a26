/** VRRP in Ethernet frames, and what the kernel is told to drop of them: both say the same of the same octets. */
import { describe, expect, test } from 'vitest';
import type { Family } from '../../src/base/address.ts';
import { toHex } from '../../src/base/bytes.ts';
import { internetChecksum } from '../../src/base/checksum.ts';
import { AH_OCTETS, AH_PROTOCOL } from '../../src/wire/ah.ts';
import { decodeAdvert, encodeAdvert, vridOf } from '../../src/wire/vrrp.ts';
import { framedFilter, vrrpFilter } from '../../src/wire/vrrp-filter.ts';
import {
  decodeFrame,
  ETHERNET_OCTETS,
  encodeFrameHeader,
  groupMac,
  stampFrame,
} from '../../src/wire/vrrp-frame.ts';
import { Mutants } from '../fuzz/decoders.ts';
import { runFilter } from './bpf.ts';

const VRRP = 112;
const VIRTUAL_MAC = Uint8Array.of(0, 0, 0x5e, 0, 1, 51);
const PLACES = {
  ipv4: { source: '192.0.2.3', destination: '224.0.0.18', address: '192.0.2.10' },
  ipv6: { source: 'fe80::3', destination: 'ff02::12', address: 'fe80::10' },
} as const;

function frame(
  family: Family,
  over: { protocol?: number; hopLimit?: number; vrid?: number; before?: number } = {},
): Uint8Array {
  const { protocol = VRRP, hopLimit = 255, vrid = 51, before = 0 } = over;
  const { source, destination, address } = PLACES[family];
  const message = encodeAdvert(
    { version: 3, vrid, priority: 100, intervalMs: 1000, addresses: [address] },
    { family, source, destination },
  );
  const payload = Buffer.concat([new Uint8Array(before), message]);
  const target = { family, protocol, sourceMac: VIRTUAL_MAC, source, destination, hopLimit };
  const header = encodeFrameHeader(target);
  stampFrame(header, family, { payloadOctets: payload.length, identification: 7 });
  return Buffer.concat([header, payload]);
}

/** The IP header's checksum is set right. */
function mended(octets: Uint8Array): Uint8Array {
  const header = octets.subarray(ETHERNET_OCTETS, ETHERNET_OCTETS + 20);
  header[10] = 0;
  header[11] = 0;
  const sum = internetChecksum(header);
  header[10] = sum >> 8;
  header[11] = sum;
  return octets;
}

describe('a frame', () => {
  test('of IPv4 has the MAC of the group, the virtual one, and a header with a checksum', () => {
    const octets = frame('ipv4');
    expect(toHex(octets.subarray(0, 14))).toBe('01005e000012' + '00005e000133' + '0800');
    expect(toHex(octets.subarray(14, 34))).toBe(
      '45c00020000700' + '00ff70' + '1891' + 'c0000203e0000012',
    );
    expect(internetChecksum(octets.subarray(14, 34))).toBe(0);
  });

  test('of IPv6 has traffic class 0xC0 and its length', () => {
    const octets = frame('ipv6');
    expect(toHex(octets.subarray(0, 14))).toBe('333300000012' + '00005e000133' + '86dd');
    expect(toHex(octets.subarray(14, 22))).toBe('6c000000' + '0018' + '70ff');
  });

  test('goes to the Ethernet group of any IP group', () => {
    expect(toHex(groupMac('239.129.2.3'))).toBe('01005e010203');
    expect(toHex(groupMac('ff05::1:2:3'))).toBe('333300020003');
  });

  test.each(['ipv4', 'ipv6'] as const)('of %s comes out as it went in', (family) => {
    const octets = frame(family);
    const packet = decodeFrame(octets, family, VRRP);
    if ('drop' in packet) throw new Error('it was dropped');
    const { source, destination } = PLACES[family];
    expect(packet).toMatchObject({ source, destination, hopLimit: 255 });
    const advert = decodeAdvert(packet.payload, { family, source, destination }, 3);
    expect(advert).toMatchObject({ vrid: 51, priority: 100, count: 1 });
  });

  test.each(['ipv4', 'ipv6'] as const)(
    'of %s that is cut is dropped; padding is passed over',
    (family) => {
      const octets = frame(family);
      for (let length = 0; length < octets.length; length += 1) {
        expect(decodeFrame(octets.subarray(0, length), family, VRRP)).toEqual({
          drop: 'ip-header',
        });
      }
      const padded = Buffer.concat([octets, new Uint8Array(14)]);
      const [one, other] = [octets, padded].map((it) => decodeFrame(it, family, VRRP));
      expect(one).toEqual(other);
    },
  );

  test('of IPv4 that is a fragment, of another protocol, or damaged is dropped', () => {
    const changed = (at: number, octet: number): unknown => {
      const octets = Uint8Array.from(frame('ipv4'));
      octets[ETHERNET_OCTETS + at] = octet;
      return decodeFrame(mended(octets), 'ipv4', VRRP);
    };
    expect(changed(6, 0x40)).toMatchObject({ hopLimit: 255 });
    expect(changed(6, 0x20)).toEqual({ drop: 'ip-header' });
    expect(changed(7, 1)).toEqual({ drop: 'ip-header' });
    expect(changed(9, 17)).toEqual({ drop: 'ip-header' });
    const damaged = Uint8Array.from(frame('ipv4'));
    damaged[ETHERNET_OCTETS + 12] = 0xc1;
    expect(decodeFrame(damaged, 'ipv4', VRRP)).toEqual({ drop: 'ip-header' });
  });

  test('of IPv6 with an extension header, or of another version, is dropped', () => {
    const changed = (at: number, octet: number): unknown => {
      const octets = Uint8Array.from(frame('ipv6'));
      octets[ETHERNET_OCTETS + at] = octet;
      return decodeFrame(octets, 'ipv6', VRRP);
    };
    expect(changed(6, 0)).toEqual({ drop: 'ip-header' });
    expect(changed(0, 0x4c)).toEqual({ drop: 'ip-header' });
  });
});

/** What comes through at a packet socket. */
function passes(program: readonly number[], octets: Uint8Array): boolean {
  return runFilter(program, { network: octets.subarray(ETHERNET_OCTETS), data: octets }) > 0;
}

const VRIDS = [51, 200];

describe.each<[string, Family, number]>([
  ['IPv4', 'ipv4', VRRP],
  ['IPv4, in an authentication header', 'ipv4', AH_PROTOCOL],
  ['IPv6', 'ipv6', VRRP],
])('the filters of a packet socket: %s', (_, family, protocol) => {
  const before = protocol === AH_PROTOCOL ? AH_OCTETS : 0;
  const options = { family, protocol, unicast: false, vrids: VRIDS, framed: true } as const;
  const [every, ours] = [framedFilter(family, protocol), vrrpFilter(options)];

  test('let through what is of the protocol, and of that our VRIDs', () => {
    for (let vrid = 1; vrid < 256; vrid += 1) {
      const octets = frame(family, { protocol, vrid, before });
      expect(passes(every, octets)).toBe(true);
      expect(passes(ours, octets), `VRID ${vrid}`).toBe(VRIDS.includes(vrid));
    }
    const udp = frame(family, { protocol: 17, before });
    expect([passes(every, udp), passes(ours, udp)]).toEqual([false, false]);
  });

  test('drop what has passed a router', () => {
    expect(passes(ours, frame(family, { protocol, before, hopLimit: 254 }))).toBe(false);
  });

  test('fit into what the kernel takes', () => {
    expect(ours.length / 4).toBeLessThanOrEqual(256);
  });

  test('and the decoder agree on any octets', () => {
    const seeds = VRIDS.map((vrid) => frame(family, { protocol, vrid, before }));
    const mutants = new Mutants(3);
    const counts = { through: 0, dropped: 0 };
    for (let count = 0; count < 50_000; count += 1) {
      const octets = mutants.of(seeds);
      if (family === 'ipv4' && octets.length > 34) mended(octets);
      const packet = decodeFrame(octets, family, protocol);
      const message = 'drop' in packet ? null : packet.payload.subarray(before);
      const isOurs =
        !('drop' in packet) &&
        message !== null &&
        message.length >= 2 &&
        packet.hopLimit === 255 &&
        [0x21, 0x31].includes(message[0] as number) &&
        VRIDS.includes(vridOf(message) ?? 0);
      const isThrough = passes(ours, octets);
      // What is dropped in the kernel would be of no use; what is let through and can be read is for us.
      if (isOurs && !isThrough) throw new Error(`is dropped: ${toHex(octets)}`);
      if (isThrough && message !== null && message.length >= 2 && !isOurs) {
        throw new Error(`comes through: ${toHex(octets)}`);
      }
      if (message !== null && !passes(every, octets)) throw new Error(`drops: ${toHex(octets)}`);
      counts[isThrough ? 'through' : 'dropped'] += 1;
    }
    expect(counts.through).toBeGreaterThan(1000);
    expect(counts.dropped).toBeGreaterThan(1000);
  });
});
