/**
 * The orders that are in force, and what follows when one is given, lifted or has ended. Pure.
 *
 *   drain ──▶ draining ── nobody is left, or the time is over ──▶ ended: weight 0, or out of the table
 *   disable ──▶ out of the table
 *   enable ──▶ no order: as checks and configuration say
 *
 * Of two orders for one real server that of the single virtual server counts.
 */
import type { DrainEnd, DrainOrder, Order } from '../model/drain.ts';

/** Whom an order is about. */
export interface Target {
  readonly realServer: string;
  /** Null: every virtual server that has it. */
  readonly virtualServer: string | null;
}

/** Looked up by the names of virtual server and real server. */
export class OrderIndex {
  private readonly byName: ReadonlyMap<string, Order>;

  constructor(orders: readonly Order[]) {
    this.byName = new Map(orders.map((order) => [nameOf(order), order]));
  }

  get isEmpty(): boolean {
    return this.byName.size === 0;
  }

  orderOf(virtualServer: string, realServer: string): Order | null {
    return (
      this.byName.get(nameOf({ virtualServer, realServer })) ??
      this.byName.get(nameOf({ virtualServer: null, realServer })) ??
      null
    );
  }
}

function nameOf({ realServer, virtualServer }: Target): string {
  return `${realServer} ${virtualServer ?? ''}`;
}

/** Replaces what was ordered of the same: an order for all virtual servers also those for single ones. */
export function withOrder(orders: readonly Order[], order: Order): readonly Order[] {
  return [...orders.filter((one) => !isCovered(one, order)), order];
}

/**
 * Enables. `elsewhere`: the other virtual servers that have this real server, for which an order for all
 * of them goes on.
 */
export function withoutOrder(
  orders: readonly Order[],
  target: Target,
  elsewhere: readonly string[],
): readonly Order[] {
  const left = orders.filter((one) => !isCovered(one, target));
  if (target.virtualServer === null) return left;
  const isForAll = (one: Order): boolean =>
    one.virtualServer === null && one.realServer === target.realServer;
  const forAll = left.find(isForAll);
  if (forAll === undefined) return left;
  const index = new OrderIndex(left);
  const split = elsewhere
    .filter((virtualServer) => index.orderOf(virtualServer, target.realServer) === forAll)
    .map((virtualServer) => ({ ...forAll, virtualServer }));
  return [...left.filter((one) => !isForAll(one)), ...split];
}

/** Those that a new order for this target replaces. */
export function coveredBy(orders: readonly Order[], target: Target): readonly Order[] {
  return orders.filter((one) => isCovered(one, target));
}

function isCovered(order: Order, { realServer, virtualServer }: Target): boolean {
  return (
    order.realServer === realServer &&
    (virtualServer === null || order.virtualServer === virtualServer)
  );
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
