/** What the kernel's IPVS table held when it was read, for people and machines to look at. */
import type { HeldForwarding } from './ipvs-table.ts';
import type { ServiceKey } from './virtual-server.ts';

export interface DestinationSnapshot {
  readonly address: string;
  readonly port: number;
  readonly forwarding: HeldForwarding;
  readonly weight: number;
  readonly activeConnections: number;
  readonly inactiveConnections: number;
  readonly persistentConnections: number;
}

export interface ServiceSnapshot {
  readonly key: ServiceKey;
  readonly scheduler: string;
  /** False: somebody else made it, and we leave it alone. */
  readonly owned: boolean;
  readonly destinations: readonly DestinationSnapshot[];
}

export interface IpvsSnapshot {
  readonly services: readonly ServiceSnapshot[];
}
