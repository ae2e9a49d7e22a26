/** Sync groups: whose members are there, and in no other one. */
import type { SyncGroup, VrrpInstance } from '../../../model/vrrp.ts';
import type { Word } from '../../text/ast.ts';
import type { Section } from '../../values/section.ts';
import type { ScriptContext } from '../scripts.ts';
import { nameOf, someOf } from './names.ts';
import { readNotify } from './notify.ts';
import { type DeclaredTrackers, readTracks } from './tracks.ts';

export function buildGroups(
  root: Section,
  instances: readonly VrrpInstance[],
  trackers: DeclaredTrackers,
  context: ScriptContext,
): readonly SyncGroup[] {
  const usable = new Set(instances.map(({ name }) => name));
  const declared = { usable, names: root.namesOf('vrrp_instance') };
  const taken = new Map<string, string>();
  return root.sections('vrrp_sync_group').map((section) => {
    const name = nameOf(section);
    const words = section.words('group');
    const members = words.filter((word) => isFree(word, name, declared, taken, context));
    if (!section.mentions('group') && !section.isSpoilt) {
      context.reports.add({
        code: 'missing-keyword',
        span: section.span,
        message: `vrrp_sync_group ${name} has no members`,
        hint: 'group { INSTANCE … }',
      });
    }
    return {
      name,
      members: members.map((word) => word.text),
      tracks: readTracks(section, trackers, context),
      trackWeights: section.boolean('sync_group_tracking_weight') ?? section.has('global_tracking'),
      notify: readNotify(section, context),
    };
  });
}

function isFree(
  word: Word,
  group: string,
  instances: { readonly usable: ReadonlySet<string>; readonly names: ReadonlySet<string> },
  taken: Map<string, string>,
  { reports }: ScriptContext,
): boolean {
  const other = taken.get(word.text);
  if (!instances.usable.has(word.text)) {
    // What is wrong with an instance that is declared has been told there.
    if (instances.names.has(word.text)) return false;
    const known = someOf([...instances.names]);
    reports.add({
      code: 'unknown-reference',
      span: word.span,
      message: `there is no vrrp_instance "${word.text}"`,
      hint: `there are ${known || 'none'}`,
    });
    return false;
  }
  if (other !== undefined) {
    reports.add({
      code: 'duplicate',
      span: word.span,
      message: `${word.text} is a member of ${other} already`,
      hint: 'an instance belongs to one group',
    });
    return false;
  }
  taken.set(word.text, group);
  return true;
}
