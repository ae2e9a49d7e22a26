/** BFD control packets: octets and values both ways, and whatever else may come. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import {
  type ControlPacket,
  DIAGNOSTICS,
  decodeControl,
  encodeControl,
  STATES,
} from '../../src/wire/bfd.ts';

const PLAIN: ControlPacket = {
  diagnostic: 'none',
  state: 'down',
  poll: false,
  final: false,
  controlPlaneIndependent: false,
  demand: false,
  detectMultiplier: 5,
  myDiscriminator: 1,
  yourDiscriminator: 0,
  desiredMinTxMs: 1_000,
  requiredMinRxMs: 10,
  requiredMinEchoRxMs: 0,
  authenticationType: null,
};

/** By RFC 5880 §4.1, octet by octet. */
const GOLDEN: readonly (readonly [name: string, octets: string, packet: ControlPacket])[] = [
  [
    'the first packet of a session',
    '20 40 05 18  00000001 00000000  000f4240 00002710 00000000',
    PLAIN,
  ],
  [
    'up, with a poll',
    '20 e0 03 18  deadbeef 01020304  0000c350 000186a0 00000000',
    {
      ...PLAIN,
      state: 'up',
      poll: true,
      detectMultiplier: 3,
      myDiscriminator: 0xdeadbeef,
      yourDiscriminator: 0x01020304,
      desiredMinTxMs: 50,
      requiredMinRxMs: 100,
    },
  ],
  [
    'the answer to a poll, of a system whose BFD outlives its control plane',
    '20 d8 05 18  00000001 00000002  00002710 00002710 0000c350',
    {
      ...PLAIN,
      state: 'up',
      final: true,
      controlPlaneIndependent: true,
      yourDiscriminator: 2,
      desiredMinTxMs: 10,
      requiredMinEchoRxMs: 50,
    },
  ],
  [
    'lost, and with fractions of a millisecond',
    '21 40 05 18  00000001 00000000  000f4240 00002711 00000000',
    { ...PLAIN, diagnostic: 'detection-time-expired', requiredMinRxMs: 10.001 },
  ],
  [
    'down by intention',
    '27 00 05 18  00000001 00000002  000f4240 00002710 00000000',
    { ...PLAIN, diagnostic: 'administratively-down', state: 'admin-down', yourDiscriminator: 2 },
  ],
  [
    'init, on demand',
    '20 82 ff 18  ffffffff 00000000  ffffffff 00000000 00000000',
    {
      ...PLAIN,
      state: 'init',
      demand: true,
      detectMultiplier: 255,
      myDiscriminator: 0xffffffff,
      desiredMinTxMs: 4_294_967.295,
      requiredMinRxMs: 0,
    },
  ],
  // Of keepalived 2.2.7 with min_rx 50, min_tx 50 and multiplier 3, as it came from the link.
  [
    'keepalived, down',
    '20 40 03 18  f08d24a7 00000000  000f4240 0000c350 00000000',
    { ...PLAIN, detectMultiplier: 3, myDiscriminator: 0xf08d24a7, requiredMinRxMs: 50 },
  ],
  [
    'keepalived, answering a poll',
    '20 d0 03 18  f08d24a7 3ccd7760  0000c350 0000c350 00000000',
    {
      ...PLAIN,
      state: 'up',
      final: true,
      detectMultiplier: 3,
      myDiscriminator: 0xf08d24a7,
      yourDiscriminator: 0x3ccd7760,
      desiredMinTxMs: 50,
      requiredMinRxMs: 50,
    },
  ],
  // Of BIRD 2.0.12 with an interval of 100 ms and multiplier 3.
  [
    'BIRD, which hears us',
    '20 80 03 18  d110074b eec3c3b1  000f4240 000186a0 00000000',
    {
      ...PLAIN,
      state: 'init',
      detectMultiplier: 3,
      myDiscriminator: 0xd110074b,
      yourDiscriminator: 0xeec3c3b1,
      requiredMinRxMs: 100,
    },
  ],
];

