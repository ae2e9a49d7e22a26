/**
 * Whose packet is this, and is it believed? RFC 5880 §6.8.6 up to the state machine, RFC 5881 §4 and §5 and
 * RFC 5082 (GTSM): what may come from the link only has a hop limit that nothing further away can have.
 */
import type { BfdInstance } from '../model/bfd.ts';
import { type ControlPacket, decodeControl, type PacketDrop } from '../wire/bfd.ts';
import type { Session } from './session.ts';

/** A datagram as it came. */
export interface Received {
  readonly source: string;
  readonly destination: string;
  readonly hopLimit: number;
  readonly multihop: boolean;
  readonly payload: Uint8Array;
}

/** What must be known of a session to find it. */
export interface Candidate {
  readonly instance: Pick<BfdInstance, 'neighbour' | 'source' | 'multihop' | 'hopLimitMin'>;
  readonly session: Pick<Session, 'is' | 'localDiscriminator'>;
}

export type Drop =
  | PacketDrop
  /** It names a discriminator that is not ours, or no session has this neighbour. */
  | { readonly drop: 'no-session' }
  /** It names a session of ours, and comes from somebody else than its neighbour. */
  | { readonly drop: 'source' }
  /** It has come further than it may. */
  | { readonly drop: 'hop-limit' }
  /** §6.8.6: it is authenticated, and our sessions are not. */
  | { readonly drop: 'authentication' }
  /** §6.8.6: it knows no session of ours, and yet says that it hears us. */
  | { readonly drop: 'state' }
  /** Our session is down by intention. */
  | { readonly drop: 'admin-down' };

export type Admitted<One extends Candidate> =
  | { readonly packet: ControlPacket; readonly session: One }
  /** `session`: the one that it would have been for. */
  | (Drop & { readonly session: One | null });

export function admit<One extends Candidate>(
  received: Received,
  sessions: readonly One[],
): Admitted<One> {
  const packet = decodeControl(received.payload);
  if ('drop' in packet) return { ...packet, session: null };
  const session = sessionOf(packet, received, sessions);
  if (session === undefined) return { drop: 'no-session', session: null };
  const { instance } = session;
  if (instance.neighbour !== received.source) return { drop: 'source', session };
  if (received.hopLimit < instance.hopLimitMin) return { drop: 'hop-limit', session };
  if (packet.authenticationType !== null) return { drop: 'authentication', session };
  const knowsNobody = packet.yourDiscriminator === 0;
  const isDown = packet.state === 'down' || packet.state === 'admin-down';
  if (knowsNobody && !isDown) return { drop: 'state', session };
  if (session.session.is === 'admin-down') return { drop: 'admin-down', session };
  return { packet, session };
}

/** §6.3: by our discriminator; while the other end does not know it, by the addresses. */
function sessionOf<One extends Candidate>(
  { yourDiscriminator }: ControlPacket,
  { source, destination, multihop }: Received,
  sessions: readonly One[],
): One | undefined {
  const ofKind = sessions.filter(({ instance }) => instance.multihop === multihop);
  if (yourDiscriminator !== 0) {
    return ofKind.find(({ session }) => session.localDiscriminator === yourDiscriminator);
  }
  const ofNeighbour = ofKind.filter(({ instance }) => instance.neighbour === source);
  return (
    ofNeighbour.find(({ instance }) => instance.source === destination) ??
    ofNeighbour.find(({ instance }) => instance.source === null)
  );
}
