/** The interfaces of our making that an instance gains, changes and loses by a reload, in words. Pure. */
import type { PlannedVrrpChange } from '../../model/plan.ts';
import type { VirtualLink } from '../../model/virtual-link.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';
import { differencesOf, NONE, renderDifferences, type Words } from './words.ts';

/** `null` on the side where the instance is not. */
export function linkChanges(
  instance: string,
  before: VrrpInstance | null,
  after: VrrpInstance | null,
): readonly PlannedVrrpChange[] {
  const [old, now] = [linksOf(before), linksOf(after)];
  const line = (
    change: PlannedVrrpChange['change'],
    { name }: VirtualLink,
    text: string,
  ): PlannedVrrpChange => ({ text, change, about: 'link', name, instance, differences: [] });
  const told: PlannedVrrpChange[] = [];
  for (const link of old.values()) {
    if (now.has(link.name)) continue;
    told.push(line('remove', link, `- interface ${link.name} of instance ${instance}`));
  }
  for (const link of now.values()) {
    const known = old.get(link.name);
    const where = `interface ${link.name} of instance ${instance}`;
    if (known === undefined) {
      const mac = link.mac === null ? '' : `, MAC ${link.mac}`;
      told.push(line('add', link, `+ ${where}: ${link.kind} on ${link.base}${mac}`));
      continue;
    }
    const differences = differencesOf(linkWords(known), linkWords(link));
    if (differences.length === 0) continue;
    const text = `~ ${where}: ${renderDifferences(differences)}`;
    told.push({ ...line('edit', link, text), differences });
  }
  return told;
}

function linksOf(instance: VrrpInstance | null): ReadonlyMap<string, VirtualLink> {
  if (instance === null) return new Map();
  const { own, others } = instance.links;
  const all = own === null ? others : [own, ...others];
  return new Map(all.map((link) => [link.name, link]));
}

function linkWords({ kind, base, mac, isolation, group, vrf }: VirtualLink): Words {
  return {
    kind,
    'interface below': base,
    MAC: mac ?? 'that of the interface below',
    mode: isolation,
    group: String(group),
    VRF: vrf ?? NONE,
  };
}