describe.each(GOLDEN)('%s', (_, octets, packet) => {
  test('is read', () => {
    expect(decodeControl(fromHex(octets))).toEqual(packet);
  });

  test('is written', () => {
    expect(toHex(encodeControl(packet))).toBe(toHex(fromHex(octets)));
  });

  test('is refused when it is cut short, wherever', () => {
    const whole = fromHex(octets);
    for (let length = 0; length < whole.length; length += 1) {
      expect(decodeControl(whole.subarray(0, length))).toEqual({ drop: 'length' });
    }
  });
});

/** RFC 5880 §6.8.6, in its order. */
const REFUSED = [
  ['version 0', '00 40 05 18  00000001 00000000  000f4240 00002710 00000000', 'version'],
  ['version 2', '40 40 05 18  00000001 00000000  000f4240 00002710 00000000', 'version'],
  ['a length below 24', '20 40 05 17  00000001 00000000  000f4240 00002710 00000000', 'length'],
  ['a length above that of the datagram', `20 40 05 19 ${'00'.repeat(20)}`, 'length'],
  [
    'authenticated, and no room for its section',
    '20 44 05 18  00000001 00000000  000f4240 00002710 00000000 0000',
    'length',
  ],
  ['no multiplier', '20 40 00 18  00000001 00000000  000f4240 00002710 00000000', 'multiplier'],
  ['multipoint', '20 41 05 18  00000001 00000000  000f4240 00002710 00000000', 'multipoint'],
  [
    'no discriminator',
    '20 40 05 18  00000000 00000000  000f4240 00002710 00000000',
    'discriminator',
  ],
] as const;

test.each(REFUSED)('%s is refused', (_, octets, drop) => {
  expect(decodeControl(fromHex(octets))).toEqual({ drop });
});

test('an authentication section is seen, and not looked into', () => {
  const octets = '20 44 05 1c  00000001 00000000  000f4240 00002710 00000000  01 04 01 61';
  expect(decodeControl(fromHex(octets))).toEqual({ ...PLAIN, authenticationType: 1 });
});

test('what follows the packet in its datagram is passed over', () => {
  const octets = '20 40 05 18  00000001 00000000  000f4240 00002710 00000000  ffff';
  expect(decodeControl(fromHex(octets))).toEqual(PLAIN);
});

test('a diagnostic without a name is none of ours', () => {
  const octets = '3f 40 05 18  00000001 00000000  000f4240 00002710 00000000';
  expect(decodeControl(fromHex(octets))).toEqual({ ...PLAIN, diagnostic: null });
});

const intervalMs = fc.integer({ min: 0, max: 0xffffffff }).map((us) => us / 1000);
const anyPacket: fc.Arbitrary<ControlPacket> = fc.record({
  diagnostic: fc.constantFrom(...DIAGNOSTICS),
  state: fc.constantFrom(...STATES),
  poll: fc.boolean(),
  final: fc.boolean(),
  controlPlaneIndependent: fc.boolean(),
  demand: fc.boolean(),
  detectMultiplier: fc.integer({ min: 1, max: 255 }),
  myDiscriminator: fc.integer({ min: 1, max: 0xffffffff }),
  yourDiscriminator: fc.integer({ min: 0, max: 0xffffffff }),
  desiredMinTxMs: intervalMs,
  requiredMinRxMs: intervalMs,
  requiredMinEchoRxMs: intervalMs,
  authenticationType: fc.constant(null),
});

test('what is written is read as it was', () => {
  fc.assert(
    fc.property(anyPacket, (packet) => {
      expect(decodeControl(encodeControl(packet))).toEqual(packet);
    }),
  );
});

test('octets of any kind are a packet or a reason, and never more', () => {
  const almost = fc
    .tuple(anyPacket, fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 255 }))
    .map(([packet, at, octet]) => encodeControl(packet).with(at, octet));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }), almost), (octets) => {
      const found = decodeControl(octets);
      if ('drop' in found) return;
      expect(found.myDiscriminator).toBeGreaterThan(0);
      expect(found.detectMultiplier).toBeGreaterThan(0);
      expect(STATES).toContain(found.state);
    }),
    { numRuns: 2_000 },
  );
});
