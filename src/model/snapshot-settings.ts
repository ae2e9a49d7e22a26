/** What the kernel holds of our settings, and what is heard of connection sync, to look at. */
import type { ConnectionTimeouts } from './kernel-settings.ts';

export interface SyncDaemonSnapshot {
  readonly role: 'master' | 'backup';
  readonly interface: string;
  readonly syncId: number;
  /** Null: this kernel does not tell. */
  readonly maxlen: number | null;
  readonly group: string | null;
  readonly port: number | null;
  readonly ttl: number | null;
  /** False: somebody else started it, and we leave it alone. */
  readonly owned: boolean;
}

/** Messages of other directors since we listen; the kernel itself counts none. */
export interface SyncHeard {
  readonly sinceMs: number;
  readonly messages: number;
  /** Connections told in them, each as often as it was told. */
  readonly entries: number;
  /** Milliseconds since 1970; null: none yet. */
  readonly lastAtMs: number | null;
  readonly lastFrom: string | null;
  /** Messages of another sync id, which the kernel ignores. */
  readonly otherIds: number;
}

export interface SyncSnapshot {
  readonly daemons: readonly SyncDaemonSnapshot[];
  /** The instance that decides the role; null: none. */
  readonly follows: string | null;
  /** Null: nobody listens, as without a sync daemon in the configuration. */
  readonly heard: SyncHeard | null;
  /** Why nobody listens although a sync daemon is configured, or null. */
  readonly deaf: string | null;
  /** Connections in the kernel's table that were learnt from another director; null: it cannot be told. */
  readonly learnt: { readonly connections: number; readonly isAll: boolean } | null;
}

export interface SysctlSnapshot {
  /** `conn_reuse_mode`. */
  readonly name: string;
  readonly value: string;
  /** As it was before us, and will be again. */
  readonly before: string;
}

export interface SettingsSnapshot {
  readonly timeouts: ConnectionTimeouts;
  /** As they were before; 0: not ours. */
  readonly timeoutsBefore: ConnectionTimeouts;
  readonly sync: SyncSnapshot;
  readonly sysctls: readonly SysctlSnapshot[];
  /** What could not be set or started, and why; it is tried again. */
  readonly refused: readonly string[];
}
