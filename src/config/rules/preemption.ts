/** Who preempts whom, and settings that another one takes the meaning of. */
import type { Section } from '../section.ts';
import type { Whole } from './whole.ts';
import { isOn, lastWritten, textOf } from './written.ts';

/** keepalived drops the delay where nothing is preempted, or where MASTER is asked for. */
export function tellIgnoredDelay(instance: Section, { reports }: Whole): void {
  const setting = lastWritten(instance, 'preempt_delay');
  if (setting === null || (setting.value.is === 'number' && setting.value.number === 0)) return;
  const isMaster = textOf(instance, 'state') === 'MASTER';
  if (!isMaster && !isOn(instance, 'nopreempt')) return;
  const reason = isMaster ? 'state MASTER' : 'nopreempt';
  reports.add({
    code: 'preempt-delay-ignored',
    span: setting.word.span,
    message: `keepalived drops preempt_delay beside "${reason}"`,
    hint: isMaster ? 'write "state BACKUP"; the priority decides' : 'keep one of the two',
  });
}
