/**
 * What a VRRP process leaves to know for the one that is started when it dies: of which instances it was
 * master, and when it was last seen at work. Pure.
 */
import type { Millis } from '../../base/time.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';

export interface VrrpWill {
  /** On the clock that the processes of this machine share. */
  readonly atMs: Millis;
  readonly masters: readonly Mastership[];
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

/** Written anew so often: where peers wait for less, more often. */
const WRITTEN_EVERY_MS_MAX: Millis = 1_000;
const WRITTEN_EVERY_MS_MIN: Millis = 100;

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
  return will.masters.find((one) => isOf(one, instance)) ?? null;
}
