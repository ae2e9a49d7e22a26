/** BFD sessions as configured (`bfd_instance`), every default filled in. Facts, no behaviour. */
import type { Millis } from '../base/time.ts';
import type { ProcessSettings } from './vrrp.ts';

export interface BfdInstance {
  readonly name: string;
  /** The other end. */
  readonly neighbour: string;
  /** Local address, of the neighbour's family; null: the kernel's choice. */
  readonly source: string | null;
  /** The other end is not on the link: RFC 5883, and another port. */
  readonly multihop: boolean;
  /** Waits for the other end to begin. */
  readonly passive: boolean;
  readonly minTxMs: Millis;
  readonly minRxMs: Millis;
  /** Between packets while the session is not up; at least 1 s (RFC 5880 §6.8.3). */
  readonly idleTxMs: Millis;
  /** Packets that may be missed: 1 to 255. */
  readonly multiplier: number;
  /** Hop limit of what is sent: 1 to 255. */
  readonly hopLimit: number;
  /** What arrives with less has come too far, and is dropped; 0: anything is taken. */
  readonly hopLimitMin: number;
  /** For instances that name no weight of their own. */
  readonly weightDelta: number;
  readonly reverse: boolean;
  /** Who hears of it. */
  readonly tellsVrrp: boolean;
  readonly tellsCheckers: boolean;
}

/** Everything the `bfd` process is told. */
export interface BfdConfig {
  readonly instances: readonly BfdInstance[];
  readonly process: ProcessSettings;
}

/** Whether a session is up, by its name; one that is not in it is not known yet. */
export type BfdStates = Readonly<Record<string, boolean>>;
