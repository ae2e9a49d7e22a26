/** What happened in a simulated world, in the order of time: for invariants, and for people to read. */
import type { Instant } from '../base/time.ts';
import type { VrrpConfig } from '../model/vrrp.ts';

interface Moment {
  readonly at: Instant;
}

/** Something was done to the world. */
export interface FaultEntry extends Moment {
  readonly what: 'fault';
  readonly text: string;
}

/** An instance or a sync group is in another state. */
export interface StateEntry extends Moment {
  readonly what: 'state';
  readonly host: string;
  readonly kind: 'instance' | 'group';
  readonly name: string;
  readonly to: string;
  readonly reason: string;
}

/** A host answers for an address from now on, or no longer. */
export interface HolderEntry extends Moment {
  readonly what: 'holds' | 'releases';
  readonly host: string;
  readonly address: string;
}

/** The gate of a host stands in front of an address, or no longer; packets to it are dropped (`no_accept`), or not. */
export interface GateEntry extends Moment {
  readonly what: 'guards' | 'unguards' | 'refuses' | 'permits';
  readonly host: string;
  readonly address: string;
}

/** A host goes by another configuration from now on; the states of its instances are told behind it. */
export interface ReloadEntry extends Moment {
  readonly what: 'reload';
  readonly host: string;
  readonly config: VrrpConfig;
}

/** A director's checks have decided the weight of a real server; null: it leaves the kernel's table. */
export interface WeightEntry extends Moment {
  readonly what: 'weight';
  readonly host: string;
  readonly virtualServer: string;
  readonly realServer: string;
  readonly weight: number | null;
}

/** The VRRP process of a host. */
export interface ProcessEntry extends Moment {
  readonly what: 'process';
  readonly host: string;
  readonly is: 'runs' | 'paused' | 'dead';
}

/** From now on all hosts and links are well, or something is not. */
export interface HealthEntry extends Moment {
  readonly what: 'health';
  readonly isWell: boolean;
}

export type Entry =
  | FaultEntry
  | StateEntry
  | HolderEntry
  | GateEntry
  | ReloadEntry
  | WeightEntry
  | ProcessEntry
  | HealthEntry;

export class Journal {
  readonly entries: Entry[] = [];

  add(entry: Entry): void {
    this.entries.push(entry);
  }
}
