/**
 * What operators have said, and what follows when they say something else. Pure.
 *
 *   drain ──▶ draining ── nobody is left, or the time is over ──▶ ended: weight 0, or out of the table
 *   disable ──▶ out of the table
 *   enable ──▶ no order: as checks and configuration say
 *
 * Of all that was said of one real server in one virtual server the latest counts. So directors that have heard the
 * same agree, in whatever order they heard it; and what is lifted is remembered, so that what it has lifted does
 * not come back from a director that did not hear of it.
 */
import type { DrainEnd, DrainOrder, Lift, Order, OrderVersion, Steering } from '../model/drain.ts';

/** Whom an order is about. */
export interface Target {
  readonly realServer: string;
  /** Null: every virtual server that has it. */
  readonly virtualServer: string | null;
}

export interface Book {
  readonly orders: readonly Order[];
  readonly lifts: readonly Lift[];
}

/** A host with more real servers than this is taken from service by its configuration. */
export const ORDERS_MAX = 2_048;
/** Lifts that nothing needs now are kept for directors that are away. */
const LIFTS_MAX = 1_024;

/** Looked up by the names of virtual server and real server. */
export class OrderIndex {
  private readonly byName: ReadonlyMap<string, Steering>;
  readonly isEmpty: boolean;

  constructor({ orders, lifts }: Book) {
    this.byName = new Map([...lifts, ...orders].map((one) => [nameOf(one), one]));
    this.isEmpty = orders.length === 0;
  }

  orderOf(virtualServer: string, realServer: string): Order | null {
    // What was said of all of them later has replaced what was said of the single one.
    const said =
      this.byName.get(nameOf({ virtualServer, realServer })) ??
      this.byName.get(nameOf({ virtualServer: null, realServer }));
    return said === undefined || said.kind === 'enable' ? null : said;
  }
}

/** Names a target: no other one has it. */
export function nameOf({ realServer, virtualServer }: Target): string {
  return `${realServer} ${virtualServer ?? ''}`;
}

/** The same book: something later was said already. */
export function steered(book: Book, next: Steering): Book {
  const { orders, lifts } = book;
  const isLate = [...orders, ...lifts].some(
    (one) => isCovered(next, one) && !isLater(next.version, one.version),
  );
  if (isLate) return book;
  const isReplaced = (one: Steering): boolean =>
    isCovered(one, next) && isLater(next.version, one.version);
  const kept = {
    orders: orders.filter((one) => !isReplaced(one)),
    lifts: lifts.filter((one) => !isReplaced(one)),
  };
  return next.kind === 'enable'
    ? { ...kept, lifts: withoutOldest([...kept.lifts, next], kept.orders) }
    : { ...kept, orders: [...kept.orders, next] };
}

/** Single virtual servers that an order for all of them is lifted for. */
export function exceptions({ orders, lifts }: Book): readonly Lift[] {
  const forAll = new Set(
    orders.flatMap((one) => (one.virtualServer === null ? one.realServer : [])),
  );
  return lifts.filter((one) => one.virtualServer !== null && forAll.has(one.realServer));
}

export function isLater(one: OrderVersion, other: OrderVersion): boolean {
  return one.atMs > other.atMs || (one.atMs === other.atMs && one.director > other.director);
}

/** Those that a new order for this target replaces. */
export function coveredBy(orders: readonly Order[], target: Target): readonly Order[] {
  return orders.filter((one) => isCovered(one, target));
}

function isCovered(order: Target, { realServer, virtualServer }: Target): boolean {
  return (
    order.realServer === realServer &&
    (virtualServer === null || order.virtualServer === virtualServer)
  );
}

function withoutOldest(lifts: readonly Lift[], orders: readonly Order[]): readonly Lift[] {
  if (lifts.length <= LIFTS_MAX) return lifts;
  const needed = new Set(exceptions({ orders, lifts }));
  const oldest = lifts
    .filter((one) => !needed.has(one))
    .reduce<Lift | null>((a, b) => (a === null || isLater(a.version, b.version) ? b : a), null);
  return lifts.filter((one) => one !== oldest);
}

/** A drain has come to its end; it stays in force, so that the real server gets no weight. */
export function withEnd(
  orders: readonly Order[],
  order: DrainOrder,
  ended: DrainEnd,
): readonly Order[] {
  return orders.map((one) => (one === order ? { ...order, ended } : one));
}

export function isDraining(order: Order): order is DrainOrder {
  return order.kind === 'drain' && order.ended === null;
}
