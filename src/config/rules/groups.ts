/** What lint says of groups of services. */
import { andMore, type Group, readGroups } from '../build/groups.ts';
import { Reports } from '../diagnostics/reports.ts';
import type { Section } from '../values/section.ts';
import type { Whole } from './whole.ts';

/** Once more, for what is told of them has been told. */
export function groupsOf(root: Section): ReadonlyMap<string, Group> {
  return readGroups(root, new Reports());
}

/** Services of addresses that no instance of the file brings here; one message a line. */
export function adviseOnGroups({ root, vips, reports }: Whole): void {
  if (vips.size === 0) return;
  for (const { entries } of groupsOf(root).values()) {
    for (const entry of entries) {
      if (entry.is === 'mark') continue;
      const strangers = entry.addresses.filter((address) => !vips.has(address));
      const [first] = strangers;
      if (first === undefined) continue;
      const more = andMore(strangers.length - 1);
      reports.add({
        code: 'service-not-vip',
        span: entry.word.span,
        message: `${first}${more} is no virtual address of this file: who brings it to this machine?`,
        hint: 'write it in virtual_ipaddress of an instance, or mend a mistyped digit',
      });
    }
  }
}
