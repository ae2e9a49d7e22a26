/**
 * Desired table × actual table → the fewest changes, in an order that never leaves a virtual server
 * emptier than it must be:
 *
 *   each desired service:  add or edit it
 *                          add destinations, raise weights
 *                          lower weights, remove destinations
 *                          give it the scheduler mh, which builds its table anew for each change above
 *   then:                  remove services that are ours and no longer desired
 *
 * An mh service takes only so many destinations: where there is no room for all that is added, a destination goes
 * before each one that comes.
 *
 * So a sorry server is in before the last real server leaves, and the reverse. A service that is
 * neither desired nor ours is foreign: named, never touched.
 *
 * One change is one message. A new mh service with two or more real servers takes one more: it is made with
 * the scheduler `none`, which refuses connections, and bound to mh when it is full.
 */
import { unreachable } from '../base/error.ts';
import { atOnce, STEP, type Steps } from '../base/slices.ts';
import {
  type Destination,
  type IpvsTable,
  MH_DESTINATIONS_MAX,
  type Service,
  type ServiceEntry,
} from '../model/ipvs-table.ts';
import { formatService } from '../model/names.ts';
import type { ServiceKey } from '../model/virtual-server.ts';
import { byNameSteps, destinationName, type IpvsChange, NO_SCHEDULER } from './change.ts';

export interface IpvsDiffInput {
  readonly desired: IpvsTable;
  readonly actual: IpvsTable;
  /** Services that we have made or adopted before. */
  readonly owned: readonly ServiceKey[];
}

export interface IpvsDiff {
  readonly changes: readonly IpvsChange[];
  /** Services that are desired, and that somebody else has made. */
  readonly takenOver: readonly ServiceKey[];
  readonly foreign: readonly ServiceKey[];
  /** The same as they are, for they stay so. */
  readonly foreignEntries: readonly ServiceEntry[];
}

export function diffIpvs(input: IpvsDiffInput): IpvsDiff {
  return atOnce(diffSteps(input));
}

export function* diffSteps(input: IpvsDiffInput): Steps<IpvsDiff> {
  const { desired, actual, owned } = withoutKept(input);
  const ours = new Set(yield* namesOf(owned));
  const left = yield* byNameSteps(actual);
  const changes: IpvsChange[] = [];
  const removals: IpvsChange[] = [];
  const takenOver: ServiceKey[] = [];
  for (const entry of desired.services) {
    const name = formatService(entry.service.key);
    const before = left.get(name);
    left.delete(name);
    if (before !== undefined && !ours.has(name)) takenOver.push(entry.service.key);
    if (entry !== before) {
      const found = yield* diffService(entry, before);
      for (const change of orderChanges(found, roomIn(entry, before))) changes.push(change);
    }
    yield;
  }
  const foreignEntries: ServiceEntry[] = [];
  for (const [name, before] of left) {
    const { key } = before.service;
    if (ours.has(name)) removals.push({ do: 'remove-service', key, before });
    else foreignEntries.push(before);
  }
  for (const change of removals) changes.push(change);
  const foreign = foreignEntries.map(({ service }) => service.key);
  return { changes, takenOver, foreign, foreignEntries };
}

function* namesOf(keys: readonly ServiceKey[]): Steps<readonly string[]> {
  const names: string[] = [];
  for (const key of keys) if (names.push(formatService(key)) % STEP === 0) yield;
  return names;
}

/**
 * All but what is ours and the same object in both, at the same place: nothing can have changed in it, and
 * after a reload of ten thousand virtual servers that is nearly all of them.
 */
function withoutKept({ desired, actual, owned }: IpvsDiffInput): IpvsDiffInput {
  const isLeft = (_: unknown, at: number): boolean => {
    const entry = desired.services[at];
    return entry !== actual.services[at] || entry?.service.key !== owned[at];
  };
  return {
    desired: { services: desired.services.filter(isLeft) },
    actual: { services: actual.services.filter(isLeft) },
    owned: owned.filter(isLeft),
  };
}

/** Of one service that is desired. */
export type ServiceChange = Exclude<IpvsChange, { readonly do: 'remove-service' }>;

function* diffService(
  desired: ServiceEntry,
  actual: ServiceEntry | undefined,
): Steps<readonly ServiceChange[]> {
  const { service } = desired;
  const changes: ServiceChange[] = [];
  if (!actual) {
    changes.push({ do: 'add-service', service });
  } else if (!sameService(service, actual.service)) {
    changes.push({ do: 'edit-service', service, before: actual.service });
  }
  yield* diffDestinations(changes, desired, actual?.destinations ?? []);
  return changes;
}

function* diffDestinations(
  changes: ServiceChange[],
  { service: { key }, destinations }: ServiceEntry,
  actual: readonly Destination[],
): Steps<void> {
  if (actual.length === 0) {
    for (const destination of destinations) {
      if (changes.push({ do: 'add-destination', key, destination }) % STEP === 0) yield;
    }
    return;
  }
  const left = isSameList(destinations, actual) ? null : yield* destinationsByName(actual);
  for (let at = 0; at < destinations.length; at += 1) {
    if (at % STEP === 0) yield;
    const destination = destinations[at] as Destination;
    const before = left === null ? actual[at] : claimed(left, destination);
    if (before === undefined) {
      changes.push({ do: 'add-destination', key, destination });
    } else if (!sameDestination(destination, before)) {
      changes.push({ do: 'edit-destination', key, destination, before });
    }
  }
  for (const destination of left?.values() ?? []) {
    changes.push({ do: 'remove-destination', key, destination });
  }
}

