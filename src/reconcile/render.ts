/**
 * Changes as an operator reads them, one a line:
 *
 *   + virtual server 10.0.0.1:80 tcp: wrr, persistence 360 s
 *   + real server 10.1.0.3:80 of 10.0.0.1:80 tcp: dr, weight 1
 *   ~ real server 10.1.0.4:80 of 10.0.0.1:80 tcp: weight 1 → 3
 *   - virtual server 10.0.0.2:53 udp: 4 real servers
 */
import { addressBits } from '../base/address.ts';
import { unreachable } from '../base/error.ts';
import type { Destination, Service, Tunnel } from '../model/ipvs-table.ts';
import { formatService } from '../model/names.ts';
import { destinationName, type IpvsChange, keyOf, NO_SCHEDULER } from './change.ts';

/**
 * Changes as people think of them: a service that is made without scheduler, filled, and bound to `mh` last (ipvs.ts) is a
 * new service with `mh`.
 */
export function asTold(changes: readonly IpvsChange[]): readonly IpvsChange[] {
  const bound = new Map<string, Service>();
  for (const change of changes) {
    if (change.do !== 'edit-service' || change.before.scheduler !== NO_SCHEDULER) continue;
    bound.set(formatService(change.service.key), change.service);
  }
  if (bound.size === 0) return changes;
  const folded = new Set<Service>();
  const told = changes.map((change) => {
    if (change.do !== 'add-service') return change;
    const service = bound.get(formatService(change.service.key));
    if (service === undefined) return change;
    folded.add(service);
    return { ...change, service };
  });
  return told.filter((change) => change.do !== 'edit-service' || !folded.has(change.service));
}

export function renderChanges(changes: readonly IpvsChange[]): string {
  return changes.map((change) => `${renderChange(change)}\n`).join('');
}

export function renderChange(change: IpvsChange): string {
  const sign = signOf(change);
  const what = describe(change);
  return what === '' ? `${sign} ${subjectOf(change)}` : `${sign} ${subjectOf(change)}: ${what}`;
}

/** `virtual server 10.0.0.1:80 tcp` or `real server 10.1.0.3:80 of 10.0.0.1:80 tcp`. */
export function subjectOf(change: IpvsChange): string {
  const service = formatService(keyOf(change));
  return 'destination' in change
    ? `real server ${destinationName(change.destination)} of ${service}`
    : `virtual server ${service}`;
}

/** For machines: verb, names, and the values that a person sees too. */
export interface ChangeRecord {
  readonly change: IpvsChange['do'];
  readonly virtualServer: string;
  readonly realServer?: string;
  readonly from?: Service | Destination;
  readonly to?: Service | Destination;
}

export function recordOf(change: IpvsChange): ChangeRecord {
  const names = { change: change.do, virtualServer: formatService(keyOf(change)) };
  const { from, to } = valuesOf(change);
  return {
    ...names,
    ...('destination' in change ? { realServer: destinationName(change.destination) } : {}),
    ...(from ? { from } : {}),
    ...(to ? { to } : {}),
  };
}

function valuesOf(change: IpvsChange): {
  from?: Service | Destination;
  to?: Service | Destination;
} {
  switch (change.do) {
    case 'add-service':
      return { to: change.service };
    case 'edit-service':
      return { from: change.before, to: change.service };
    case 'remove-service':
      return { from: change.before.service };
    case 'add-destination':
      return { to: change.destination };
    case 'edit-destination':
      return { from: change.before, to: change.destination };
    case 'remove-destination':
      return { from: change.destination };
    default:
      return unreachable(change);
  }
}

function signOf(change: IpvsChange): '+' | '~' | '-' {
  switch (change.do) {
    case 'add-service':
    case 'add-destination':
      return '+';
    case 'edit-service':
    case 'edit-destination':
      return '~';
    case 'remove-service':
    case 'remove-destination':
      return '-';
    default:
      return unreachable(change);
  }
}

