/** The instances as they are, and as they will be right after a reload: their priorities, and why they cannot serve. */
import type { SyncGroup, Track, VrrpConfig, VrrpInstance } from '../../model/vrrp.ts';
import { type Reading, UNKNOWN } from '../../track/tracker.ts';
import type { Trackers } from '../../track/trackers.ts';
import { effectivePriority, faultOf, isUndecided, type Tracked } from '../machine/priority.ts';
import { groupFault, memberTracks } from '../machine/sync-group.ts';
import { placeFaultOf } from '../place-fault.ts';
import type { VrrpPorts } from '../ports.ts';
import { type Seat, successionOf } from '../seats.ts';
import type { VirtualRouter } from '../virtual-router.ts';
import type { After, Before, BeforeAndAfter } from './forecast.ts';

export interface ForeseenFrom {
  readonly seats: ReadonlyMap<VirtualRouter, Seat>;
  readonly trackers: Trackers;
  readonly ports: Pick<VrrpPorts, 'links' | 'gate'>;
}

export function foresee(config: VrrpConfig, from: ForeseenFrom): readonly BeforeAndAfter[] {
  const { seats, trackers } = from;
  const routers = [...seats.keys()];
  const { next, gone } = successionOf(config.instances, routers);
  const now = looksOf(
    routers.map(({ instance }) => instance),
    groupsOf(seats),
    (track) => trackers.find(track)?.reading ?? UNKNOWN,
    from,
  );
  const then = looksOf(
    config.instances,
    config.syncGroups,
    (track) => trackers.foresee(config, track),
    from,
  );
  const before = (router: VirtualRouter): Before => ({
    ...(now.get(router.instance) as Look),
    state: router.state.is,
    priority: router.effectivePriority,
  });
  const after = (instance: VrrpInstance): After => {
    const look = then.get(instance) as Look;
    return { ...look, priority: effectivePriority(instance.priority, look.tracked) };
  };
  return [
    ...next.map(({ instance, known }) => ({
      before: known === undefined ? null : before(known),
      after: after(instance),
    })),
    ...gone.map((router) => ({ before: before(router), after: null })),
  ];
}

function groupsOf(seats: ReadonlyMap<VirtualRouter, Seat>): readonly SyncGroup[] {
  return [...new Set([...seats.values()].flatMap(({ group }) => group?.group ?? []))];
}

/** What is told of an instance beside its state. */
type Look = Pick<Before, 'instance' | 'group' | 'tracks' | 'fault' | 'isUndecided'> & {
  readonly tracked: readonly Tracked[];
};

function looksOf(
  instances: readonly VrrpInstance[],
  groups: readonly SyncGroup[],
  read: (track: Pick<Track, 'kind' | 'name'>) => Reading,
  { ports }: ForeseenFrom,
): ReadonlyMap<VrrpInstance, Look> {
  const groupOf = new Map(
    groups.flatMap((group) => group.members.map((member) => [member, group] as const)),
  );
  const own = instances.map((instance): Look => {
    const { name, interface: link, family, gate } = instance;
    const group = groupOf.get(name) ?? null;
    const tracks = memberTracks(instance, group);
    const tracked = tracks.map((track) => ({ track, ...read(track) }));
    const facts = ports.links.find(link, family);
    const isRunning = read({ kind: 'interface', name: link }).up ?? false;
    // Virtual links are made with the reload: what will be wrong with them is not known.
    const place = { facts, isRunning, linkFault: null };
    const { missing } = ports.gate;
    const gateFault = gate.mode === 'on' && missing !== null ? `no kernel gate: ${missing}` : null;
    return {
      instance,
      group: group?.name ?? null,
      tracks,
      tracked,
      fault: placeFaultOf(instance, place) ?? gateFault ?? faultOf(tracked),
      isUndecided: isUndecided(tracked),
    };
  });
  const byName = new Map(own.map((look) => [look.instance.name, look]));
  const faults = new Map(groups.map((group) => [group.name, faultOfGroup(group, byName)]));
  return new Map(
    own.map((look) => {
      const ofGroup = look.group === null ? null : (faults.get(look.group) ?? null);
      return [look.instance, { ...look, fault: look.fault ?? ofGroup }];
    }),
  );
}

function faultOfGroup({ members }: SyncGroup, byName: ReadonlyMap<string, Look>): string | null {
  return groupFault(
    members.flatMap((name) => {
      const look = byName.get(name);
      return look === undefined ? [] : [{ name, fault: look.fault }];
    }),
  );
}
