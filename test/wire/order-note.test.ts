import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeOrderNote,
  encodeOrderNote,
  NOTE_OCTETS_MAX,
  type NotedOrder,
  notedName,
  type OrderNote,
} from '../../src/wire/order-note.ts';

const ms = fc.nat(2 ** 31);
const hex = (digits: number) =>
  fc
    .uint8Array({ minLength: digits / 2, maxLength: digits / 2 })
    .map((octets) => Buffer.from(octets).toString('hex'));

const order: fc.Arbitrary<NotedOrder> = fc.record({
  kind: fc.constantFrom('drain', 'disable', 'enable'),
  realServer: fc.constantFrom('10.1.0.3:80', '[fd00::1]:443', '10.1.0.3:0'),
  virtualServer: fc.constantFrom(null, '10.0.0.1:80 tcp', 'group web tcp', 'fwmark 7 ipv4'),
  sinceMs: ms,
  untilMs: fc.option(ms),
  version: fc.record({ atMs: ms, director: hex(16) }),
  atEnd: fc.constantFrom('stay', 'remove'),
  givenOn: fc.constantFrom('lvs1', 'lvs2.example.org'),
});

const note: fc.Arbitrary<OrderNote> = fc.oneof(
  fc.record({
    kind: fc.constant('have' as const),
    isAnswer: fc.boolean(),
    director: hex(16),
    name: fc.constantFrom('lvs1', 'a b'),
    digest: hex(64),
  }),
  fc.record({
    kind: fc.constant('put' as const),
    batch: ms,
    nowMs: ms,
    orders: fc.array(order, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant('got' as const), batch: ms, isTaken: fc.boolean() }),
);

test('a note comes out as it went in', () => {
  fc.assert(
    fc.property(note, (one) => {
      expect(decodeOrderNote(encodeOrderNote(one))).toEqual(one);
    }),
  );
});

const ORDER = {
  kind: 'drain',
  realServer: '10.1.0.3:80',
  virtualServer: null,
  sinceMs: 1,
  untilMs: null,
  atEnd: 'stay',
  version: { atMs: 1, director: '0123456789abcdef' },
  givenOn: 'lvs1',
};

const put = (over: object): Uint8Array =>
  Buffer.from(JSON.stringify({ kind: 'put', batch: 1, nowMs: 1, orders: [{ ...ORDER, ...over }] }));

test.each<[string, object]>([
  ['of another kind', { kind: 'flush' }],
  ['for what is no real server', { realServer: '10.1.0.3' }],
  ['for a name that is written otherwise', { realServer: '[FD00::1]:80' }],
  ['for a port that there is not', { realServer: '10.1.0.3:70000' }],
  ['whose virtual server would move a cursor', { virtualServer: '\u001b[2J' }],
  ['whose virtual server has no end', { virtualServer: 'x'.repeat(513) }],
  ['without time', { sinceMs: null }],
  ['of a time before 1970', { sinceMs: -1 }],
  ['of half a millisecond', { untilMs: 0.5 }],
  ['of the end of numbers', { version: { atMs: 2 ** 53, director: '0123456789abcdef' } }],
  ['of a director without name', { version: { atMs: 1, director: 'x' } }],
  ['that ends otherwise', { atEnd: 'delete' }],
  ['that was given nowhere', { givenOn: '' }],
])('an order %s is no order', (_, over) => {
  expect(decodeOrderNote(put({}))).not.toBeNull();
  expect(decodeOrderNote(put(over))).toBeNull();
});

test('what is cut, too long, or anything at all never throws', () => {
  fc.assert(
    fc.property(note, fc.nat(), (one, at) => {
      const octets = encodeOrderNote(one);
      expect(decodeOrderNote(octets.subarray(0, at % octets.length))).toBeNull();
    }),
  );
  fc.assert(
    fc.property(fc.json(), (text) => void decodeOrderNote(Buffer.from(text))),
    { numRuns: 1_000 },
  );
  expect(decodeOrderNote(Buffer.from(' '.repeat(NOTE_OCTETS_MAX + 1)))).toBeNull();
});

test('a name is told without what moves a cursor, and not in full when it is long', () => {
  expect(notedName('lvs\u00071\n')).toBe('lvs1');
  expect(notedName('x'.repeat(100))).toHaveLength(64);
});
