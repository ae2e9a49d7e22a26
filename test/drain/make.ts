/** What an order has beside what a case is about. */
import type { Book } from '../../src/drain/orders.ts';
import type { DrainState, Order, OrderVersion } from '../../src/model/drain.ts';

export const SELF = 'aaaaaaaaaaaaaaaa';
export const OTHER = 'bbbbbbbbbbbbbbbb';

export function version(atMs: number, director: string = SELF): OrderVersion {
  return { atMs, director };
}

/** Given on `lvs1`, for every director. */
export const GIVEN: Pick<Order, 'version' | 'givenOn' | 'isLocal'> = {
  version: version(1),
  givenOn: 'lvs1',
  isLocal: false,
};

export const NOTHING_KEPT: DrainState = { director: SELF, orders: [], lifts: [], leaving: [] };

export function bookOf(orders: readonly Order[]): Book {
  return { orders, lifts: [] };
}
