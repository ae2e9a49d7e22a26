/** What is known of leases now, for people and machines to look at. */

export type LeaseStateName = 'idle' | 'asking' | 'resting' | 'holding';

export interface LeaseSnapshot {
  /** Of the instance or sync group. */
  readonly name: string;
  readonly state: LeaseStateName;
  /** Milliseconds since 1970; null: it does not hold it. */
  readonly untilMs: number | null;
  /** `10.0.0.1:4470` of the director that has it, as far as an acceptor told; null: nobody, or unknown. */
  readonly holder: string | null;
}

export interface AcceptorSnapshot {
  /** `10.0.0.1:4470`. */
  readonly endpoint: string;
  readonly isOwn: boolean;
  /** Its last answer: granted, held, silent, list …; null: it has not answered yet. */
  readonly answer: string | null;
  /** Milliseconds since 1970. */
  readonly answeredAtMs: number | null;
}

export interface LeasesSnapshot {
  readonly leases: readonly LeaseSnapshot[];
  readonly acceptors: readonly AcceptorSnapshot[];
  /** Datagrams that were refused, by reason. */
  readonly refused: Readonly<Record<string, number>>;
}