type Destinations = Map<string, Destination>;

function* destinationsByName(destinations: readonly Destination[]): Steps<Destinations> {
  const byName: Destinations = new Map();
  for (const destination of destinations) {
    if (byName.set(destinationName(destination), destination).size % STEP === 0) yield;
  }
  return byName;
}

/** The one of this name, which is left no longer. */
function claimed(left: Destinations, destination: Destination): Destination | undefined {
  const name = destinationName(destination);
  const found = left.get(name);
  left.delete(name);
  return found;
}

/** The same addresses and ports in the same order, as after most reloads: no names are needed then. */
function isSameList(a: readonly Destination[], b: readonly Destination[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ address, port }, at) => address === b[at]?.address && port === b[at]?.port)
  );
}

/** How many destinations a service takes beside those that it has, while it is changed; Infinity: any number. */
function roomIn({ service }: ServiceEntry, before: ServiceEntry | undefined): number {
  // One that becomes mh is bound to it when nothing else is to be changed, and one that leaves mh leaves it first.
  const isMh = service.scheduler === MH && before?.service.scheduler === MH;
  return isMh ? MH_DESTINATIONS_MAX - before.destinations.length : Infinity;
}

/** The changes of one service, found in any order, in that of the head of this file. */
export function orderChanges(
  changes: readonly ServiceChange[],
  room: number,
): readonly ServiceChange[] {
  const service: ServiceChange[] = [];
  const more: ServiceChange[] = [];
  const less: ServiceChange[] = [];
  const binding: ServiceChange[] = [];
  for (const change of changes) {
    switch (change.do) {
      case 'add-service': {
        const { first, last } = creation(change.service, changes.length - 1);
        service.push(first);
        if (last !== null) binding.push(last);
        break;
      }
      case 'edit-service':
        (becomesMh(change.before, change.service) ? binding : service).push(change);
        break;
      case 'add-destination':
        more.push(change);
        break;
      case 'edit-destination':
        (change.destination.weight >= change.before.weight ? more : less).push(change);
        break;
      case 'remove-destination':
        less.push(change);
        break;
      default:
        unreachable(change);
    }
  }
  return service.concat(withinRoom(more, less, room), binding);
}

/** The kernel takes more than an mh service has room for without a word, and builds its table no longer. */
function withinRoom(
  more: readonly ServiceChange[],
  less: readonly ServiceChange[],
  room: number,
): readonly ServiceChange[] {
  const additions = more.filter(isAddition);
  if (additions.length <= room) return [...more, ...less];
  // Who serves comes first, and who takes no new connections goes first: nobody misses him.
  const coming = additions.toSorted((a, b) => Number(weightIn(b) > 0) - Number(weightIn(a) > 0));
  const going = less.filter(isRemoval).toSorted((a, b) => weightIn(a) - weightIn(b));
  const free = Math.max(0, room);
  // Others may have put in more than there is room for.
  const ahead = going.slice(0, free - room);
  const inTurn = going.slice(free - room);
  return [
    ...more.filter((change) => !isAddition(change)),
    ...ahead,
    ...coming.slice(0, free),
    ...coming.slice(free).flatMap((change, at) => [...inTurn.slice(at, at + 1), change]),
    ...inTurn.slice(coming.length - free),
    ...less.filter((change) => !isRemoval(change)),
  ];
}

function isAddition({ do: verb }: ServiceChange): boolean {
  return verb === 'add-destination';
}

function isRemoval({ do: verb }: ServiceChange): boolean {
  return verb === 'remove-destination';
}

function weightIn(change: ServiceChange): number {
  return 'destination' in change ? change.destination.weight : 0;
}

function creation(
  service: Service,
  destinations: number,
): { readonly first: ServiceChange; readonly last: ServiceChange | null } {
  if (service.scheduler !== MH || destinations < 2) {
    return { first: { do: 'add-service', service }, last: null };
  }
  const before = { ...service, scheduler: NO_SCHEDULER };
  return {
    first: { do: 'add-service', service: before },
    last: { do: 'edit-service', service, before },
  };
}

const MH = 'mh';

function becomesMh(before: Service, after: Service): boolean {
  return after.scheduler === MH && before.scheduler !== MH;
}

/** Of services with the same key. */
export function sameService(a: Service, b: Service): boolean {
  return (
    a.scheduler === b.scheduler &&
    a.persistent === b.persistent &&
    a.onePacket === b.onePacket &&
    a.schedulerFlags.fallback === b.schedulerFlags.fallback &&
    a.schedulerFlags.port === b.schedulerFlags.port &&
    a.schedulerFlags.third === b.schedulerFlags.third &&
    a.timeoutSeconds === b.timeoutSeconds &&
    a.granularityBits === b.granularityBits &&
    a.engine === b.engine
  );
}

/** Of destinations with the same address and port. */
function sameDestination(a: Destination, b: Destination): boolean {
  return (
    a.forwarding === b.forwarding &&
    a.weight === b.weight &&
    a.upperThreshold === b.upperThreshold &&
    a.lowerThreshold === b.lowerThreshold &&
    a.tunnel?.type === b.tunnel?.type &&
    a.tunnel?.port === b.tunnel?.port &&
    a.tunnel?.flags === b.tunnel?.flags
  );
}
