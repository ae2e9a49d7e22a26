/** The virtual servers of a snapshot as text: what each serves, who is up, and why not. */
import { formatEndpoint } from '../base/endpoint.ts';
import { formatService } from '../model/names.ts';
import type {
  CheckerSnapshot,
  HealthSnapshot,
  RealServerHealth,
  VirtualServerHealth,
} from '../model/snapshot-health.ts';
import type { DestinationSnapshot, IpvsSnapshot, ServiceSnapshot } from '../model/snapshot-ipvs.ts';
import { formatSince, formatSpan, formatTable, plural, type TextStyle, tone } from './text.ts';

interface Context {
  readonly ipvs: IpvsSnapshot | null;
  readonly nowMs: number;
  readonly style: TextStyle;
}

const HEADINGS = ['real server', 'method', 'weight', 'state', 'active', 'inactive', 'checked by'];

export function renderVirtualServers(health: HealthSnapshot, context: Context): string {
  const services = new Map(
    context.ipvs?.services.map((service) => [formatService(service.key), service]),
  );
  return health.virtualServers
    .map((server) => renderOne(server, services.get(formatService(server.key)), context))
    .join('\n');
}

function renderOne(
  server: VirtualServerHealth,
  service: ServiceSnapshot | undefined,
  context: Context,
): string {
  const { style, nowMs } = context;
  const quorum = server.quorumMet
    ? tone('quorum met', 'good', style)
    : tone('quorum lost', 'bad', style);
  const bounds = server.hysteresis > 0 ? `${server.quorum} ± ${server.hysteresis}` : server.quorum;
  const heading = [
    tone(formatService(server.key), 'strong', style),
    server.scheduler,
    `${quorum} ${formatSince(server.sinceMs, nowMs)}: weight ${server.upWeight} up, ${bounds} wanted`,
  ].join('  ');
  const rows = [
    HEADINGS.map((word) => tone(word, 'weak', style)),
    ...server.realServers.map((real) => realServerRow(real, service, context)),
    ...(server.sorryServer === null ? [] : [sorryRow(server.sorryServer, service, context)]),
  ];
  const absent =
    service === undefined ? `  ${tone('not in the kernel’s table', 'bad', style)}\n` : '';
  return `  ${heading}\n${absent}${formatTable(rows, { indent: 4 })}`;
}

function realServerRow(
  real: RealServerHealth,
  service: ServiceSnapshot | undefined,
  { style, nowMs }: Context,
): readonly (string | number)[] {
  const inKernel = destinationOf(service, real);
  const standing = tone(real.standing, real.standing === 'up' ? 'good' : 'bad', style);
  return [
    formatEndpoint(real.address, real.port),
    real.forwarding.toUpperCase(),
    weightText(real, inKernel),
    `${standing} ${formatSpan(nowMs - real.sinceMs)}`,
    inKernel?.activeConnections ?? '-',
    inKernel?.inactiveConnections ?? '-',
    real.checkers.length === 0
      ? 'nobody'
      : real.checkers.map((checker) => checkerText(checker, nowMs)).join('; '),
  ];
}

/** `3`, or what was configured and what the kernel holds instead: `3 → absent`, `3 → 0`. */
function weightText(real: RealServerHealth, inKernel: DestinationSnapshot | undefined): string {
  const held = inKernel?.weight ?? 'absent';
  return held === real.configuredWeight ? String(held) : `${real.configuredWeight} → ${held}`;
}

function checkerText(checker: CheckerSnapshot, nowMs: number): string {
  const { kind, standing, lastVerdict, lastFailure } = checker;
  if (lastVerdict === null) return `${kind} not yet`;
  if (standing === 'up' && lastVerdict.up) {
    const latency = lastVerdict.latencyMs;
    return latency === null ? `${kind} good` : `${kind} good in ${Math.round(latency)} ms`;
  }
  if (lastFailure === null) return kind;
  const url = lastFailure.url === null ? '' : ` ${lastFailure.url}`;
  const detail = lastFailure.detail === null ? '' : ` (${lastFailure.detail})`;
  const ago = formatSpan(nowMs - lastFailure.atMs);
  return `${kind}${url} failed ${ago} ago: ${lastFailure.reason}${detail}`;
}

function sorryRow(
  sorry: NonNullable<VirtualServerHealth['sorryServer']>,
  service: ServiceSnapshot | undefined,
  { style }: Context,
): readonly (string | number)[] {
  const inKernel = destinationOf(service, sorry);
  return [
    formatEndpoint(sorry.address, sorry.port),
    sorry.forwarding.toUpperCase(),
    inKernel?.weight ?? 'absent',
    sorry.inUse ? tone('sorry server in use', 'bad', style) : 'sorry server',
    inKernel?.activeConnections ?? '-',
    inKernel?.inactiveConnections ?? '-',
    '',
  ];
}

function destinationOf(
  service: ServiceSnapshot | undefined,
  server: { readonly address: string; readonly port: number },
): DestinationSnapshot | undefined {
  return service?.destinations.find(
    ({ address, port }) => address === server.address && port === server.port,
  );
}

/** Services in the kernel that somebody else made: told, never touched. */
export function renderForeign(ipvs: IpvsSnapshot): string {
  const foreign = ipvs.services.filter(({ owned }) => !owned);
  if (foreign.length === 0) return '';
  const rows = foreign.map(({ key, scheduler, destinations }) => [
    formatService(key),
    scheduler,
    plural(destinations.length, 'real server'),
  ]);
  return `\nIn the kernel, but not ours (left alone)\n${formatTable(rows, { indent: 2 })}`;
}