function describe(change: IpvsChange): string {
  switch (change.do) {
    case 'add-service':
      return words(serviceWords(change.service));
    case 'edit-service':
      return differences(serviceWords(change.before), serviceWords(change.service));
    case 'remove-service':
      return count(change.before.destinations.length, 'real server');
    case 'add-destination':
      return words(destinationWords(change.destination));
    case 'edit-destination':
      return differences(destinationWords(change.before), destinationWords(change.destination));
    case 'remove-destination':
      return '';
    default:
      return unreachable(change);
  }
}

/** A property, its value in words, and whether it goes without saying. */
interface Property {
  readonly name: string;
  readonly value: string;
  readonly usual: boolean;
}

function serviceWords(service: Service): readonly Property[] {
  const { scheduler, schedulerFlags, granularityBits, key } = service;
  const flags = (['fallback', 'port', 'third'] as const)
    .filter((name) => schedulerFlags[name])
    .map((name) => flagWord(scheduler, name));
  return [
    { name: '', value: scheduler, usual: false },
    { name: 'scheduler flags', value: flags.join(' ') || 'none', usual: flags.length === 0 },
    { name: 'persistence', value: persistenceWords(service), usual: !isPersistent(service) },
    {
      name: 'granularity',
      value: granularityBits === null ? 'a mask with gaps' : `/${granularityBits}`,
      usual: granularityBits === addressBits(key.family),
    },
    { name: 'one-packet', value: service.onePacket ? 'on' : 'off', usual: !service.onePacket },
    { name: 'engine', value: service.engine ?? 'none', usual: service.engine === null },
  ];
}

/** As the configuration writes it: `mh-fallback`, `flag-1`. */
function flagWord(scheduler: string, flag: keyof Service['schedulerFlags']): string {
  const isNamed = flag !== 'third' && (scheduler === 'sh' || scheduler === 'mh');
  return isNamed ? `${scheduler}-${flag}` : BARE_FLAGS[flag];
}

const BARE_FLAGS = { fallback: 'flag-1', port: 'flag-2', third: 'flag-3' } as const;

function isPersistent({ persistent, timeoutSeconds }: Service): boolean {
  return persistent || timeoutSeconds > 0;
}

/** The flag decides: a timeout without it does nothing, but is there to be seen. */
function persistenceWords({ persistent, timeoutSeconds }: Service): string {
  if (persistent) return `${timeoutSeconds} s`;
  return timeoutSeconds === 0 ? 'off' : `off (${timeoutSeconds} s)`;
}

function destinationWords(destination: Destination): readonly Property[] {
  const { forwarding, tunnel, weight, upperThreshold, lowerThreshold } = destination;
  return [
    { name: '', value: forwarding, usual: false },
    {
      name: 'tunnel',
      value: tunnel === null ? 'none' : tunnelWords(tunnel),
      usual: tunnel === null || tunnelWords(tunnel) === 'ipip',
    },
    { name: 'weight', value: String(weight), usual: false },
    { name: 'upper threshold', value: String(upperThreshold), usual: upperThreshold === 0 },
    { name: 'lower threshold', value: String(lowerThreshold), usual: lowerThreshold === 0 },
  ];
}

const CHECKSUM_WORDS: Readonly<Record<number, string>> = { 0: '', 1: ' csum', 2: ' remcsum' };

/** As the configuration writes it: `gue port 6080 csum`. */
function tunnelWords({ type, port, flags }: Tunnel): string {
  const checksum = CHECKSUM_WORDS[flags] ?? ` flags ${flags}`;
  return `${type}${port === 0 ? '' : ` port ${port}`}${checksum}`;
}

function words(properties: readonly Property[]): string {
  return properties
    .filter(({ usual }) => !usual)
    .map(({ name, value }) => `${name} ${value}`.trim())
    .join(', ');
}

/** Properties stand in the same order on both sides. */
function differences(from: readonly Property[], to: readonly Property[]): string {
  return to
    .flatMap(({ name, value }, at) => {
      const before = (from[at] as Property).value;
      return before === value ? [] : `${name} ${before} → ${value}`.trim();
    })
    .join(', ');
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
