/** Sync groups of a pair: instances that move together on one director do so on the other. */
import type { Reports } from '../diagnostics/reports.ts';
import { membersOf } from '../rules/whole.ts';
import { nameSpan } from '../rules/written.ts';
import type { Section } from '../values/section.ts';
import type { Pair, Side } from './side.ts';

/** Members of a group, each under the name that it has in the first file. */
function groupMembers(
  { name, named }: Side,
  namesHere: ReadonlyMap<string, string>,
): ReadonlySet<string> {
  const group = named.groupOf.get(name);
  if (group === undefined) return new Set();
  return new Set(membersOf(group).map(({ text }) => namesHere.get(text) ?? text));
}

/** Each group once, at its first member that has other companions there. */
export function tellSyncGroups(pairs: readonly Pair[], reports: Reports): void {
  const namesHere = new Map(pairs.map(({ here, there }) => [there.name, here.name]));
  const told = new Set<Section>();
  for (const { here, there } of pairs) {
    const own = groupMembers(here, new Map());
    const other = groupMembers(there, namesHere);
    const isSame = own.size === other.size && [...own].every((name) => other.has(name));
    const group = here.named.groupOf.get(here.name) ?? there.named.groupOf.get(there.name);
    if (isSame || group === undefined || told.has(group)) continue;
    told.add(group);
    const list = (names: ReadonlySet<string>): string =>
      [...names].filter((name) => name !== here.name).join(', ') || 'nobody';
    reports.add({
      code: 'pair-sync-group',
      span: nameSpan(here.instance),
      message: `${here.name} moves together with ${list(own)} here, and with ${list(other)} in the other file`,
      hint: 'the same vrrp_sync_group in both files',
    });
  }
}
