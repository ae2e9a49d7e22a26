/** What the lease asks of the outside, in its own words. */
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Clock, Instant } from '../base/time.ts';
import type { LeaseEndpoint } from '../model/lease.ts';

/** Sends datagrams; what does not arrive is nobody's fault. */
export interface DatagramPort {
  send(octets: Uint8Array, to: LeaseEndpoint): void;
}

/** What becomes of the leases that were asked for, by the name of what they are for. */
export interface LeaseListener {
  /** It may be used until then, if it is not prolonged. */
  granted(name: string, until: Instant): void;
  renewed(name: string, until: Instant): void;
  /** It is over: whatever it stands for must be closed. */
  lost(name: string): void;
  /** We hold it, and a director of a higher priority asks for it. */
  wantedByBetter(name: string, priority: number): void;
}

export interface LeasePorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  /** A number of 32 bits that nobody can guess. */
  draw(): number;
  readonly datagrams: DatagramPort;
  readonly listener: LeaseListener;
}
