import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Book,
  exceptions,
  nameOf,
  OrderIndex,
  steered,
  withEnd,
} from '../../src/drain/orders.ts';
import type { DrainOrder, Lift, Order, Steering } from '../../src/model/drain.ts';
import { bookOf, GIVEN, OTHER, SELF, version } from './make.ts';

const RS = '10.1.0.3:80';

function drain(virtualServer: string | null, over: Partial<DrainOrder> = {}): DrainOrder {
  return {
    kind: 'drain',
    realServer: RS,
    virtualServer,
    sinceMs: 1,
    untilMs: null,
    atEnd: 'stay',
    ended: null,
    ...GIVEN,
    ...over,
  };
}

const disable = (virtualServer: string | null, atMs = 2): Order => ({
  ...GIVEN,
  kind: 'disable',
  realServer: RS,
  virtualServer,
  sinceMs: 2,
  version: version(atMs),
});

const lift = (virtualServer: string | null, atMs: number): Lift => ({
  ...GIVEN,
  kind: 'enable',
  realServer: RS,
  virtualServer,
  sinceMs: 3,
  version: version(atMs),
});

const bookAfter = (...said: readonly Steering[]): Book => said.reduce(steered, bookOf([]));

const orderIn = (book: Book, virtualServer: string): string | undefined =>
  new OrderIndex(book).orderOf(virtualServer, RS)?.kind;

describe('of two orders', () => {
  test('that for the single virtual server counts', () => {
    const book = bookAfter(drain(null), disable('A'));
    expect([orderIn(book, 'A'), orderIn(book, 'B')]).toEqual(['disable', 'drain']);
    expect(new OrderIndex(book).orderOf('A', '10.1.0.3:8080')).toBeNull();
  });

  test('the later one for all virtual servers replaces those for single ones', () => {
    expect(bookAfter(drain('A'), drain('B'), disable(null))).toEqual(bookOf([disable(null)]));
  });

  test('for different real servers both stay', () => {
    const other = drain(null, { realServer: '10.1.0.4:80' });
    expect(bookAfter(other, disable(null)).orders).toEqual([other, disable(null)]);
  });

  test('of one moment the same counts everywhere', () => {
    const [one, other] = [version(5, SELF), version(5, OTHER)];
    const [first, second] = [drain(null, { version: one }), drain(null, { version: other })];
    expect(bookAfter(first, second)).toEqual(bookAfter(second, first));
  });
});

describe('to enable', () => {
  test('everywhere lifts every order for it', () => {
    expect(bookAfter(drain(null), disable('A'), lift(null, 3)).orders).toEqual([]);
  });

  test('in one virtual server leaves those of the others in force', () => {
    const book = bookAfter(drain(null), disable('B'), lift('A', 3));
    expect(['A', 'B', 'C'].map((name) => orderIn(book, name))).toEqual([
      undefined,
      'disable',
      'drain',
    ]);
    expect(exceptions(book)).toEqual([lift('A', 3)]);
  });

  test('is remembered: what was ordered before does not come back', () => {
    const book = bookAfter(lift(null, 5));
    expect(steered(book, disable('A', 4))).toBe(book);
    expect(steered(book, disable(null, 5))).toBe(book);
    expect(orderIn(steered(book, disable('A', 6)), 'A')).toBe('disable');
  });

  test('a thousand of them are remembered, and those that an order needs', () => {
    const needed = bookAfter(disable(null, 1), lift('A', 2));
    const many = Array.from({ length: 1_100 }, (_, at) => ({
      ...lift(null, 3 + at),
      realServer: `10.2.0.1:${at + 1}`,
    }));
    const book = many.reduce(steered, needed);
    expect(book.lifts).toHaveLength(1_024);
    expect(orderIn(book, 'A')).toBeUndefined();
    expect(book.lifts.map(nameOf)).not.toContain('10.2.0.1:1 ');
    expect(book.lifts.map(nameOf)).toContain('10.2.0.1:1100 ');
  });
});

test('directors that have heard the same agree, in whatever order they heard it (property)', () => {
  const arbitrary = fc.record({
    kind: fc.constantFrom('drain', 'disable', 'enable'),
    virtualServer: fc.constantFrom(null, 'A', 'B'),
    at: fc.record({ atMs: fc.nat(6), director: fc.constantFrom(SELF, OTHER) }),
  });
  const distinct = fc.uniqueArray(arbitrary, {
    maxLength: 8,
    // One director never gives two of them one version.
    selector: ({ at }) => `${at.atMs} ${at.director}`,
  });
  fc.assert(
    fc.property(
      distinct.chain((list) =>
        fc.tuple(
          fc.constant(list),
          fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length }),
        ),
      ),
      (heard) => {
        const [one, other] = heard.map((list) =>
          bookAfter(
            ...list.map(({ kind, virtualServer, at }): Steering => {
              const said = { ...drain(virtualServer), version: at };
              return kind === 'drain' ? said : ({ ...said, kind } as Steering);
            }),
          ),
        );
        for (const name of ['A', 'B', 'C']) {
          const [here, there] = [one, other].map((book) =>
            new OrderIndex(book ?? bookOf([])).orderOf(name, RS),
          );
          expect(here).toEqual(there);
        }
      },
    ),
  );
});

test('an order that has ended is still one', () => {
  const order = drain(null);
  const ended = { how: 'timeout', atMs: 9, left: null } as const;
  expect(withEnd([order, disable('A')], order, ended)).toEqual([{ ...order, ended }, disable('A')]);
});
