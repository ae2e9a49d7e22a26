/** `vrrp_delay_after_boot`: a host that has just booted waits until its links, switches and services are there, too. */
import type { Millis } from '../../base/time.ts';
import type { VrrpConfig } from '../../model/vrrp.ts';

/** The same configuration, in which nobody becomes master before that time has passed since the boot. */
export function withBootDelay(config: VrrpConfig, upForMs: Millis): VrrpConfig {
  const leftMs = (config.delayAfterBootMs ?? 0) - upForMs;
  return leftMs <= config.startupDelayMs ? config : { ...config, startupDelayMs: leftMs };
}
