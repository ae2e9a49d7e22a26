/** The interface of an instance itself, and others that it names. */
import type { Word } from '../text/ast.ts';
import type { Section } from '../values/section.ts';
import { interfaceOf, optionOf, type Whole } from './whole.ts';
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

/** What holds words behind `dev`. */
const WITH_DEVICE = ['virtual_ipaddress', 'virtual_ipaddress_excluded', 'virtual_routes'] as const;

/** Interfaces that instances and groups need, and that are not there now. An instance's own one is told where it is read. */
export function tellMissingInterfaces(whole: Whole): void {
  const known = whole.environment.interfaces();
  if (known === null || mayAppear(whole)) return;
  for (const section of [...whole.groups, ...whole.instances]) tellMissingIn(section, known, whole);
}

function tellMissingIn(section: Section, known: readonly string[], { reports }: Whole): void {
  const tell = (word: Word, consequence: string): void => {
    if (known.includes(word.text)) return;
    reports.add({
      code: 'unknown-interface',
      span: word.span,
      message: `there is no interface ${word.text} now: ${consequence}`,
      hint: `there are ${known.join(', ')}`,
    });
  };
  for (const [word, ...options] of entriesOf(section, 'track_interface')) {
    const hasWeight = options.some(({ text }) => text === 'weight');
    if (word === undefined) continue;
    tell(
      word,
      hasWeight ? 'its weight counts as when it is down' : 'that is a fault until it appears',
    );
  }
  for (const name of WITH_DEVICE) {
    for (const [, ...options] of entriesOf(section, name)) {
      const device = optionOf(options, 'dev');
      if (device !== null) tell(device, 'nothing can be held there until it appears');
    }
  }
}

/** Some are meant to come later, or are made by lvsd itself. */
function mayAppear({ globals, instances }: Whole): boolean {
  const isMade = (one: Section): boolean =>
    isOn(one, 'use_vmac') === true || isOn(one, 'use_ipvlan') === true;
  return isOn(globals, 'dynamic_interfaces') === true || instances.some(isMade);
}
