/**
 * Whether a signed advertisement is new: of each sender, which stamps have been heard, and where its clock
 * should be now. What is heard from a sender goes on at the pace of our monotonic clock, and so neither a step of
 * our wall clock nor one of the sender's opens a replay, or locks a sender out for ever:
 *
 * - a stamp that lies among those heard already is a replay, whatever any clock says;
 * - while a sender is heard, its next stamp lies near the last one and the time since: no wall clock is asked;
 * - a sender that is new, or was silent, or whose clock was set, is heard again where its stamp is near our
 *   wall clock. Its stamps are then another stretch, and those of the old one remain replays.
 *
 * `monotonic` asks only that stamps grow. Stamps are of 2^-16 seconds, modulo 2^48 (RFC 1982).
 */
import type { Instant, Millis } from '../../base/time.ts';
import type { Signing } from '../../model/vrrp.ts';
import { type Stamp, TICKS_PER_SECOND } from '../../wire/vrrp-hmac.ts';

const TICKS_PER_MS = TICKS_PER_SECOND / 1000;
const MODULUS = 2 ** 48;
const COUNTER_MAX = 0xffff;
/** Senders that are remembered, and stretches of each. */
const SENDERS_MAX = 64;
const STRETCHES_MAX = 8;
/** A sender not heard for so many windows is looked for by the wall clock again. */
const LIVE_WINDOWS = 3;

/** Stamps from `low` to `high` are spent; `high` was heard at `heardAt`. */
export interface Stretch {
  readonly low: Stamp;
  readonly high: Stamp;
  readonly heardAt: Instant;
}

export interface Moment {
  readonly now: Instant;
  readonly wallMs: Millis;
}

export type ReplayDrop = 'replay' | 'clock';

export class ReplayGuard {
  private readonly senders = new Map<string, readonly Stretch[]>();

  /** Null: it is new, and is spent from now on. `clock`: it may be true, and is too far from any clock. */
  take(
    source: string,
    stamp: Stamp,
    { antiReplay, windowMs }: Pick<Signing, 'antiReplay' | 'windowMs'>,
    moment: Moment,
  ): ReplayDrop | null {
    const known = this.senders.get(source) ?? [];
    const refused =
      antiReplay === 'monotonic'
        ? refusedByOrder(known, stamp)
        : refusedByTime(known, stamp, windowMs, moment);
    if (refused !== null) return refused;
    this.remember(source, extended(known, stamp, windowMs, moment.now));
    return null;
  }

  /** The stamp of a sender that was taken last; null: none was. */
  latest(source: string): Stamp | null {
    return this.senders.get(source)?.[0]?.high ?? null;
  }

  /** What is spent, to be kept over a restart. */
  read(): readonly (readonly [string, readonly Stretch[]])[] {
    return [...this.senders];
  }

  /** What was kept; the instants are on this process's clock. */
  restore(senders: readonly (readonly [string, readonly Stretch[]])[]): void {
    for (const [source, stretches] of senders) this.remember(source, stretches);
  }

  private remember(source: string, stretches: readonly Stretch[]): void {
    this.senders.delete(source);
    this.senders.set(source, stretches);
    const [oldest] = this.senders.keys();
    // Only who has a key comes this far: the sender heard least lately is forgotten.
    if (this.senders.size > SENDERS_MAX && oldest !== undefined) this.senders.delete(oldest);
  }
}

/** How far `a` lies behind `b`, in ticks of the ring; negative: before it. */
export function ahead(a: Stamp, b: Stamp): number {
  const distance = (((a.ticks - b.ticks) % MODULUS) + MODULUS) % MODULUS;
  const ticks = distance >= MODULUS / 2 ? distance - MODULUS : distance;
  return ticks === 0 ? (a.counter - b.counter) / TICKS_PER_SECOND : ticks;
}

function refusedByOrder(known: readonly Stretch[], stamp: Stamp): ReplayDrop | null {
  return known.some(({ high }) => ahead(stamp, high) <= 0) ? 'replay' : null;
}

