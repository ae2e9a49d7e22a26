/** The virtual servers of a snapshot as text: what each serves, who is up, and why not. */
import { formatEndpoint } from '../base/endpoint.ts';
import { destinationPort } from '../model/destination-port.ts';
import type { DrainPeer, DrainSnapshot, Order } from '../model/drain.ts';
import { formatForwarding, formatService, nameOfVirtualServer } from '../model/names.ts';
import type {
  ArpFault,
  CheckerSnapshot,
  HealthSnapshot,
  RealServerHealth,
  VirtualServerHealth,
} from '../model/snapshot-health.ts';
import type {
  DestinationSnapshot,
  IpvsSnapshot,
  RefusalSnapshot,
  ServiceSnapshot,
} from '../model/snapshot-ipvs.ts';
import type { ServiceKey } from '../model/virtual-server.ts';
import { drainingText, orderText, sharingText } from './drain-text.ts';
import {
  formatSince,
  formatSpan,
  formatTable,
  formatTime,
  plural,
  printable,
  type TextStyle,
  tone,
} from './text.ts';

interface Context {
  readonly ipvs: IpvsSnapshot | null;
  readonly drains: DrainSnapshot | null;
  readonly nowMs: number;
  readonly style: TextStyle;
}

const HEADINGS = ['real server', 'method', 'weight', 'state', 'active', 'inactive', 'checked by'];

export function renderVirtualServers(health: HealthSnapshot, context: Context): string {
  const services = new Map(
    context.ipvs?.services.map((service) => [formatService(service.key), service]),
  );
  const refused = byVirtualServer(context.ipvs?.refused ?? []);
  return health.virtualServers
    .map((server) => {
      const refusals = renderRefusals(server, refused, context);
      const faults = renderArpFaults(server, health.arpFaults, context);
      return `${renderOne(server, heldBy(server, services), context)}${refusals}${faults}`;
    })
    .join('\n');
}

function byVirtualServer(
  refused: readonly RefusalSnapshot[],
): ReadonlyMap<string, readonly RefusalSnapshot[]> {
  const groups = new Map<string, RefusalSnapshot[]>();
  for (const one of refused) {
    const group = groups.get(one.virtualServer);
    if (group) group.push(one);
    else groups.set(one.virtualServer, [one]);
  }
  return groups;
}

/** A service of a virtual server as the kernel holds it: its destinations by address and port. */
interface HeldService {
  readonly key: ServiceKey;
  readonly destinations: ReadonlyMap<string, DestinationSnapshot>;
}

/** The services of a virtual server that the kernel holds, and those that it does not. */
interface Held {
  readonly services: readonly HeldService[];
  readonly absent: readonly ServiceKey[];
}

function heldBy(
  { keys }: VirtualServerHealth,
  services: ReadonlyMap<string, ServiceSnapshot>,
): Held {
  const held = keys.flatMap((key) => services.get(formatService(key)) ?? []);
  return {
    services: held.map(({ key, destinations }) => ({
      key,
      destinations: new Map(
        destinations.map((one) => [formatEndpoint(one.address, one.port), one]),
      ),
    })),
    absent: keys.filter((key) => !services.has(formatService(key))),
  };
}

function renderOne(server: VirtualServerHealth, held: Held, context: Context): string {
  const { style, nowMs } = context;
  const quorum = server.quorumMet
    ? tone('quorum met', 'good', style)
    : tone('quorum lost', 'bad', style);
  const bounds = server.hysteresis > 0 ? `${server.quorum} ± ${server.hysteresis}` : server.quorum;
  const heading = [
    tone(nameOfVirtualServer(server), 'strong', style),
    server.scheduler,
    `${quorum} ${formatSince(server.sinceMs, nowMs)}: weight ${server.upWeight} up, ${bounds} wanted`,
  ].join('  ');
  const notes = server.realServers.map((real) => orderNote(real, held, context));
  const rows = [
    HEADINGS.map((word) => tone(word, 'weak', style)),
    ...server.realServers.map((real) => realServerRow(real, held, context)),
    ...(server.sorryServer === null ? [] : [sorryRow(server.sorryServer, held, context)]),
  ];
  const services = server.group === null ? '' : `    ${servicesText(server.keys)}\n`;
  const absent =
    held.absent.length === 0 ? '' : `  ${tone(absentText(server, held), 'bad', style)}\n`;
  return `  ${heading}\n${services}${absent}${withNotes(formatTable(rows, { indent: 4 }), notes)}`;
}

/** What an operator has ordered of a real server, or null. */
function orderNote(
  real: RealServerHealth,
  held: Held,
  { drains, nowMs, style }: Context,
): string | null {
  if (real.order === null) return null;
  const there = placesOf(real, held).flatMap(({ destination }) => destination ?? []);
  const left = there.reduce(
    (sum, one) => ({
      active: sum.active + one.activeConnections,
      inactive: sum.inactive + one.inactiveConnections,
      persistent: sum.persistent + one.persistentConnections,
    }),
    { active: 0, inactive: 0, persistent: 0 },
  );
  const { order } = real;
  const told = drains?.orders.find((one) => isSame(one.order, order));
  const text = `${orderText(order, there.length === 0 ? null : left, nowMs)}${told === undefined ? '' : sharingText(told)}`;
  return `      ${tone(text, 'bad', style)}\n`;
}

