import { describe, expect, test } from 'vitest';
import { OrderIndex, withEnd, withOrder, withoutOrder } from '../../src/drain/orders.ts';
import type { DrainOrder, Order } from '../../src/model/drain.ts';

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
    ...over,
  };
}

const disable = (virtualServer: string | null): Order => ({
  kind: 'disable',
  realServer: RS,
  virtualServer,
  sinceMs: 2,
});

describe('of two orders', () => {
  test('that for the single virtual server counts', () => {
    const index = new OrderIndex([drain(null), disable('A')]);
    expect(index.orderOf('A', RS)?.kind).toBe('disable');
    expect(index.orderOf('B', RS)?.kind).toBe('drain');
    expect(index.orderOf('A', '10.1.0.3:8080')).toBeNull();
  });

  test('the later one for all virtual servers replaces those for single ones', () => {
    const orders = withOrder(withOrder([drain('A')], drain('B')), disable(null));
    expect(orders).toEqual([disable(null)]);
  });

  test('for different real servers both stay', () => {
    const other = drain(null, { realServer: '10.1.0.4:80' });
    expect(withOrder([other], disable(null))).toEqual([other, disable(null)]);
  });
});

describe('to enable', () => {
  const target = (virtualServer: string | null) => ({ realServer: RS, virtualServer });

  test('everywhere lifts every order for it', () => {
    expect(withoutOrder([drain(null), disable('A')], target(null), [])).toEqual([]);
  });

  test('in one virtual server leaves those of the others in force', () => {
    const left = withoutOrder([drain(null), disable('B')], target('A'), ['B', 'C']);
    expect(left).toEqual([disable('B'), drain('C')]);
    expect(new OrderIndex(left).orderOf('A', RS)).toBeNull();
  });

  test('what is not taken from service changes nothing', () => {
    expect(withoutOrder([disable('B')], target('A'), ['B'])).toEqual([disable('B')]);
  });
});

test('an order that has ended is still one', () => {
  const order = drain(null);
  const ended = { how: 'timeout', atMs: 9, left: null } as const;
  expect(withEnd([order, disable('A')], order, ended)).toEqual([{ ...order, ended }, disable('A')]);
});
