/** What is told of a thing, by name; and by what two of them differ, in words. Pure. */
import type { PlannedDifference } from '../../model/plan.ts';

/** By the name of a property: its value. Things of one kind have the same names. */
export type Words = Readonly<Record<string, string>>;

export const NONE = 'none';

export function differencesOf(before: Words, after: Words): readonly PlannedDifference[] {
  return Object.entries(after).flatMap(([name, to]) => {
    const from = before[name] ?? NONE;
    return from === to ? [] : [{ name, from, to }];
  });
}

/** `label none → eth0:1, scope global → link` */
export function renderDifferences(differences: readonly PlannedDifference[]): string {
  return differences.map(({ name, from, to }) => `${name} ${from} → ${to}`).join(', ');
}
