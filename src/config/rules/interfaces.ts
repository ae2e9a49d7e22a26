/** Names of interfaces, and the interface of an instance itself. */
import type { Word } from '../ast.ts';
import { isInterfaceName } from '../interface-name.ts';
import type { Section } from '../section.ts';
import type { Span } from '../source.ts';
import { interfaceOf, optionOf, vipsOf, type Whole } from './whole.ts';
import { entriesOf, isOn, lastWritten, textOf, valueSpan } from './written.ts';

export function tellInterfaceNames(instance: Section, whole: Whole): void {
  const setting = lastWritten(instance, 'interface');
  const name = textOf(instance, 'interface');
  if (setting !== null && name !== null) tellName(name, valueSpan(setting), whole);
  const words: readonly (Word | null)[] = [
    ...vipsOf(instance).map(({ options }) => optionOf(options, 'dev')),
    ...entriesOf(instance, 'track_interface').map(([word]) => word),
  ];
  for (const word of words) if (word !== null) tellName(word.text, word.span, whole);
}

function tellName(name: string, span: Span, { reports }: Whole): void {
  if (isInterfaceName(name)) return;
  const [before = ''] = name.split('@');
  reports.add({
    code: 'bad-interface-name',
    span,
    message: `no interface can be called "${name}"`,
    ...(name.includes('@') && isInterfaceName(before)
      ? { hint: `ip link shows it so; its name is ${before}`, suggestion: before }
      : { hint: 'a name such as eth0, of up to 15 characters; "ip link" lists them' }),
  });
}

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
