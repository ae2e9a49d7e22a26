/** `gate` and `gate_time`: the kernel's gate in front of the addresses. */
import type { GateSettings } from '../../../model/vrrp.ts';
import type { Section } from '../../values/section.ts';
import type { ScriptContext } from '../scripts.ts';

export function readGate(
  section: Section,
  globals: Section,
  { reports }: ScriptContext,
): GateSettings {
  const asked = section.text('gate') ?? globals.text('gate') ?? 'auto';
  const mode = asked === 'on' || asked === 'off' ? asked : 'auto';
  const seconds = section.number('gate_time') ?? globals.number('gate_time');
  const setting = section.find('gate_time');
  const interval = section.number('advert_int') ?? 1;
  if (seconds !== null && setting !== null && seconds <= interval) {
    reports.add({
      code: 'contradiction',
      span: setting.span,
      message: `gate_time ${seconds} s is over before the next advertisement prolongs it (advert_int ${interval} s)`,
      hint: 'leave gate_time out: then it is three times advert_int',
    });
  }
  return { mode, timeMs: seconds === null ? null : seconds * 1000 };
}
