/** What each router may do now: by its links, by what it tracks, and by the other members of its sync group. */
import type { TrackerSnapshot } from '../model/snapshot-vrrp.ts';
import type { Track } from '../model/vrrp.ts';
import { UNKNOWN } from '../track/tracker.ts';
import type { Trackers } from '../track/trackers.ts';
import { isUndecided, type Tracked, weightOf } from './machine/priority.ts';
import type { RouterGroup } from './router-group.ts';
import type { Seat } from './seats.ts';
import type { VirtualRouter } from './virtual-router.ts';

export interface Outlook {
  /** Why it may not serve: for a reason of its own, or of its group; null: it may. */
  readonly fault: string | null;
  /** What it had on its interface went away with it: it is looked at once more. */
  readonly isReplaced: boolean;
  /** Something that it or its group tracks is still to be heard of. */
  readonly isUndecided: boolean;
}

/** `listen`: opens what a router hears by, after all have looked: those who have lost a link share its socket. */
export function outlooksOf(
  seats: ReadonlyMap<VirtualRouter, Seat>,
  trackers: Trackers,
  listen: (router: VirtualRouter) => void,
): ReadonlyMap<VirtualRouter, Outlook> {
  const looks = [...seats].map(([router, { group, tracks }]) => {
    const tracked = tracks.map((track) => trackedBy(trackers, track));
    return { router, group, tracked, lost: router.look(tracked) };
  });
  const own = new Map<VirtualRouter, Outlook>();
  for (const { router, tracked, lost } of looks) {
    listen(router);
    const isRunning = trackers.isRunning(router.instance.interface);
    own.set(router, {
      fault: lost ?? router.faultOf(tracked, isRunning),
      isReplaced: lost !== null,
      isUndecided: isUndecided(tracked),
    });
  }
  const shared = new Map<RouterGroup, Pick<Outlook, 'fault' | 'isUndecided'>>();
  for (const { group } of looks) if (group !== null) shared.set(group, sharedBy(group, own));
  return new Map(
    looks.map(({ router, group }) => {
      const mine = own.get(router) as Outlook;
      const ours = group === null ? mine : (shared.get(group) ?? mine);
      return [router, { ...mine, ...ours, fault: mine.fault ?? ours.fault }];
    }),
  );
}

function sharedBy(
  group: RouterGroup,
  own: ReadonlyMap<VirtualRouter, Outlook>,
): Pick<Outlook, 'fault' | 'isUndecided'> {
  return {
    fault: group.faultOf((member) => own.get(member)?.fault ?? null),
    isUndecided: group.members.some((member) => own.get(member)?.isUndecided),
  };
}

function trackedBy(trackers: Trackers, track: Track): Tracked {
  const { up, value } = trackers.find(track)?.reading ?? UNKNOWN;
  return { track, up, value };
}

export function trackerSnapshot(trackers: Trackers, track: Track): TrackerSnapshot {
  const { kind, name, weightDelta, reverse } = track;
  const tracker = trackers.find(track);
  const tracked = trackedBy(trackers, track);
  return {
    kind,
    name,
    up: tracked.up,
    value: tracked.value,
    weightDelta,
    reverse,
    effectDelta: weightOf(tracked),
    sinceMs: tracker?.sinceMs ?? 0,
    detail: tracker?.detail ?? null,
  };
}