function refusedByTime(
  known: readonly Stretch[],
  stamp: Stamp,
  windowMs: Millis,
  { now, wallMs }: Moment,
): ReplayDrop | null {
  if (known.some(({ low, high }) => ahead(stamp, low) >= 0 && ahead(stamp, high) <= 0)) {
    return 'replay';
  }
  const window = windowMs * TICKS_PER_MS;
  const live = known.find(({ heardAt }) => now - heardAt <= LIVE_WINDOWS * windowMs);
  const goesOn = known.some(({ high, heardAt }) => {
    const expected = (now - heardAt) * TICKS_PER_MS;
    return Math.abs(ahead(stamp, high) - expected) <= window;
  });
  if (goesOn) return null;
  if (live !== undefined) return 'clock';
  return Math.abs(ahead(stamp, stampAt(wallMs))) <= window ? null : 'clock';
}

/** The stamp of a moment of the wall clock. */
export function stampAt(wallMs: Millis): Stamp {
  return { ticks: Math.floor(wallMs * TICKS_PER_MS) % MODULUS, counter: 0 };
}

/** A stretch goes on when the stamp follows it closely; else a new one begins. */
function extended(
  known: readonly Stretch[],
  stamp: Stamp,
  windowMs: Millis,
  now: Instant,
): readonly Stretch[] {
  const closest = known
    .filter(({ high }) => ahead(stamp, high) > 0)
    .sort((a, b) => ahead(stamp, a.high) - ahead(stamp, b.high))[0];
  const joins =
    closest !== undefined &&
    ahead(stamp, closest.high) <=
      (now - closest.heardAt + 2 * windowMs) * TICKS_PER_MS + TICKS_PER_SECOND;
  const rest = joins ? known.filter((one) => one !== closest) : known;
  const low = joins ? closest.low : stamp;
  const next = { low, high: stamp, heardAt: now };
  return [next, ...rest].slice(0, STRETCHES_MAX);
}

/** A stamp and when it was sent. */
export interface Sent {
  readonly stamp: Stamp;
  readonly at: Instant;
}

/** What an instance has sent and heard: none of it may be sent or believed again. */
export interface Spent {
  readonly sent: Sent | null;
  readonly heard: readonly (readonly [string, readonly Stretch[]])[];
}

/** By the name of the instance. */
export type SpentStamps = ReadonlyMap<string, Spent>;

/**
 * The stamps that an instance sends: always later than the last one, also than that of an earlier life, and at
 * the pace of the monotonic clock. Towards a wall clock that was set they go at half or double that pace, which
 * every receiver follows; after a silence, when nobody follows, they go there at once.
 */
export class Stamps {
  private readonly silenceMs: Millis;
  private last: Sent | null;

  constructor(windowMs: Millis, last: Sent | null = null) {
    // A receiver that has not heard us for three windows looks at its wall clock: twice as long is safe.
    this.silenceMs = 2 * LIVE_WINDOWS * windowMs;
    this.last = last;
  }

  get latest(): Sent | null {
    return this.last;
  }

  next({ now, wallMs }: Moment): Stamp {
    const wall = stampAt(wallMs);
    const stamp = this.last === null ? wall : later(this.last, wall, now, this.silenceMs);
    this.last = { stamp, at: now };
    return stamp;
  }
}

function later(last: Sent, wall: Stamp, now: Instant, silenceMs: Millis): Stamp {
  const elapsedMs = Math.max(0, now - last.at);
  const elapsed = elapsedMs * TICKS_PER_MS;
  const wanted = ahead(wall, last.stamp) - elapsed;
  const isFree = elapsedMs > silenceMs && wanted > -elapsed;
  const correction = isFree ? wanted : Math.max(-elapsed / 2, Math.min(elapsed, wanted));
  const ticks = (last.stamp.ticks + Math.floor(elapsed + correction)) % MODULUS;
  if (ticks !== last.stamp.ticks) return { ticks, counter: 0 };
  const counter = last.stamp.counter + 1;
  return counter <= COUNTER_MAX ? { ticks, counter } : { ticks: (ticks + 1) % MODULUS, counter: 0 };
}
