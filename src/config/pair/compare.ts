/**
 * The files of two directors of one pair, compared: what is good in each and does not fit together.
 * Instances that belong together have one VRID and family; where several have, the interface tells,
 * else the name. Everything is told at its place in the first file, except what stands in the other only.
 */
import type { Diagnostic, Report } from '../diagnostics/diagnostic.ts';
import { Reports, toDiagnostics } from '../diagnostics/reports.ts';
import type { Mode } from '../diagnostics/severity.ts';
import { lastWritten, nameSpan, valueSpan } from '../rules/written.ts';
import { INSTANCE_RULES } from './instances.ts';
import { compareLeases } from './lease.ts';
import { comparePeerLink } from './paths.ts';
import { adviseOnGroups, adviseOnServers } from './servers.ts';
import { type Outline, type Pair, routerOf, type Side, sidesOf } from './side.ts';
import { compareSync } from './sync-daemon.ts';
import { tellSyncGroups } from './sync-groups.ts';

export function comparePair(
  here: Outline,
  there: Outline,
  { mode, notes }: { readonly mode: Mode; readonly notes: boolean },
): readonly Diagnostic[] {
  const reports = new Reports(notes);
  const pairs = matched(sidesOf(here), sidesOf(there), reports);
  for (const pair of pairs) {
    for (const rule of INSTANCE_RULES) for (const report of rule(pair)) reports.add(report);
  }
  tellSyncGroups(pairs, reports);
  for (const report of compareSync(here, there)) reports.add(report);
  for (const report of compareLeases(here, there)) reports.add(report);
  for (const report of comparePeerLink(here.globals, there.globals)) reports.add(report);
  if (notes) {
    adviseOnServers(here.servers, there.servers, reports);
    adviseOnGroups(here.root, there.root, reports);
  }
  return toDiagnostics(reports.all, mode);
}

/** Pairs up what belongs together; what has nobody on the other side is told. */
function matched(here: readonly Side[], there: readonly Side[], reports: Reports): readonly Pair[] {
  const left = new Map<string, Side[]>();
  for (const side of there) {
    const router = routerOf(side);
    left.set(router, [...(left.get(router) ?? []), side]);
  }
  const pairs: Pair[] = [];
  const alone: Side[] = [];
  for (const side of here) {
    const candidates = left.get(routerOf(side)) ?? [];
    const other =
      candidates.find(({ link }) => link === side.link) ??
      candidates.find(({ name }) => name === side.name) ??
      candidates[0];
    if (other === undefined) alone.push(side);
    else {
      candidates.splice(candidates.indexOf(other), 1);
      pairs.push({ here: side, there: other });
    }
  }
  tellMissing(alone, [...left.values()].flat(), reports);
  return pairs;
}

/** One name with two VRIDs is one mistake, not two. */
function tellMissing(here: readonly Side[], there: readonly Side[], reports: Reports): void {
  const others = new Map(there.map((side) => [`${side.name} ${side.family}`, side]));
  for (const side of here) {
    const namesake = others.get(`${side.name} ${side.family}`);
    others.delete(`${side.name} ${side.family}`);
    const setting = lastWritten(side.instance, 'virtual_router_id');
    reports.add(
      namesake === undefined || setting === null
        ? missing(side, 'the other file')
        : {
            code: 'pair-missing-instance',
            span: valueSpan(setting),
            message: `${side.name} has virtual_router_id ${side.vrid} here and ${namesake.vrid} in the other file`,
            hint: 'one number for both: as it is, each is MASTER by itself',
          },
    );
  }
  for (const side of others.values()) reports.add(missing(side, 'the first file'));
}

function missing({ name, vrid, family, instance }: Side, where: string): Report {
  return {
    code: 'pair-missing-instance',
    span: nameSpan(instance),
    message: `${name} (virtual_router_id ${vrid}, ${family === 'ipv4' ? 'IPv4' : 'IPv6'}) has no counterpart in ${where}`,
    hint: 'when this director fails nobody takes over its addresses',
  };
}
