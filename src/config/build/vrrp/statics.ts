/** `static_ipaddress`, `static_routes`, `static_rules`, and the `track_group` blocks that they follow. */
import type { Static, Statics } from '../../../model/vrrp.ts';
import type { Said } from '../../values/phrase.ts';
import type { Section } from '../../values/section.ts';
import type { ScriptContext } from '../scripts.ts';
import { virtualAddress } from './addresses.ts';
import { nameOf, someOf } from './names.ts';
import { readRule } from './policy-rules.ts';
import { wordOf } from './route-hops.ts';
import { readRoute } from './routes.ts';
import type { RoutingNames } from './routing-names.ts';

interface StaticContext extends ScriptContext {
  readonly names: RoutingNames;
}

/** `instances`: the names of those that can be used. */
export function readStatics(
  root: Section,
  globals: Section,
  instances: readonly string[],
  context: StaticContext,
): Statics {
  const groups = readGroups(root, instances, context);
  const link = globals.text('default_interface');
  const read = <Entry>(
    keyword: string,
    build: (said: Said) => Entry | null,
  ): readonly Static<Entry>[] =>
    root.said(keyword).flatMap((said) => {
      const entry = build(said);
      return entry === null ? [] : [{ entry, followers: followersOf(said, groups, context) }];
    });
  return {
    addresses: read('static_ipaddress', (said) => virtualAddress(said, link ?? 'eth0', context)),
    routes: read('static_routes', (said) => readRoute(said, context.names, link)),
    rules: read('static_rules', (said) => readRule(said, context.names)),
  };
}

/** Names of instances by the name of their group. */
function readGroups(
  root: Section,
  instances: readonly string[],
  { reports }: StaticContext,
): ReadonlyMap<string, readonly string[]> {
  const known = root.namesOf('vrrp_instance');
  const groups = new Map<string, readonly string[]>();
  for (const section of root.sections('track_group')) {
    const name = nameOf(section);
    if (groups.has(name)) {
      reports.add({
        code: 'duplicate',
        span: section.label[0]?.span ?? section.span,
        message: `there is a track_group "${name}" already`,
      });
      continue;
    }
    const members = section.words('group').filter(({ text, span }) => {
      if (!known.has(text)) {
        reports.add({
          code: 'unknown-reference',
          span,
          message: `there is no vrrp_instance "${text}"`,
          hint: `there are ${someOf([...known]) || 'none'}`,
        });
      }
      return instances.includes(text);
    });
    groups.set(
      name,
      members.map(({ text }) => text),
    );
  }
  return groups;
}

function followersOf(
  said: Said,
  groups: ReadonlyMap<string, readonly string[]>,
  { reports }: StaticContext,
): readonly string[] {
  const word = wordOf(said, 'track_group');
  if (word === undefined) return [];
  const members = groups.get(word.text);
  if (members === undefined) {
    reports.add({
      code: 'unknown-reference',
      span: word.span,
      message: `there is no track_group "${word.text}"`,
      hint: `there are ${someOf([...groups.keys()]) || 'none'}`,
    });
  }
  return members ?? [];
}
