/**
 * What a VRRP process leaves to know for the one that is started when it dies: of which instances it was
 * master, and when it was last seen at work. Pure.
 */
import type { Millis } from '../../base/time.ts';
import type { HeldLease } from '../../model/lease.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';

export interface VrrpWill {
  /** On the clock that the processes of this machine share. */
  readonly atMs: Millis;
  /** By a clock that goes on while the machine is suspended. */
  readonly bootMs: Millis;
  readonly masters: readonly Mastership[];
  /** Those that are held. */
  readonly leases: readonly HeldLease[];
}

/** By the same two clocks. */
export type WillTime = Pick<VrrpWill, 'atMs' | 'bootMs'>;

/** A suspension that is shorter is not told apart from the grain of the clocks. */
const SUSPENDED_MS: Millis = 50;

/** The machine was suspended since: the clocks that the will counts by stood still, and those of the peers did not. */
export function hasSlept(will: WillTime, now: WillTime): boolean {
  return now.bootMs - will.bootMs - (now.atMs - will.atMs) > SUSPENDED_MS;
}

/** The name is not part of what an instance is. */
export interface Mastership extends Pick<VrrpInstance, 'interface' | 'vrid' | 'family'> {
  /** Of its unicast peers; null: it is a multicast one. Instances of one VRID are told apart by these. */
  readonly peers: readonly string[] | null;
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
}

export function peersOf({ unicast }: VrrpInstance): Mastership['peers'] {
  return unicast === null ? null : unicast.peers.map(({ address }) => address);
}

/** A VRID may be used twice among peers, when no peer is of both. */
function isOf(one: Mastership, instance: VrrpInstance): boolean {
  const { interface: link, vrid, family } = instance;
  const peers = peersOf(instance);
  const haveSamePeers =
    one.peers === null || peers === null
      ? one.peers === peers
      : one.peers.some((peer) => peers.includes(peer));
  return one.interface === link && one.vrid === vrid && one.family === family && haveSamePeers;
}

/** What the will says of an instance, however old it is. */
export function ownIn({ masters }: VrrpWill, instance: VrrpInstance): Mastership | null {
  return masters.find((one) => isOf(one, instance)) ?? null;
}

/** Written anew so often: where peers wait for less, more often. */
const WRITTEN_EVERY_MS_MAX: Millis = 1_000;
export const WRITTEN_EVERY_MS_MIN: Millis = 100;

export function writtenEveryMs(masters: readonly VrrpInstance[]): Millis {
  const shortest = Math.min(...masters.map(({ advertIntervalMs }) => advertIntervalMs));
  return Math.min(WRITTEN_EVERY_MS_MAX, Math.max(WRITTEN_EVERY_MS_MIN, shortest));
}

/**
 * The mastership that an instance goes on with; null: there was none, or a peer may have taken over. The last
 * advertisement was sent an interval before the will at the earliest, and no peer waits for less than the down
 * time after it.
 */
export function mastershipOf(
  will: VrrpWill | null,
  instance: VrrpInstance,
  nowMs: Millis,
): Mastership | null {
  if (will === null) return null;
  const { downTimerAdverts, advertIntervalMs } = instance;
  const ageMs = nowMs - will.atMs;
  if (ageMs < 0 || ageMs >= (downTimerAdverts - 1) * advertIntervalMs) return null;
  return ownIn(will, instance);
}
