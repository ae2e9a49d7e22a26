/** How the kernel schedules this process, and whether its memory may be swapped out. */
import { errnoName } from '../base/error.ts';
import type { ProcessSettings } from '../model/vrrp.ts';
import { loadAddon } from './addon.ts';

/** Does what it can; gives a sentence for each setting that was refused. */
export function applyProcessSettings(settings: ProcessSettings): readonly string[] {
  const { realtimePriority, niceness, lockMemory, cpus = [], name } = settings;
  const refused: string[] = [];
  const attempt = (what: string, capability: string, work: () => void): void => {
    try {
      work();
    } catch (error) {
      refused.push(`${what} was refused (${errnoName(error)}): it needs ${capability}`);
    }
  };
  if (name !== undefined) process.title = name;
  if (cpus.length > 0) {
    const hint = `there is a CPU of ${cpus.join(' ')}`;
    attempt('the choice of CPUs', `CAP_SYS_NICE, and ${hint}`, () => loadAddon().setCpus(cpus));
  }
  if (niceness !== null) {
    attempt('the nice value', 'CAP_SYS_NICE', () => loadAddon().setNiceness(niceness));
  }
  if (realtimePriority !== null) {
    attempt('real-time priority', 'CAP_SYS_NICE', () => loadAddon().setRealtime(realtimePriority));
  }
  if (lockMemory) attempt('locking memory', 'CAP_IPC_LOCK', () => loadAddon().lockMemory());
  return refused;
}
