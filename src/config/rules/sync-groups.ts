/** Sync groups: members that rise and fall together. */
import type { Word } from '../text/ast.ts';
import type { Section } from '../values/section.ts';
import { countsWeights } from './priorities.ts';
import { membersOf, type Whole } from './whole.ts';
import { nameIn, numberOf } from './written.ts';

export function tellSingleMember(group: Section, { reports }: Whole): void {
  const [only, ...others] = membersOf(group);
  if (only === undefined || others.length > 0) return;
  reports.add({
    code: 'single-member',
    span: only.span,
    message: `${only.text} is the only member of ${nameIn(group) || 'the group'}`,
    hint: 'a sync group keeps two or more instances together',
  });
}

/** Where weights of members count, their priorities may differ. */
export function tellUnequalPriorities(group: Section, { instanceOf, reports }: Whole): void {
  if (countsWeights(group)) return;
  const priorityOf = (member: Word): number | null => {
    const instance = instanceOf.get(member.text);
    return instance === undefined ? null : numberOf(instance, 'priority');
  };
  const [first, ...others] = membersOf(group);
  const wanted = first === undefined ? null : priorityOf(first);
  if (first === undefined || wanted === null) return;
  for (const member of others) {
    const priority = priorityOf(member);
    if (priority === null || priority === wanted) continue;
    reports.add({
      code: 'unequal-priorities',
      span: member.span,
      message: `${member.text} has priority ${priority}, and ${first.text} of the same group ${wanted}`,
      hint: 'members of a sync group move together: give them one priority',
    });
  }
}
