/** The interface of an instance itself. */
import type { Section } from '../values/section.ts';
import { interfaceOf, type Whole } from './whole.ts';
import { entriesOf, isOn } from './written.ts';

/** An instance follows its own interface anyhow. */
export function tellOwnInterface(instance: Section, { globals, reports }: Whole): void {
  const own = interfaceOf(instance, globals);
  if (isOn(instance, 'dont_track_primary')) return;
  for (const [word, ...options] of entriesOf(instance, 'track_interface')) {
    if (word.text !== own) continue;
    const hasWeight = options.some(({ text }) => text === 'weight');
    reports.add({
      code: 'own-interface',
      span: word.span,
      message: hasWeight
        ? `${own} is the instance’s own interface: its failure is a fault, whatever weight stands here`
        : `${own} is the instance’s own interface, which it follows anyhow`,
      hint: hasWeight ? 'write dont_track_primary, or remove this line' : 'remove this line',
    });
  }
}
