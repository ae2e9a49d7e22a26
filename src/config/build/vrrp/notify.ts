/** Who is told when an instance or group changes its state. */
import type { NotifyScripts } from '../../../model/script.ts';
import type { Section } from '../../values/section.ts';
import { readScript, type ScriptContext } from '../scripts.ts';

export function readNotify(section: Section, context: ScriptContext): NotifyScripts {
  const read = (name: string): NotifyScripts['any'] => readScript(section, name, context);
  const { defaults } = context;
  return {
    master: read('notify_master'),
    backup: read('notify_backup'),
    fault: read('notify_fault'),
    stop: read('notify_stop'),
    deleted: namesCommand(section, 'notify_deleted') ? read('notify_deleted') : null,
    lowerPriority: read('notify_master_rx_lower_pri'),
    any: read('notify'),
    tellsDeleted: section.has('notify_deleted'),
    tellsPriority: section.boolean('notify_priority_changes') ?? defaults.tellsPriority,
    mails: section.boolean('smtp_alert') ?? defaults.mailsVrrp,
  };
}

/** The keyword may stand alone: then the others are told in this word. */
function namesCommand(section: Section, name: string): boolean {
  const value = section.find(name)?.value;
  return value?.is === 'script' && value.raw.trim() !== '';
}
