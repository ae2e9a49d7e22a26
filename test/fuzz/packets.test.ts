/** vrrp-R18: no packet of a stranger throws, is believed, or costs memory. More of them: `npm run fuzz`. */
import { expect, test } from 'vitest';
import { decodeIpv4 } from '../../src/wire/ip.ts';
import { INPUT_OCTETS_MAX, PacketFuzzer } from './packets.ts';

test('vrrp-R18: 10^6 packets change no role, and none throws', () => {
  // Each is given to masters and to backups.
  expect(new PacketFuzzer(1).run(500_000)).toBe(null);
});

test('vrrp-R18: none costs more than 4 KiB', () => {
  expect(new PacketFuzzer(2).costliest(300)).toBeLessThanOrEqual(INPUT_OCTETS_MAX);
});

test('vrrp-R2: an IPv4 header that does not fit what came is dropped', () => {
  const good = Uint8Array.from([0x45, 0xc0, 0, 24, ...new Array(20).fill(0)]);
  expect(decodeIpv4(good)).toMatchObject({ payload: new Uint8Array(4) });
  for (const [at, octet] of [
    [0, 0x44],
    [0, 0x65],
    [0, 0x4f],
    [3, 19],
    [3, 25],
  ] as const) {
    const bad = Uint8Array.from(good);
    bad[at] = octet;
    expect(decodeIpv4(bad), `octet ${at}`).toEqual({ drop: 'ip-header' });
  }
  for (let length = 0; length < good.length; length += 1) {
    expect(decodeIpv4(good.subarray(0, length))).toEqual({ drop: 'ip-header' });
  }
  // A frame of less than 60 octets is padded on its link.
  expect(decodeIpv4(Uint8Array.from([...good, ...new Array(22).fill(0)]))).toMatchObject({
    payload: new Uint8Array(4),
  });
});
