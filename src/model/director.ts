/** The validated configuration of one director: what every other stage reads. */
import type { Millis } from '../base/time.ts';
import type { BfdConfig } from './bfd.ts';
import type { DumpSettings } from './dumps.ts';
import type { NotifyConfig } from './notice.ts';
import type { AroundScripts } from './script.ts';
import type { HealthConfig } from './virtual-server.ts';
import type { VrrpConfig } from './vrrp.ts';

export interface GlobalSettings {
  /** `router_id`, else the host name. */
  readonly routerId: string;
  readonly scriptUser: string | null;
  readonly scriptSecurity: boolean;
  /** What ps(1) calls the supervisor; absent: what Node does. */
  readonly processName?: string;
  /** How long children may take to stop before they are killed. */
  readonly childWaitMs: Millis;
  /** A process that answers nothing for so long is killed (`vrrp_watchdog`, `bfd_watchdog`, `checker_watchdog`). */
  readonly watchdogMs: Readonly<Record<'vrrp' | 'bfd' | 'health', Millis>>;
  /** Network namespace of the processes, by its name in /run/netns; null: that of the supervisor. */
  readonly netNamespace: string | null;
}

export interface Director {
  readonly global: GlobalSettings;
  readonly vrrp: VrrpConfig;
  readonly bfd: BfdConfig;
  readonly health: HealthConfig;
  readonly notify: NotifyConfig;
  readonly dumps: DumpSettings;
  readonly around: AroundScripts;
}
