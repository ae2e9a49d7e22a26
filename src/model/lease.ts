/** The lease as configured: who has a voice, the shared secrets and what is leased. Facts, no behaviour. */
import type { Millis } from '../base/time.ts';

export interface LeaseEndpoint {
  readonly address: string;
  readonly port: number;
}

/** Port of the acceptors, where none is given. */
export const LEASE_PORT = 4470;

/** Port of the process that asks etcd, on each director, where none is given. */
export const ETCD_PORT = 4471;

/** Who has a voice. */
export interface LeaseAcceptorConfig extends LeaseEndpoint {
  /** A process on each director, at this address of its own, which asks an etcd cluster. */
  readonly isEtcd?: true;
}

/** A shorter secret can be guessed from one datagram. */
export const SECRET_OCTETS_MIN = 16;

/** What one lease is for: an instance, or a sync group as a whole. */
export interface LeaseSubject {
  /** Name of the instance or the group: unique. */
  readonly name: string;
  /** Names of the instances that wait for it. */
  readonly instances: readonly string[];
  /** Family and VRID of each instance as wire/lease.ts writes them; no two subjects share one. */
  readonly keys: readonly number[];
  /** For so long the holder uses what it was granted, at most. */
  readonly holdMs: Millis;
}

export interface LeaseConfig {
  /** An odd number of them, 3 at least; one is beside each director. */
  readonly acceptors: readonly LeaseAcceptorConfig[];
  /** Shared secrets: the first signs, the others are accepted too. */
  readonly secrets: readonly string[];
  readonly subjects: readonly LeaseSubject[];
}

/** A lease that was held when its process died: what the next process of the director goes on with. */
export interface HeldLease {
  readonly keys: readonly number[];
  /** A digest of the acceptors that it was granted by. */
  readonly list: number;
  /** The last one that was used. */
  readonly round: number;
  /** On the clock that the processes of this machine share: until then and not at it. */
  readonly untilMs: Millis;
}
