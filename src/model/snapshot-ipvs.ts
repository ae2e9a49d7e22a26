/** What the kernel's IPVS table held when it was read, for people and machines to look at. */
import type { ForwardingMethod, ServiceKey } from './virtual-server.ts';

export interface DestinationSnapshot {
  readonly address: string;
  readonly port: number;
  /** `other` stands for the kernel's local and bypass methods, which we never set. */
  readonly forwarding: ForwardingMethod | 'other';
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
