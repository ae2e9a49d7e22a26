/** global_defs → how a process of ours is called, scheduled and bound to CPUs. */
import type { ProcessSettings } from '../../model/vrrp.ts';
import type { Section } from '../values/section.ts';

/** What keepalived calls them in its keywords, and what they are called with `process_names`. */
const NAMES = { vrrp: 'lvsd_vrrp', checker: 'lvsd_health', bfd: 'lvsd_bfd' } as const;

export function readProcess(globals: Section, which: keyof typeof NAMES): ProcessSettings {
  const [said] = globals.said(`${which}_cpu_affinity`);
  const cpus = (said?.slots.get('CPU') ?? []).map(({ text }) => Number(text));
  const name =
    globals.text(`${which}_process_name`) ?? (globals.has('process_names') ? NAMES[which] : null);
  return {
    realtimePriority: globals.number(`${which}_rt_priority`),
    niceness: globals.number(`${which}_priority`),
    lockMemory: globals.has(`${which}_no_swap`),
    ...(cpus.length === 0 ? {} : { cpus }),
    ...(name === null ? {} : { name }),
  };
}
