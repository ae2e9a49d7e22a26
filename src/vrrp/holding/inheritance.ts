/**
 * What of a will the next process goes on with. An instance without a lease does so until a peer may have taken over
 * (will.ts). One with a lease does so while the lease lasts, whatever time has passed, and with the lease:
 *
 * - The acceptors have promised it to the director, and not to a life of it: it is held until the end that the will names.
 * - The will may be older than the last thing that its process did. What that was, the kernel tells: who gives a lease back
 *   shuts the gates of its addresses before. So all of them have to be open still, and none is held for longer than that.
 *
 * Pure.
 */
import type { Instant, Millis } from '../../base/time.ts';
import type { HeldLease, LeaseConfig, LeaseSubject } from '../../model/lease.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';
import { allHeld } from './held.ts';
import {
  hasSlept,
  type Mastership,
  mastershipOf,
  ownIn,
  type VrrpWill,
  type WillTime,
} from './will.ts';

export interface Inheritance {
  mastershipOf(instance: VrrpInstance): Mastership | null;
  readonly leases: readonly HeldLease[];
}

interface Heir {
  readonly instances: readonly VrrpInstance[];
  readonly lease: LeaseConfig | null;
}

export const NOTHING_INHERITED: Inheritance = { mastershipOf: () => null, leases: [] };

/** `standing`: addresses whose gate is open, and for how long. */
export function inheritanceOf(
  will: VrrpWill | null,
  { instances, lease }: Heir,
  now: WillTime,
  standing: ReadonlyMap<string, Millis>,
): Inheritance {
  if (will === null || hasSlept(will, now)) return NOTHING_INHERITED;
  const subjects = lease?.subjects ?? [];
  const leased = new Map(
    subjects.map((subject) => {
      const members = instances.filter(({ name }) => subject.instances.includes(name));
      return [subject, leaseOf(will, subject, { members, nowMs: now.atMs, standing })] as const;
    }),
  );
  return {
    mastershipOf: (instance) => {
      const subject = subjects.find((one) => one.instances.includes(instance.name));
      if (subject === undefined) return mastershipOf(will, instance, now.atMs);
      return leased.get(subject) == null ? null : ownIn(will, instance);
    },
    leases: [...leased.values()].filter((one) => one !== null),
  };
}

/** Null: it has ended, was given back, or not all of its instances were master with it. */
function leaseOf(
  will: VrrpWill,
  subject: LeaseSubject,
  heir: {
    readonly members: readonly VrrpInstance[];
    readonly nowMs: Instant;
    readonly standing: ReadonlyMap<string, Millis>;
  },
): HeldLease | null {
  const { members, nowMs, standing } = heir;
  const held = will.leases.find(({ keys }) => keys.join() === subject.keys.join());
  if (held === undefined || !members.every((one) => ownIn(will, one) !== null)) return null;
  const addresses = members.map((one) => allHeld(one).addresses);
  // Of an instance that guards nothing the kernel can tell nothing.
  if (addresses.some(({ length }) => length === 0)) return null;
  const leftMs = addresses.flat().map(({ address }) => standing.get(address) ?? 0);
  const untilMs = Math.min(held.untilMs, nowMs + Math.min(...leftMs));
  return untilMs > nowMs ? { ...held, untilMs } : null;
}
