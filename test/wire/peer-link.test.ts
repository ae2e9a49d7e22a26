import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodePeerMessage,
  encodePeerMessage,
  type PeerMessage,
} from '../../src/wire/peer-link.ts';

const KEY = Buffer.from('a key that directors share');

const id = fc
  .uint8Array({ minLength: 8, maxLength: 8 })
  .map((octets) => Buffer.from(octets).toString('hex'))
  .filter((text) => !/^0+$/.test(text));

const others: fc.Arbitrary<PeerMessage> = fc
  .record({
    kind: fc.constantFrom('hello', 'prepare', 'ready', 'take', 'want', 'yielded', 'reigned'),
    family: fc.constantFrom('ipv4', 'ipv6'),
    life: id,
    sequence: fc.maxSafeNat(),
    to: fc.option(id),
    token: fc.option(id),
    entries: fc.array(
      fc.record({
        vrid: fc.integer({ min: 1, max: 255 }),
        priority: fc.integer({ min: 0, max: 255 }),
        state: fc.constantFrom('init', 'backup', 'master', 'fault'),
        canTake: fc.boolean(),
      }),
      { maxLength: 255 },
    ),
    note: fc.constant(null),
    reignMs: fc.nat(0xffff_ffff),
  })
  .map(({ reignMs, ...message }) => ({
    ...message,
    reigns: /yielded|reigned/.test(message.kind)
      ? message.entries.map((_, at) => ({ forMs: (reignMs + at) % 2 ** 32, agoMs: at }))
      : [],
  }));

const notes: fc.Arbitrary<PeerMessage> = fc
  .tuple(others, fc.uint8Array({ maxLength: 1_100 }))
  .map(([message, note]) => ({ ...message, kind: 'note', entries: [], note, reigns: [] }));

const messages = fc.oneof({ weight: 4, arbitrary: others }, notes);

describe('a message between directors', () => {
  test('comes out as it went in, with and without a key; a note only with one', () => {
    fc.assert(
      fc.property(messages, fc.constantFrom(null, KEY), (message, key) => {
        const octets = encodePeerMessage(message, key);
        const expected =
          message.note !== null && key === null ? { drop: 'authentication' } : message;
        expect(decodePeerMessage(octets, key)).toEqual(expected);
      }),
    );
  });

  test('has the octets that the drawing shows', () => {
    const message: PeerMessage = {
      kind: 'take',
      family: 'ipv4',
      life: '0102030405060708',
      sequence: 2 ** 32 + 5,
      to: '1112131415161718',
      token: '2122232425262728',
      entries: [{ vrid: 51, priority: 150, state: 'master', canTake: true }],
      note: null,
      reigns: [],
    };
    expect(Buffer.from(encodePeerMessage(message, null)).toString('hex')).toBe(
      '4c56535001030401' +
        '0102030405060708' +
        '0000000100000005' +
        '1112131415161718' +
        '2122232425262728' +
        '33960201',
    );
    const yielded = encodePeerMessage(
      { ...message, kind: 'yielded', reigns: [{ forMs: 65_537.4, agoMs: 3 }] },
      null,
    );
    expect(Buffer.from(yielded).toString('hex').slice(-24)).toBe('339602010001000100000003');
    const forever = encodePeerMessage(
      { ...message, kind: 'reigned', reigns: [{ forMs: 2 ** 40, agoMs: 0 }] },
      null,
    );
    expect(Buffer.from(forever).toString('hex').slice(-16)).toBe('ffffffff00000000');
  });

  test('of another key, or without the tag that is expected, is refused', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const signed = encodePeerMessage(message, KEY);
        const refused = { drop: 'authentication' };
        expect(decodePeerMessage(signed, Buffer.from('another'))).toEqual(refused);
        expect(decodePeerMessage(signed, null)).toEqual(refused);
        expect(decodePeerMessage(encodePeerMessage(message, null), KEY)).toEqual(refused);
      }),
    );
  });

  test('that was changed anywhere is refused when there is a key', () => {
    fc.assert(
      fc.property(messages, fc.nat(), fc.integer({ min: 1, max: 255 }), (message, at, change) => {
        const octets = Uint8Array.from(encodePeerMessage(message, KEY));
        const place = at % octets.length;
        octets[place] = (octets[place] as number) ^ change;
        expect(decodePeerMessage(octets, KEY)).toHaveProperty('drop');
      }),
    );
  });

  test('cut short, or of any octets at all, never throws', () => {
    fc.assert(
      fc.property(messages, fc.nat(), (message, at) => {
        const octets = encodePeerMessage(message, null);
        const cut = octets.subarray(0, at % octets.length);
        expect(decodePeerMessage(cut, null)).toHaveProperty('drop');
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(null, KEY), (octets, key) => {
        decodePeerMessage(octets, key);
      }),
      { numRuns: 5_000 },
    );
  });
});
