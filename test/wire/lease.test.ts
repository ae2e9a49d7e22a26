import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { seededRandom } from '../../src/base/random.ts';
import {
  decodeLease,
  encodeLease,
  formatLeaseKey,
  keyringOf,
  LEASE_OCTETS_MAX,
  type LeaseMessage,
  leaseKey,
  listIdOf,
  nodeIdOf,
  signingKey,
} from '../../src/wire/lease.ts';

const KEY = signingKey(Buffer.from('a secret of at least sixteen octets'));
const OTHER = signingKey(Buffer.from('another one of sixteen octets'));
const RING = keyringOf([KEY]);

const ask: LeaseMessage = {
  type: 'ask',
  list: 0x010203040506,
  node: 0x111213141516,
  acceptor: 0x212223242526,
  round: 0x313233343536,
  epoch: 0x414243444546,
  life: 0x71727374,
  keys: [51, 0x100 | 52],
  promiseMs: 3107,
  priority: 150,
};

const number48 = fc.integer({ min: 0, max: 2 ** 48 - 2 });
const number32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const octet = fc.integer({ min: 0, max: 255 });
const common = {
  list: number48,
  node: number48,
  acceptor: number48,
  round: number48,
  epoch: number48,
  life: number32,
  keys: fc.array(
    fc.tuple(fc.constantFrom('ipv4', 'ipv6'), fc.integer({ min: 1, max: 255 })).map(([f, v]) => {
      return leaseKey(f as 'ipv4' | 'ipv6', v);
    }),
    { minLength: 1, maxLength: 510 },
  ),
};
const messages: fc.Arbitrary<LeaseMessage> = fc.oneof(
  fc.record({
    type: fc.constant('ask' as const),
    ...common,
    promiseMs: number32,
    priority: octet,
  }),
  fc.record({ type: fc.constant('release' as const), ...common }),
  fc.record({
    type: fc.constant('answer' as const),
    ...common,
    verdict: fc.constantFrom('granted', 'held', 'silent', 'old', 'epoch', 'list', 'time'),
    holder: number48,
    heard: number48,
    freeInMs: number32,
  }),
);

describe('a datagram of the lease', () => {
  test('is these octets', () => {
    const octets = encodeLease(ask, KEY);
    expect(toHex(octets.subarray(0, 66))).toBe(
      [
        '4c760101',
        KEY.id.toString(16).padStart(8, '0'),
        '010203040506',
        '111213141516',
        '212223242526',
        '313233343536',
        '414243444546',
        '000000000000',
        '000000000000',
        '71727374',
        '00000c23',
        '96',
        '00',
        '0002',
        '0033',
        '0134',
      ].join(''),
    );
    expect(octets).toHaveLength(66 + 32);
  });

  test('is read as it was written', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const octets = encodeLease(message, KEY);
        expect(octets.length).toBeLessThanOrEqual(LEASE_OCTETS_MAX);
        expect(decodeLease(octets, RING)).toEqual({ message, key: KEY });
      }),
    );
  });

  test('is refused when a single bit is another one, or an octet is missing or too many', () => {
    const octets = encodeLease(ask, KEY);
    for (let bit = 0; bit < octets.length * 8; bit += 1) {
      const flipped = Uint8Array.from(octets);
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(decodeLease(flipped, RING), `bit ${bit}`).toHaveProperty('drop');
    }
    for (let length = 0; length < octets.length; length += 1) {
      expect(decodeLease(octets.subarray(0, length), RING), `${length}`).toEqual({
        drop: length < 94 ? 'length' : expect.any(String),
      });
    }
    expect(decodeLease(Uint8Array.from([...octets, 0]), RING)).toEqual({ drop: 'length' });
  });

  test('tells why it is refused', () => {
    const octets = encodeLease(ask, KEY);
    const changed = (offset: number, value: number): Uint8Array => {
      const copy = Uint8Array.from(octets);
      copy[offset] = value;
      return copy;
    };
    expect(decodeLease(changed(0, 0), RING)).toEqual({ drop: 'magic' });
    expect(decodeLease(changed(2, 2), RING)).toEqual({ drop: 'version' });
    expect(decodeLease(changed(60, 9), RING)).toEqual({ drop: 'length' });
    expect(decodeLease(octets, keyringOf([OTHER]))).toEqual({ drop: 'key' });
    expect(decodeLease(changed(31, 1), RING)).toEqual({ drop: 'signature' });
    expect(decodeLease(encodeLease({ ...ask, keys: [] }, KEY), RING)).toEqual({ drop: 'content' });
    expect(decodeLease(encodeLease({ ...ask, keys: [0x100] }, KEY), RING)).toEqual({
      drop: 'content',
    });
    expect(decodeLease(encodeLease({ ...ask, keys: [0x233] }, KEY), RING)).toEqual({
      drop: 'content',
    });
    const last = { ...ask, round: 2 ** 48 - 1 };
    expect(decodeLease(encodeLease(last, KEY), RING)).toEqual({ drop: 'content' });
  });

  test('cannot be signed by who knows the identifier only', () => {
    const forger = { id: KEY.id, secret: Buffer.from('guessed') };
    expect(decodeLease(encodeLease(ask, forger), RING)).toEqual({ drop: 'signature' });
  });

  test('of random octets never throws, whatever its beginning looks like', () => {
    const random = seededRandom(1);
    const good = encodeLease(ask, KEY);
    for (let round = 0; round < 100_000; round += 1) {
      const length = Math.floor(random() * 1300);
      const octets = new Uint8Array(length);
      for (let at = 0; at < length; at += 7) octets[at] = Math.floor(random() * 256);
      octets.set(good.subarray(0, Math.min(length, Math.floor(random() * good.length))));
      const result = decodeLease(octets, RING);
      if (length < good.length || length > good.length) expect(result).toHaveProperty('drop');
    }
  });
});

describe('identifiers', () => {
  test('a list is the same in any order, and another one with another member', () => {
    const [a, b, c] = [nodeIdOf('10.0.0.1', 4470), nodeIdOf('10.0.0.2', 4470), nodeIdOf('::1', 1)];
    expect(listIdOf([a, b, c])).toBe(listIdOf([c, a, b]));
    expect(listIdOf([a, b, c])).not.toBe(listIdOf([a, b]));
    expect(nodeIdOf('10.0.0.1', 4471)).not.toBe(a);
  });

  test('of what is leased name family and VRID', () => {
    expect(formatLeaseKey(leaseKey('ipv4', 51))).toBe('vrid 51 (IPv4)');
    expect(formatLeaseKey(leaseKey('ipv6', 255))).toBe('vrid 255 (IPv6)');
  });

  test('of a key tell nothing of it', () => {
    expect(KEY.id).not.toBe(OTHER.id);
    expect(fromHex(KEY.id.toString(16).padStart(8, '0'))).toHaveLength(4);
  });
});
