/** When the addresses of an instance are announced. */
import type { AnnounceTiming } from '../../../model/vrrp.ts';
import type { Section } from '../../values/section.ts';

export function readTiming(section: Section, globals: Section): AnnounceTiming {
  const read = (name: string, global: string, otherwise: number): number =>
    section.number(name) ?? globals.number(global) ?? otherwise;
  const repeat = read('garp_master_repeat', 'vrrp_garp_master_repeat', 5);
  const delay = read('garp_master_delay', 'vrrp_garp_master_delay', 5);
  return {
    repeat,
    secondAfterMs: delay * 1000,
    refreshMs: read('garp_master_refresh', 'vrrp_garp_master_refresh', 0) * 1000,
    refreshRepeat: read('garp_master_refresh_repeat', 'vrrp_garp_master_refresh_repeat', 1),
    lowerPriorityRepeat: read('garp_lower_prio_repeat', 'vrrp_garp_lower_prio_repeat', repeat),
    lowerPriorityDelayMs: read('garp_lower_prio_delay', 'vrrp_garp_lower_prio_delay', delay) * 1000,
  };
}
