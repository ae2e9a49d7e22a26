/** What `lvsctl failover` asks for, and what came of it. */

export interface FailoverRequest {
  /** Of instances and sync groups; none: all. */
  readonly names: readonly string[];
  /** Take back instead of giving up. */
  readonly back: boolean;
  /** Give up though nobody could take over. */
  readonly force: boolean;
}

export interface FailoverOutcome {
  /** Of an instance, or of a sync group, which goes over as a whole. */
  readonly name: string;
  /** `not-master`: there was nothing to give up. `waits`: it preempts as configured. */
  readonly result: 'given-up' | 'not-master' | 'taken-back' | 'waits';
  /** Address of the peer that was made ready; null: whoever takes over does so by the standard. */
  readonly peer: string | null;
}

export interface FailoverReport {
  readonly outcomes: readonly FailoverOutcome[];
}
