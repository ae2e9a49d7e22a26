/** Virtual servers of a pair: clients should find the same service after a takeover. */
import { type Group, namesIn } from '../build/groups.ts';
import type { Report } from '../diagnostics/diagnostic.ts';
import type { Reports } from '../diagnostics/reports.ts';
import { groupsOf } from '../rules/groups.ts';
import type { SeenServer } from '../rules/virtual-servers.ts';
import type { Section } from '../values/section.ts';
import { onlyIn } from './side.ts';

export function adviseOnServers(
  here: readonly SeenServer[],
  there: readonly SeenServer[],
  reports: Reports,
): void {
  const others = new Map(there.map((server) => [server.name, server]));
  for (const server of here) {
    const other = others.get(server.name);
    others.delete(server.name);
    const difference =
      other === undefined ? 'is not in the other file' : differenceOf(server, other);
    if (difference !== null) reports.add(serverReport(server, difference));
  }
  for (const server of others.values()) {
    reports.add(serverReport(server, 'is not in the first file'));
  }
}

/** Of groups that both files have: that one of them has none of a name shows in its virtual servers. */
export function adviseOnGroups(here: Section, there: Section, reports: Reports): void {
  const others = groupsOf(there);
  for (const [name, group] of groupsOf(here)) {
    const other = others.get(name);
    const difference = other === undefined ? null : groupDifference(group, other);
    if (difference === null) continue;
    reports.add({
      code: 'pair-virtual-servers',
      span: group.word.span,
      message: `virtual_server_group ${name} ${difference}`,
      hint: 'after a takeover clients find another service than before',
    });
  }
}

function groupDifference(here: Group, there: Group): string | null {
  const [own, other] = [here.entries.flatMap(namesIn), there.entries.flatMap(namesIn)];
  const [more] = onlyIn(own, other);
  if (more !== undefined) return `has ${more} only here`;
  const [less] = onlyIn(other, own);
  return less === undefined ? null : `has ${less} only in the other file`;
}

function serverReport({ label, section, name }: SeenServer, difference: string): Report {
  return {
    code: 'pair-virtual-servers',
    span: label[0]?.span ?? section.span,
    message: `virtual_server ${name} ${difference}`,
    hint: 'after a takeover clients find another service than before',
  };
}

function differenceOf(
  { realServers: own }: SeenServer,
  { realServers: other }: SeenServer,
): string | null {
  for (const [name, weight] of own) {
    const there = other.get(name);
    if (there === undefined) return `has the real server ${name} only here`;
    if (there !== weight)
      return `gives ${name} weight ${weight} here and ${there} in the other file`;
  }
  const more = [...other.keys()].find((name) => !own.has(name));
  return more === undefined ? null : `has the real server ${more} only in the other file`;
}
