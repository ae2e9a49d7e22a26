/** What the log is told of drains. */
import { formatEndpoint } from '../base/endpoint.ts';
import type { Log } from '../base/log.ts';
import type { Leaving, NamedServer, Order } from '../model/drain.ts';
import { nameOfService, stageOf } from '../model/names.ts';
import type { Target } from './orders.ts';

/** Why one of them goes though it has connections: reconcile/leaving.ts. */
export const NO_ROOM = 'no room beside mh';

/** Names in one record. */
const NAMES_LOGGED_MAX = 20;

/** `order` null: it is enabled. */
export function tellOrder(
  log: Log,
  { realServer, virtualServer }: Target,
  { from, order, reason }: { from: readonly string[]; order: Order | null; reason: string },
): void {
  const fields = {
    realServer,
    virtualServer: virtualServer ?? 'every one that has it',
    from: from.join(', ') || 'in service',
    to: order === null ? 'in service' : stageOf(order),
    reason,
  };
  const limits = order?.kind === 'drain' ? { untilMs: order.untilMs, atEnd: order.atEnd } : {};
  const left = order?.kind === 'drain' && order.ended !== null ? { left: order.ended.left } : {};
  log.info({ ...fields, ...limits, ...left }, 'real server steered');
}

export function tellLeaving(
  log: Log,
  which: readonly Leaving[],
  fields: {
    readonly from: string;
    readonly to: string;
    readonly reason: string;
    readonly left?: number;
  },
): void {
  if (which.length === 0) return;
  const realServers = which.slice(0, NAMES_LOGGED_MAX).map(nameOfLeaving);
  // Its connections are cut.
  const level = fields.reason === NO_ROOM ? 'warn' : 'info';
  log[level]({ ...fields, count: which.length, realServers }, 'removed real servers drain');
}

export function nameOfLeaving(leaving: Leaving): string {
  const { virtualServer, realServer } = namedLeaving(leaving);
  return `${realServer} of ${virtualServer}`;
}

/** As `leaving` of a snapshot has it. */
export function namedLeaving({ service, destination: { address, port } }: Leaving): NamedServer {
  return { virtualServer: nameOfService(service.key), realServer: formatEndpoint(address, port) };
}
