/**
 * What a reload of a file would change, for the operator: the kernel's table and the instances as their
 * processes tell it, and of the configuration whatever these lines do not tell already.
 */
import type { PlanReport, Unconfirmed } from '../api/protocol.ts';
import { formatEndpoint } from '../base/endpoint.ts';
import { type Difference, diffConfigs, renderDifference } from '../config/show/diff.ts';
import { type EffectiveBlock, effectiveConfig } from '../config/show/effective.ts';
import type { IpvsPlan, VrrpPlan } from '../model/plan.ts';
import { type InForce, type Reading, readConfiguration } from './reload.ts';
import { reloadReport } from './reload-report.ts';

/** Differences that are told one by one. */
const SETTINGS_TOLD_MAX = 10_000;

export interface Forecast {
  /** Null: its process does not run, or could not be asked. */
  readonly ipvs: IpvsPlan | null;
  readonly vrrp: VrrpPlan | null;
  readonly unasked: readonly Unconfirmed[];
}

export function planReport(
  { before, after }: { readonly before: InForce; readonly after: Reading },
  { ipvs, vrrp, unasked }: Forecast,
): PlanReport {
  const {
    outcome: _,
    unconfirmed: __,
    ...told
  } = reloadReport(after, {
    outcome: 'unchanged',
    path: after.source.path,
    inForce: before.digest,
    unconfirmed: [],
    confirmWithinMs: null,
  });
  const isRefused = after.director === null;
  const table = ipvs === null ? null : entriesOf(ipvs);
  const settings = isRefused
    ? []
    : settingsBetween(before, after).filter((one) => !isToldElsewhere(one, table, vrrp));
  const acting = settings.filter(({ inert }) => !inert).length;
  const changes =
    acting + unasked.length + (ipvs?.count ?? 0) + (vrrp === null ? 0 : vrrp.changes.length);
  return {
    ...told,
    outcome: isRefused ? 'refused' : changes === 0 ? 'nothing' : 'changes',
    settings: settings.slice(0, SETTINGS_TOLD_MAX).map(renderDifference),
    settingsCount: settings.length,
    ipvs,
    vrrp,
    unasked,
  };
}

function settingsBetween(before: InForce, after: Reading): readonly Difference[] {
  if (before.digest === after.digest && before.source.path === after.source.path) return [];
  const tree = ({ outline, diagnostics }: Reading): EffectiveBlock =>
    effectiveConfig(outline.root, diagnostics);
  // Read again, because a configuration in force keeps its texts and not its tree.
  const old = readConfiguration(before.source, before.kept);
  return diffConfigs({ before: tree(old), after: tree(after) });
}

/** Keywords whose effect is in the kernel's table. */
const IN_TABLE: ReadonlySet<string> = new Set([
  'lvs_sched',
  'lvs_method',
  'persistence_timeout',
  'persistence_granularity',
  'ops',
  'sh-port',
  'sh-fallback',
  'mh-port',
  'mh-fallback',
  'sorry_server',
  'weight',
  'uthreshold',
  'lthreshold',
]);

/** What the changes of the table are about. */
interface ChangedEntries {
  readonly virtualServers: ReadonlySet<string>;
  /** Those that change by themselves, and not only in their real servers. */
  readonly wholes: ReadonlySet<string>;
  /** `192.0.2.10:80 tcp 198.51.100.21:80` */
  readonly realServers: ReadonlySet<string>;
}

function entriesOf({ changes }: IpvsPlan): ChangedEntries {
  const wholes = changes.filter(({ realServer }) => realServer === null);
  return {
    virtualServers: new Set(changes.map(({ virtualServer }) => virtualServer)),
    wholes: new Set(wholes.map(({ virtualServer }) => virtualServer)),
    realServers: new Set(
      changes.map(({ virtualServer, realServer }) => `${virtualServer} ${realServer}`),
    ),
  };
}

function isToldElsewhere(
  difference: Difference,
  table: ChangedEntries | null,
  vrrp: VrrpPlan | null,
): boolean {
  const [top = ''] = difference.path;
  if (top.startsWith('virtual_server ')) return table !== null && isInTable(difference, table);
  if (top.startsWith('vrrp_instance ')) return vrrp !== null && isInVrrp(difference, vrrp);
  return false;
}

function isInTable(
  { path: [top = '', inner, ...deeper], keyword }: Difference,
  table: ChangedEntries,
): boolean {
  if (deeper.length > 0 || (keyword !== null && !IN_TABLE.has(keyword))) return false;
  const virtualServer = virtualServerOf(top);
  if (virtualServer === null) return false;
  if (inner !== undefined) return table.realServers.has(`${virtualServer} ${realServerOf(inner)}`);
  // What is set for a virtual server shows in it or, like a method, in its real servers.
  const isHandedDown = keyword === 'lvs_method' || keyword === 'sorry_server';
  return (isHandedDown ? table.virtualServers : table.wholes).has(virtualServer);
}

/** `virtual_server 192.0.2.10 80 tcp` → `192.0.2.10:80 tcp`; groups and marks are told twice rather than never. */
function virtualServerOf(name: string): string | null {
  const [, address = '', port = '', protocol] = name.split(' ');
  return protocol === undefined ? null : `${formatEndpoint(address, Number(port))} ${protocol}`;
}

function realServerOf(name: string): string | undefined {
  const [word, address = '', port] = name.split(' ');
  if (word !== 'real_server' || port === undefined) return undefined;
  return formatEndpoint(address, Number(port));
}

function isInVrrp({ path: [top = '', inner], keyword, kind }: Difference, vrrp: VrrpPlan): boolean {
  const about = aboutOf(inner, keyword, kind);
  const name = top.slice('vrrp_instance '.length);
  return vrrp.changes.some((change) => change.instance === name && change.about === about);
}

function aboutOf(
  inner: string | undefined,
  keyword: string | null,
  kind: Difference['kind'],
): VrrpPlan['changes'][number]['about'] | null {
  if (inner === undefined)
    return keyword === null ? 'instance' : keyword === 'priority' ? keyword : null;
  const isAddresses = inner === 'virtual_ipaddress' || inner === 'virtual_ipaddress_excluded';
  return isAddresses && keyword === null && kind !== 'changed' ? 'address' : null;
}
