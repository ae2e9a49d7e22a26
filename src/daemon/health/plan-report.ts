/**
 * What a reload of a file would change, for the operator: the kernel's table and the instances as their
 * processes tell it, and of the configuration whatever these lines do not tell already.
 */
import type { PlanReport, Unconfirmed } from '../../api/protocol.ts';
import { parseAddress } from '../../base/address.ts';
import { formatEndpoint } from '../../base/endpoint.ts';
import { type Difference, diffConfigs, renderDifference } from '../../config/show/diff.ts';
import { type EffectiveBlock, effectiveConfig } from '../../config/show/effective.ts';
import { destinationPort } from '../../model/destination-port.ts';
import { nameOfService } from '../../model/names.ts';
import type { IpvsPlan, VrrpPlan } from '../../model/plan.ts';
import type { RealServer, VirtualServer } from '../../model/virtual-server.ts';
import { type InForce, type Reading, readConfiguration } from '../reload/reload.ts';
import { reloadReport } from '../reload/reload-report.ts';

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
  const servers = [
    ...before.director.health.virtualServers,
    ...(after.director?.health.virtualServers ?? []),
  ];
  const table = ipvs === null ? null : entriesOf(ipvs, servers);
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

/** Keywords of a virtual server whose effect is in its entry in the kernel's table. */
const OF_SERVICE: ReadonlySet<string> = new Set([
  'lvs_sched',
  'persistence_timeout',
  'persistence_granularity',
  'persistence_engine',
  'ops',
  'sh-port',
  'sh-fallback',
  'mh-port',
  'mh-fallback',
  'flag-1',
  'flag-2',
  'flag-3',
]);
/** Those that show in the entries of its real servers, or of its sorry server. */
const HANDED_DOWN: ReadonlySet<string> = new Set([
  'lvs_method',
  'weight',
  'sorry_server',
  'sorry_server_inhibit',
  'sorry_server_lvs_method',
]);
/** Keywords of a real server. */
const OF_DESTINATION: ReadonlySet<string> = new Set([
  'lvs_method',
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
  /** Virtual servers, before and after, by `192.0.2.10:80 tcp`, `group web`, `fwmark 7`. */
  readonly byName: ReadonlyMap<string, readonly VirtualServer[]>;
}

function entriesOf({ changes }: IpvsPlan, servers: readonly VirtualServer[]): ChangedEntries {
  const byName = new Map<string, VirtualServer[]>();
  for (const server of servers) {
    const name = nameOf(server);
    const known = byName.get(name);
    if (known === undefined) byName.set(name, [server]);
    else known.push(server);
  }
  const wholes = changes.filter(({ realServer }) => realServer === null);
  return {
    virtualServers: new Set(changes.map(({ virtualServer }) => virtualServer)),
    wholes: new Set(wholes.map(({ virtualServer }) => virtualServer)),
    realServers: new Set(
      changes.map(({ virtualServer, realServer }) => `${virtualServer} ${realServer}`),
    ),
    byName,
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
  if (top === 'static_ipaddress') return vrrp !== null && isInStatics(difference, vrrp);
  return false;
}

/** In each service of the virtual server: what only some of them tell is told twice rather than not. */
function isInTable(
  { path: [top = '', inner, ...deeper], keyword }: Difference,
  table: ChangedEntries,
): boolean {
  if (deeper.length > 0) return false;
  const services = servicesOf(top, table);
  if (services.length === 0) return false;
  if (inner !== undefined) {
    if (keyword !== null && !OF_DESTINATION.has(keyword)) return false;
    const real = realServerOf(inner);
    return (
      real !== null &&
      services.every(({ name, portOf }) => {
        const endpoint = formatEndpoint(real.address, portOf(real));
        return table.realServers.has(`${name} ${endpoint}`);
      })
    );
  }
  if (keyword !== null && HANDED_DOWN.has(keyword)) {
    return services.every(({ name }) => table.virtualServers.has(name));
  }
  if (keyword !== null && !OF_SERVICE.has(keyword)) return false;
  return services.every(({ name }) => table.wholes.has(name));
}

interface NamedService {
  /** `192.0.2.10:80 tcp` */
  readonly name: string;
  /** That its entries have in the kernel's table. */
  portOf(real: Endpoint): number;
}

type Endpoint = Pick<RealServer, 'address' | 'port'>;

/** `virtual_server 192.0.2.10 80 tcp`, `virtual_server group web` or `virtual_server fwmark 7`. */
function servicesOf(block: string, { byName }: ChangedEntries): readonly NamedService[] {
  const servers = byName.get(nameIn(block)) ?? [];
  return servers.flatMap((server) =>
    server.keys.map((key) => ({
      name: nameOfService(key),
      portOf: (real) => {
        const ofAddress = server.realServers.filter(({ address }) => address === real.address);
        const known = ofAddress.find(({ port }) => port === real.port) ?? ofAddress[0];
        return known === undefined ? real.port : destinationPort(key, known);
      },
    })),
  );
}

/** As `nameOf` has it. */
function nameIn(block: string): string {
  const [, first = '', second = '', protocol] = block.split(' ');
  return first === 'group' || first === 'fwmark'
    ? `${first} ${second}`
    : `${formatEndpoint(first, Number(second))} ${protocol}`;
}

function nameOf({ group, keys: [key] }: VirtualServer): string {
  if (group !== null || key === undefined) return `group ${group}`;
  return key.kind === 'fwmark' ? `fwmark ${key.mark}` : nameOfService(key);
}

function realServerOf(name: string): Endpoint | null {
  const [word, address = '', port] = name.split(' ');
  if (word !== 'real_server' || port === undefined) return null;
  return { address, port: Number(port) };
}

/** Keywords and lists of an instance, and the difference by which the plan tells of them. */
const TOLD_BY: Readonly<Record<string, string>> = {
  version: 'VRRP version',
  advert_int: 'interval',
  down_timer_adverts: 'takes over after',
  nopreempt: 'preempts',
  preempt_delay: 'preempts',
  auth_type: 'authentication',
  auth_pass: 'authentication',
  mcast_src_ip: 'source address',
  unicast_src_ip: 'source address',
  unicast_peer: 'sent to',
  advert_paths: 'further paths',
  gate: 'gate',
  gate_time: 'gate',
  accept: 'takes packets',
  no_accept: 'takes packets',
  strict_mode: 'strict',
  dont_track_primary: 'FAULT when its interface is down',
  track_src_ip: 'FAULT without its source address',
  track_interface: 'tracks',
  track_script: 'tracks',
  track_file: 'tracks',
  track_process: 'tracks',
  track_bfd: 'tracks',
};

function isInVrrp(difference: Difference, { changes }: VrrpPlan): boolean {
  const { path, keyword } = difference;
  const [top = '', list] = path;
  const name = top.slice('vrrp_instance '.length);
  const ofInstance = changes.filter(({ instance }) => instance === name);
  if (list === undefined && keyword === null) {
    return ofInstance.some(({ about }) => about === 'instance');
  }
  if (keyword === 'priority') return ofInstance.some(({ about }) => about === 'priority');
  if (list === 'virtual_ipaddress' || list === 'virtual_ipaddress_excluded') {
    return keyword === null && ofInstance.some((change) => isOfAddress(change, difference));
  }
  const told = TOLD_BY[keyword ?? list ?? ''];
  return ofInstance.some(({ differences }) => differences.some((one) => one.name === told));
}

function isInStatics(difference: Difference, { changes }: VrrpPlan): boolean {
  const statics = changes.filter(({ instance }) => instance === null);
  return statics.some((change) => isOfAddress(change, difference));
}

/** An address that is only changed is told by its own line. */
function isOfAddress(
  { about, change, name }: VrrpPlan['changes'][number],
  { kind, after }: Difference,
): boolean {
  if (about !== 'address') return false;
  if (kind !== 'changed') return true;
  const [written = ''] = (after ?? '').split(/[ /]/);
  return change === 'edit' && name.startsWith(`${parseAddress(written) ?? written}/`);
}
