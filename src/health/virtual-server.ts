/**
 * Real servers → quorum and sorry server → what the kernel should hold, as keepalived has it. The order in which the kernel is changed is reconcile's business.
 */
import type { Serving } from '../model/serving.ts';
import type { RealServer, VirtualServer } from '../model/virtual-server.ts';
import type { Hold } from './hold.ts';
import { weightOf } from './real-server.ts';

type QuorumRules = Pick<VirtualServer, 'quorum' | 'hysteresis' | 'realServers'>;

/** What the sorry server weighs while it serves. */
const SORRY_WEIGHT = 1;

/** Who takes new connections: real servers that are up, and that no operator has taken from service. */
export function available(up: readonly boolean[], holds: readonly Hold[]): readonly boolean[] {
  return up.map((one, at) => one && holds[at] === 'free');
}

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
 * for a quorum that is always met.
 */
export function quorumBounds(server: QuorumRules): { gainedAt: number; lostBelow: number } {
  const total = server.realServers.reduce((sum, { weight }) => sum + weight, 0);
  const quorum = Math.max(1, Math.min(server.quorum, total));
  const hysteresis = Math.min(server.hysteresis, quorum - 1);
  return {
    gainedAt: Math.max(1, Math.min(quorum + hysteresis, total)),
    lostBelow: quorum - hysteresis,
  };
}

/**
 * Without a sorry server the real servers that are up go on serving when the quorum is lost. With
 * one, it serves alone: clients see one kind of answer. A real server that is drained keeps its place, with weight 0,
 * beside the sorry server too: to drain the last one must not cut its connections.
 */
export function servingOf(server: VirtualServer, { up, holds, met }: ServingInput): Serving {
  const alone = !met && server.sorryServer !== null;
  const weights = server.realServers.map((real, at) =>
    heldWeight(real, { up: up[at] === true, hold: holds[at] ?? 'free', alone }),
  );
  return { weights, sorryWeight: sorryWeightOf(server, alone, holds) };
}

export interface ServingInput {
  /** By the checks. */
  readonly up: readonly boolean[];
  readonly holds: readonly Hold[];
  readonly met: boolean;
}

function heldWeight(
  real: RealServer,
  { up, hold, alone }: { readonly up: boolean; readonly hold: Hold; readonly alone: boolean },
): number | null {
  switch (hold) {
    case 'free':
      return weightOf(real, up && !alone);
    case 'quiescent':
      return up ? 0 : weightOf(real, false);
    case 'out':
      return null;
  }
}

function sorryWeightOf(
  { sorryServer, realServers }: VirtualServer,
  serves: boolean,
  holds: readonly Hold[],
): number | null {
  if (sorryServer === null) return null;
  const { address, port } = sorryServer;
  // It may be one of the real servers, and who drains that one means it in either role.
  const isHeld = realServers.some(
    (real, at) => real.address === address && real.port === port && holds[at] !== 'free',
  );
  if (isHeld) return null;
  if (serves) return SORRY_WEIGHT;
  return sorryServer.inhibit ? 0 : null;
}
