import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { type Advert, decodeAdvert, type Envelope, encodeAdvert } from '../../src/wire/vrrp.ts';

const v4: Envelope = { family: 'ipv4', source: '10.55.0.1', destination: '224.0.0.18' };
const one = { vrid: 51, addresses: ['10.55.0.100'] } as const;

/** Octets that keepalived 2.2.7 put on the wire. */
const CAPTURED: readonly [
  string,
  Pick<Advert, 'version' | 'vrid' | 'priority' | 'intervalMs' | 'addresses'>,
  string | null,
  Envelope,
  string,
][] = [
  [
    'v2, PASS',
    { version: 2, ...one, priority: 150, intervalMs: 1000 },
    's3cret12',
    v4,
    '213396010101cfe20a3700647333637265743132',
  ],
  [
    'v2, PASS, priority 100',
    { version: 2, ...one, priority: 100, intervalMs: 1000 },
    's3cret12',
    v4,
    '21336401010101e30a3700647333637265743132',
  ],
  [
    'v2, PASS, priority 0',
    { version: 2, ...one, priority: 0, intervalMs: 1000 },
    's3cret12',
    v4,
    '21330001010165e30a3700647333637265743132',
  ],
  [
    'v2, no authentication',
    { version: 2, ...one, priority: 150, intervalMs: 1000 },
    null,
    v4,
    '2133960100013e2f0a3700640000000000000000',
  ],
  [
    'v3 over IPv4, pseudo-header',
    { version: 3, ...one, priority: 150, intervalMs: 200 },
    null,
    v4,
    '31339601001443550a370064',
  ],
  [
    'v3 over IPv4, unicast',
    { version: 3, ...one, priority: 150, intervalMs: 200 },
    null,
    { ...v4, destination: '10.55.0.2' },
    '313396010014192f0a370064',
  ],
];

describe.each(CAPTURED)('%s', (_, advert, key, envelope, hex) => {
  test('vrrp-P2 is written as captured', () => {
    expect(toHex(encodeAdvert(advert, envelope, key))).toBe(hex);
  });

  test('vrrp-P9 is read as it was meant', () => {
    expect(decodeAdvert(fromHex(hex), envelope)).toMatchObject({
      ...advert,
      authentication: { type: key === null ? 0 : 1, key: key ?? '' },
    });
  });

  test('vrrp-R4 every truncation is dropped, and padding is passed over', () => {
    const octets = fromHex(hex);
    for (let length = 0; length < octets.length; length += 1) {
      expect(decodeAdvert(octets.subarray(0, length), envelope)).toEqual({ drop: 'length' });
    }
    expect(decodeAdvert(fromHex(`${hex}000000000000`), envelope)).toMatchObject({ vrid: 51 });
  });

  test('vrrp-C6 a flipped bit is dropped', () => {
    const octets = fromHex(hex);
    for (let bit = 16; bit < octets.length * 8; bit += 1) {
      const flipped = Uint8Array.from(octets);
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(decodeAdvert(flipped, envelope)).toHaveProperty('drop');
    }
  });
});

test('vrrp-C4 version 3 over IPv4 is read without pseudo-header too, as RFC 9568 has it', () => {
  expect(decodeAdvert(fromHex('3133960100142e1c0a370064'), v4)).toMatchObject({ priority: 150 });
});

test('vrrp-C3 version 3 over IPv6 comes back as it was sent', () => {
  const envelope: Envelope = { family: 'ipv6', source: 'fe80::1', destination: 'ff02::12' };
  const advert = {
    version: 3,
    vrid: 7,
    priority: 150,
    intervalMs: 200,
    addresses: ['fe80::100', 'fd55::100'],
  } as const;
  expect(decodeAdvert(encodeAdvert(advert, envelope, null), envelope)).toMatchObject(advert);
});

test('vrrp-R18 no octets make it throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (octets) => {
      decodeAdvert(octets, v4);
      decodeAdvert(octets, { family: 'ipv6', source: 'fe80::1', destination: 'ff02::12' });
    }),
  );
});
