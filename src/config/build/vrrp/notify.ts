/** The scripts that an instance or group runs when its state changes. */
import type { NotifyScripts } from '../../../model/script.ts';
import type { Section } from '../../values/section.ts';
import { readScript, type ScriptContext } from '../scripts.ts';

export function readNotify(section: Section, context: ScriptContext): NotifyScripts {
  const read = (name: string): NotifyScripts['any'] => readScript(section, name, context);
  return {
    master: read('notify_master'),
    backup: read('notify_backup'),
    fault: read('notify_fault'),
    stop: read('notify_stop'),
    any: read('notify'),
  };
}
