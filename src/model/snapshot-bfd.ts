/** What BFD knows and has counted, for people and machines to look at. */
import type { Millis } from '../base/time.ts';

/** As on the wire (RFC 5880 §4.1). */
export type BfdSessionState = 'admin-down' | 'down' | 'init' | 'up';

/** What was heard last of the other end. */
export interface BfdPeerSnapshot {
  readonly state: BfdSessionState;
  /** Why its session left the state up last; null: a reason without a name. */
  readonly diagnostic: string | null;
  readonly discriminator: number;
  readonly minTxMs: Millis;
  readonly minRxMs: Millis;
  readonly multiplier: number;
}

export interface BfdSessionSnapshot {
  readonly name: string;
  readonly neighbour: string;
  readonly source: string | null;
  readonly multihop: boolean;
  readonly passive: boolean;
  readonly state: BfdSessionState;
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
  /** What brought it there: `neighbour hears us`, `nothing heard for 51 ms`. */
  readonly reason: string;
  /** What the other end is told of that. */
  readonly diagnostic: string;
  readonly discriminator: number;
  readonly minTxMs: Millis;
  readonly minRxMs: Millis;
  readonly multiplier: number;
  /** Between two packets of ours, as agreed. */
  readonly transmitMs: Millis;
  /** Silence of this length is the end, as agreed; null while nobody is heard. */
  readonly detectionMs: Millis | null;
  /** Null: nothing was heard of it within the detection time. */
  readonly peer: BfdPeerSnapshot | null;
  /** Why it cannot send or hear now; null: it can. */
  readonly trouble: string | null;
  readonly sent: number;
  readonly received: number;
  readonly wentUp: number;
  readonly wentDown: number;
  /** Packets dropped, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
}

export interface BfdSnapshot {
  readonly sessions: readonly BfdSessionSnapshot[];
  /** Packets that are of no session, by reason. */
  readonly strangers: Readonly<Record<string, number>>;
}
