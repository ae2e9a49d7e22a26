/** The BFD sessions that checkers and instances name. */
import type { BfdConfig, BfdInstance } from '../../model/bfd.ts';
import type { Reports } from '../diagnostics/reports.ts';
import type { Span } from '../text/source.ts';
import type { Section } from '../values/section.ts';
import { someOf } from './vrrp/names.ts';

/** The sessions that others may name. */
export interface DeclaredSessions {
  readonly usable: ReadonlyMap<string, BfdInstance>;
  /** Also of those that cannot be used. */
  readonly names: ReadonlySet<string>;
}

export function declaredSessions(root: Section, { instances }: BfdConfig): DeclaredSessions {
  const usable = new Map(instances.map((instance) => [instance.name, instance]));
  return { usable, names: root.namesOf('bfd_instance') };
}

/** The session that a checker or an instance names; null: it cannot be used, which has been told. */
export function sessionNamed(
  { text, span }: { readonly text: string; readonly span: Span },
  consumer: 'vrrp' | 'checker',
  { usable, names }: DeclaredSessions,
  reports: Reports,
): BfdInstance | null {
  const session = usable.get(text);
  if (session === undefined) {
    // What is wrong with one that is declared has been told there.
    if (names.has(text)) return null;
    const known = someOf([...usable.keys()]);
    reports.add({
      code: 'unknown-reference',
      span,
      message: `there is no bfd_instance "${text}"`,
      hint: known === '' ? 'declare it: bfd_instance NAME { … }' : `there are ${known}`,
    });
    return null;
  }
  const other = consumer === 'vrrp' ? 'checker' : 'vrrp';
  if (consumer === 'vrrp' ? session.tellsVrrp : session.tellsCheckers) return session;
  reports.add({
    code: 'contradiction',
    span,
    message: `bfd_instance ${text} says "${other}", and so is told to nobody else`,
    hint: `write "${consumer}" in it, too, or neither word`,
  });
  return null;
}
