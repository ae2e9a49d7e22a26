/** What a configuration asks of IPVS besides virtual servers: timeouts, connection sync, sysctls. Facts. */

/** Seconds after which idle connections are forgotten; 0 leaves the kernel's. */
export interface ConnectionTimeouts {
  readonly tcpSeconds: number;
  readonly tcpFinSeconds: number;
  readonly udpSeconds: number;
}

/** Connections are told to the other director, and learnt from it; null leaves a value to the kernel. */
export interface SyncSettings {
  readonly interface: string;
  /** The VRRP instance whose state decides the role; null: both roles, all the time. */
  readonly instance: string | null;
  /** 0 to 255. */
  readonly syncId: number;
  /** Octets of a message: 1 to 65507. */
  readonly maxlen: number | null;
  /** Multicast address of either family. */
  readonly group: string | null;
  readonly port: number | null;
  readonly ttl: number | null;
}

/** What is removed from the kernel's table at stop: all of it, or our virtual servers service by service. */
export type FlushOnStop = 'everything' | 'own';

export interface KernelSettings {
  /** Network namespace whose IPVS this is, by its name; null: that of the health process. */
  readonly namespace: string | null;
  readonly timeouts: ConnectionTimeouts | null;
  readonly sync: SyncSettings | null;
  /** Names below net.ipv4.vs and the values to write: `conn_reuse_mode` → `1`, `sync_threshold` → `3 50`. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** Null: our virtual servers are removed like those that leave the configuration. */
  readonly flushOnStop: FlushOnStop | null;
}

export const NO_SETTINGS: KernelSettings = {
  namespace: null,
  timeouts: null,
  sync: null,
  sysctls: {},
  flushOnStop: null,
};

/** Whether there is something to do in the kernel while no virtual server is configured. */
export function hasWork({ timeouts, sync, sysctls }: KernelSettings): boolean {
  return timeouts !== null || sync !== null || Object.keys(sysctls).length > 0;
}
