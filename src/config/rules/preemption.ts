/** Who preempts whom, and settings that another one takes the meaning of. */
import type { Section } from '../values/section.ts';
import { isStrict } from './strict.ts';
import type { Whole } from './whole.ts';
import { isOn, lastWritten, numberIn, textOf } from './written.ts';

/** keepalived drops the delay where nothing is preempted, or where MASTER is asked for; strict mode always. */
export function tellIgnoredDelay(instance: Section, whole: Whole): void {
  const setting = lastWritten(instance, 'preempt_delay');
  if (setting === null || numberIn(setting) === 0 || isStrict(instance, whole)) return;
  const isMaster = textOf(instance, 'state') === 'MASTER';
  if (!isMaster && !isOn(instance, 'nopreempt')) return;
  const reason = isMaster ? 'state MASTER' : 'nopreempt';
  whole.reports.add({
    code: 'preempt-delay-ignored',
    span: setting.word.span,
    message: `keepalived drops preempt_delay beside "${reason}"`,
    hint: isMaster ? 'write "state BACKUP"; the priority decides' : 'keep one of the two',
  });
}