function isSame(one: Order, other: Order): boolean {
  return (
    one.realServer === other.realServer &&
    one.virtualServer === other.virtualServer &&
    one.version.atMs === other.version.atMs
  );
}

/** Each note below the row of its real server; the first line is the heading. */
function withNotes(table: string, notes: readonly (string | null)[]): string {
  if (notes.every((note) => note === null)) return table;
  const lines = table.split(/(?<=\n)/);
  return lines.map((line, at) => `${line}${notes[at - 1] ?? ''}`).join('');
}

/** Of one virtual server; all are in `--json`. */
const REFUSALS_SHOWN_MAX = 3;

/** Below its real servers: what the kernel refused of it, and what to do about it. */
function renderRefusals(
  { keys }: VirtualServerHealth,
  refused: ReadonlyMap<string, readonly RefusalSnapshot[]>,
  { style }: Context,
): string {
  if (refused.size === 0) return '';
  const own = keys.flatMap((key) => refused.get(formatService(key)) ?? []);
  const more = own.length - REFUSALS_SHOWN_MAX;
  return [
    ...own
      .slice(0, REFUSALS_SHOWN_MAX)
      .map(
        ({ reason, hint }) =>
          `    ${tone(printable(reason), 'bad', style)}\n` +
          (hint === null ? '' : `      ${printable(hint)}\n`),
      ),
    more > 0 ? `    and ${more} more\n` : '',
  ].join('');
}

/** Below its real servers: those that answer for its address, and what to do about it. */
function renderArpFaults(
  { keys, realServers }: VirtualServerHealth,
  faults: readonly ArpFault[],
  { nowMs, style }: Context,
): string {
  const own = new Set(keys.flatMap((key) => (key.kind === 'address' ? key.address : [])));
  return faults
    .filter(({ virtualAddress }) => own.has(virtualAddress))
    .filter(({ realServer }) => realServers.some(({ address }) => address === realServer))
    .map(({ realServer, virtualAddress, mac, interface: link, sinceMs }) => {
      const what = tone(`${realServer} answers ARP for ${virtualAddress}`, 'bad', style);
      const where = `on ${link} (${mac}) ${formatSince(sinceMs, nowMs)}`;
      return (
        `    ${what} ${where}: clients may reach it past the director\n` +
        `      on it: lvsctl realserver setup --vip ${virtualAddress}\n`
      );
    })
    .join('');
}

/** A group may have a whole network of them. */
const SERVICES_NAMED_MAX = 6;

/** `3 services: 10.0.0.1:80 tcp, 10.0.0.2:80 tcp, fwmark 7 ipv4` */
function servicesText(keys: readonly ServiceKey[]): string {
  return `${plural(keys.length, 'service')}: ${namesOf(keys)}`;
}

function absentText({ group }: VirtualServerHealth, { absent }: Held): string {
  const where = 'not in the kernel’s table';
  return group === null ? where : `${where}: ${namesOf(absent)}`;
}

function namesOf(keys: readonly ServiceKey[]): string {
  const named = keys.slice(0, SERVICES_NAMED_MAX).map(formatService).join(', ');
  const more = keys.length - SERVICES_NAMED_MAX;
  return more > 0 ? `${named} and ${more} more` : named;
}

function realServerRow(
  real: RealServerHealth,
  held: Held,
  { style, nowMs }: Context,
): readonly (string | number)[] {
  const places = placesOf(real, held);
  const standing = tone(real.standing, real.standing === 'up' ? 'good' : 'bad', style);
  return [
    formatEndpoint(real.address, real.port),
    formatForwarding(real),
    weightText(real, places),
    `${standing} ${formatSpan(nowMs - real.sinceMs)}`,
    connections(places, 'activeConnections'),
    connections(places, 'inactiveConnections'),
    real.checkers.length === 0
      ? 'nobody'
      : real.checkers.map((checker) => checkerText(checker, nowMs)).join('; '),
  ];
}

/** Where the kernel should hold a server, and what it holds there. */
interface PlaceInKernel {
  readonly key: ServiceKey;
  readonly destination: DestinationSnapshot | undefined;
}

function placesOf(
  server: Pick<RealServerHealth, 'address' | 'port' | 'forwarding'>,
  { services }: Held,
): readonly PlaceInKernel[] {
  return services.map(({ key, destinations }) => ({
    key,
    destination: destinations.get(formatEndpoint(server.address, destinationPort(key, server))),
  }));
}

/**
 * `3`, or what was configured and what the kernel holds instead: `3 → absent`, `3 → 0`. Where some services of
 * a group differ from others, the first that differs is named.
 */
