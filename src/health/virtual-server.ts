/**
 * Real servers → quorum and sorry server → what the kernel should hold (behaviour.md §7 "Quorum",
 * §15.4). The order in which the kernel is changed is reconcile's business.
 */
import type { Serving } from '../model/serving.ts';
import type { VirtualServer } from '../model/virtual-server.ts';
import { weightOf } from './real-server.ts';

type QuorumRules = Pick<VirtualServer, 'quorum' | 'hysteresis' | 'realServers'>;

/** What the sorry server weighs while it serves. */
const SORRY_WEIGHT = 1;

/** Sum of the weights of the real servers that are up, whether or not the kernel holds them. */
export function upWeight(
  server: Pick<VirtualServer, 'realServers'>,
  up: readonly boolean[],
): number {
  return server.realServers.reduce((sum, { weight }, at) => (up[at] ? sum + weight : sum), 0);
}

/**
 * Whether the quorum is met. It is gained at quorum + hysteresis, which also decides at the start
 * (`was` null), and lost below quorum - hysteresis.
 */
export function quorumMet(server: QuorumRules, sum: number, was: boolean | null): boolean {
  const { gainedAt, lostBelow } = quorumBounds(server);
  return was === true ? sum >= lostBelow : sum >= gainedAt;
}

/**
 * A quorum above the total weight means all of it. Here keepalived differs: it lets quorum +
 * hysteresis exceed the total, so that the virtual server never comes up, and takes a total of 0
 * for a quorum that is always met (behaviour.md §14).
 */
export function quorumBounds(server: QuorumRules): { gainedAt: number; lostBelow: number } {
  const total = upWeight(
    server,
    server.realServers.map(() => true),
  );
  const quorum = Math.max(1, Math.min(server.quorum, total));
  const hysteresis = Math.min(server.hysteresis, quorum - 1);
  return {
    gainedAt: Math.max(1, Math.min(quorum + hysteresis, total)),
    lostBelow: quorum - hysteresis,
  };
}

/**
 * Without a sorry server the real servers that are up go on serving when the quorum is lost. With
 * one, it serves alone: clients see one kind of answer.
 */
export function servingOf(server: VirtualServer, up: readonly boolean[], met: boolean): Serving {
  const alone = !met && server.sorryServer !== null;
  return {
    weights: server.realServers.map((real, at) => weightOf(real, up[at] === true && !alone)),
    sorryWeight: sorryWeightOf(server, alone),
  };
}

function sorryWeightOf({ sorryServer }: VirtualServer, serves: boolean): number | null {
  if (sorryServer === null) return null;
  if (serves) return SORRY_WEIGHT;
  return sorryServer.inhibit ? 0 : null;
}