function weightText(
  { configuredWeight }: RealServerHealth,
  places: readonly PlaceInKernel[],
): string {
  const weights = places.map(({ destination }) => destination?.weight ?? 'absent');
  const at = weights.findIndex((weight) => weight !== configuredWeight);
  if (weights.length > 0 && at < 0) return String(configuredWeight);
  const place = places[at];
  const isEverywhere = weights.every((weight) => weight === weights[at]);
  const where = isEverywhere || place === undefined ? '' : ` in ${formatService(place.key)}`;
  return `${configuredWeight} → ${weights[at] ?? 'absent'}${where}`;
}

/** Of all services together. */
function connections(
  places: readonly PlaceInKernel[],
  which: 'activeConnections' | 'inactiveConnections',
): number | '-' {
  const held = places.flatMap(({ destination }) => destination ?? []);
  return held.length === 0 ? '-' : held.reduce((sum, one) => sum + one[which], 0);
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
  held: Held,
  { style }: Context,
): readonly (string | number)[] {
  const places = placesOf(sorry, held);
  return [
    formatEndpoint(sorry.address, sorry.port),
    formatForwarding(sorry),
    places.find(({ destination }) => destination !== undefined)?.destination?.weight ?? 'absent',
    sorry.inUse ? tone('sorry server in use', 'bad', style) : 'sorry server',
    connections(places, 'activeConnections'),
    connections(places, 'inactiveConnections'),
    '',
  ];
}

/**
 * What a reload has removed and what drains before it leaves; orders for what is not configured; other directors
 * that are not told of orders.
 */
export function renderDrains({ leaving, orders, peers }: DrainSnapshot, nowMs: number): string {
  const leavers = leaving.map(({ realServer, virtualServer, ...drain }) => [
    `${realServer} of ${virtualServer}`,
    drainingText(drain, nowMs),
  ]);
  const absent = orders
    .filter(({ servers }) => servers.length === 0)
    .map((one) => [
      one.order.virtualServer === null
        ? one.order.realServer
        : `${one.order.realServer} of ${one.order.virtualServer}`,
      `${orderText(one.order, one.left, nowMs)}${sharingText(one)}`,
    ]);
  const untold = orders.some(({ order }) => !order.isLocal)
    ? peers.flatMap((peer) => untoldText(peer) ?? [])
    : [];
  return [
    leavers.length === 0 ? '' : `\nRemoved by a reload\n${formatTable(leavers, { indent: 2 })}`,
    absent.length === 0
      ? ''
      : `\nOrdered, but not configured\n${formatTable(absent, { indent: 2 })}`,
    ...untold.map((text) => `\n${text}\n`),
  ].join('');
}

function untoldText({ address, name, state }: DrainPeer): string | null {
  const who = name === null ? address : `${printable(name)} (${address})`;
  switch (state) {
    case 'told':
    case 'telling':
      return null;
    case 'silent':
      return `Orders are not told to ${who}: it does not answer`;
    case 'full':
      return `Not all orders are on ${who}: see its log`;
    case 'unsigned':
      return `Orders are not told to ${who}: the link has no key (auth_hmac or auth_pass in the vrrp_instances)`;
  }
}

/** Repairs that are shown, and lines of each; all that are kept are in `--json`. */
const REPAIRS_SHOWN_MAX = 3;
const DRIFT_LINES_MAX = 5;

/** What others have changed in services of ours; nothing when they have not. */
export function renderDrift({ drift }: IpvsSnapshot, nowMs: number): string {
  if (drift.repairs === 0) return '';
  const count = `${plural(drift.changes, 'change')} by others`;
  const since = drift.repairs === 1 ? '' : `, in ${drift.repairs} repairs`;
  const repairs = drift.last.slice(0, REPAIRS_SHOWN_MAX).map((repair) => {
    const lines = repair.changes.slice(0, DRIFT_LINES_MAX);
    const more = repair.count - lines.length;
    return [
      `  ${formatTime(repair.atMs, nowMs)}: ${plural(repair.count, 'change')}\n`,
      ...lines.map((line) => `    ${line}\n`),
      more > 0 ? `    and ${more} more\n` : '',
    ].join('');
  });
  return `\nPut right in the kernel: ${count}${since}\n${repairs.join('')}`;
}

/** Another program may have thousands; all are in `--json`. */
const FOREIGN_SHOWN_MAX = 20;

/** Services in the kernel that somebody else made: told, never touched. */
export function renderForeign(ipvs: IpvsSnapshot): string {
  const foreign = ipvs.services.filter(({ owned }) => !owned);
  if (foreign.length === 0) return '';
  const rows = foreign
    .slice(0, FOREIGN_SHOWN_MAX)
    .map(({ key, scheduler, destinations }) => [
      formatService(key),
      scheduler,
      plural(destinations.length, 'real server'),
    ]);
  const more = foreign.length - rows.length;
  return [
    '\nIn the kernel, but not ours (left alone)\n',
    formatTable(rows, { indent: 2 }),
    more > 0 ? `  and ${more} more: lvsctl show --json\n` : '',
  ].join('');
}
