/**
 * Announcements with a gap between them: interfaces of a group take turns, gratuitous ARP and neighbour
 * advertisements count apart. Without a gap each address is announced at once, and again when no other one is
 * announced for the first time. What waits is sent by the clock, so that nobody waits for it, and is dropped when
 * the address is let go: a backup announces nothing.
 */
import { familyOf } from '../../base/address.ts';
import type { Cancel, Clock, Instant, Millis } from '../../base/time.ts';
import type { AnnounceGaps, AnnounceTiming } from '../../model/vrrp.ts';
import type { AnnouncePort } from '../ports.ts';

/** More than that wait for their turn only where the gap is longer than the time until they are due again. */
const WAITING_MAX = 100_000;

/** Repetitions wait until none was announced for the first time for so long: */
const QUIET_MS: Millis = 30;
/** longer where many wait, which is a takeover of hundreds, and a busy machine is slow with those, */
const MANY = 1_000;
const QUIET_OF_MANY_MS: Millis = 500;
/** but not much longer than this. */
const PATIENCE_MS: Millis = 2_000;
/** Repetitions follow each other as long as this; then others have their turn. */
const TURN_MS: Millis = 3;

interface Announcement {
  readonly interface: string;
  readonly address: string;
  readonly form: AnnounceTiming['form'];
}

export class Announcer {
  private readonly port: AnnouncePort;
  private readonly clock: Clock;
  private gaps: AnnounceGaps = { standard: { arpMs: 0, neighbourMs: 0 }, groups: [] };
  private readonly lanes = new Map<string, Lane>();
  private readonly rounds: Rounds;

  /** `standsBack`: whether there is something more urgent than to repeat. */
  constructor(port: AnnouncePort, clock: Clock, standsBack: () => boolean = () => false) {
    this.port = port;
    this.clock = clock;
    this.rounds = new Rounds(port, clock, standsBack);
  }

  /** What waits already goes by the new gaps. */
  configure(gaps: AnnounceGaps): void {
    if (JSON.stringify(gaps) === JSON.stringify(this.gaps)) return;
    this.gaps = gaps;
    const waiting = [...this.lanes.values()].flatMap((lane) => lane.leave());
    this.lanes.clear();
    for (const one of waiting) this.announce([one], 1);
  }

  /** Each of them so many times. */
  announce(all: readonly Announcement[], times: number): void {
    const prompt = all.filter((one) => this.gapMsOf(one) === 0);
    const spaced = prompt.length === all.length ? [] : all.filter((one) => this.gapMsOf(one) > 0);
    if (prompt.length > 0) this.rounds.begin(prompt, times);
    for (let time = 0; time < times; time += 1) for (const one of spaced) this.laneOf(one).add(one);
  }

  /** These are ours no more. */
  forget(addresses: ReadonlySet<string>): void {
    this.rounds.forget(addresses);
    for (const lane of this.lanes.values()) lane.forget(addresses);
  }

  close(): void {
    this.rounds.leave();
    for (const lane of this.lanes.values()) lane.leave();
  }

  private laneOf(one: Announcement): Lane {
    const at = this.groupOf(one);
    const name = at < 0 ? `interface ${one.interface}` : `group ${at}`;
    const key = `${familyOf(one.address)} ${name}`;
    const known = this.lanes.get(key);
    if (known !== undefined) return known;
    const lane = new Lane(this.port, this.clock, this.gapMsOf(one));
    this.lanes.set(key, lane);
    return lane;
  }

  private gapMsOf(one: Announcement): Millis {
    const { arpMs, neighbourMs } = this.gaps.groups[this.groupOf(one)] ?? this.gaps.standard;
    return familyOf(one.address) === 'ipv4' ? arpMs : neighbourMs;
  }

  private groupOf({ interface: link }: Announcement): number {
    return this.gaps.groups.findIndex(({ interfaces }) => interfaces.includes(link));
  }
}

interface Repetition {
  readonly all: readonly Announcement[];
  /** That are left to do. */
  readonly times: number;
  /** When they were announced for the first time. */
  readonly since: Instant;
}

/** Announcements without a gap: first times at once, repetitions in rounds and some of them a turn. */
class Rounds {
  private readonly port: AnnouncePort;
  private readonly clock: Clock;
  private readonly standsBack: () => boolean;
  private waiting: Repetition[] = [];
  private count = 0;
  private lastFirstAt: Instant = -Infinity;
  private cancel: Cancel | null = null;

  constructor(port: AnnouncePort, clock: Clock, standsBack: () => boolean) {
    this.port = port;
    this.clock = clock;
    this.standsBack = standsBack;
  }

  begin(all: readonly Announcement[], times: number): void {
    if (times === 0) return;
    const since = this.clock.now();
    this.send({ all, times, since });
    this.lastFirstAt = since;
    this.arm(since + this.quietMs);
  }

  forget(addresses: ReadonlySet<string>): void {
    this.waiting = this.waiting.flatMap((one) => {
      const all = one.all.filter(({ address }) => !addresses.has(address));
      return all.length === 0 ? [] : [{ ...one, all }];
    });
    this.count = this.waiting.reduce((sum, { all }) => sum + all.length, 0);
  }

  leave(): void {
    this.waiting = [];
    this.count = 0;
    this.cancel?.();
    this.cancel = null;
  }

  private get quietMs(): Millis {
    return this.count < MANY ? QUIET_MS : QUIET_OF_MANY_MS;
  }

  /** Once; the others of its times wait. */
  private send({ all, times, since }: Repetition): void {
    for (const { interface: link, address, form } of all) this.port.announce(link, address, form);
    if (times <= 1 || this.count + all.length > WAITING_MAX) return;
    this.waiting.push({ all, times: times - 1, since });
    this.count += all.length;
  }

  private arm(at: Instant): void {
    if (this.waiting.length === 0) return;
    this.cancel ??= this.clock.wakeAt(at, () => {
      this.cancel = null;
      this.repeat();
    });
  }

  private repeat(): void {
    const now = this.clock.now();
    const quietAt = (this.standsBack() ? now : this.lastFirstAt) + this.quietMs;
    const patientUntil = (this.waiting[0]?.since ?? now) + PATIENCE_MS;
    if (now < Math.min(quietAt, patientUntil)) {
      this.arm(quietAt);
      return;
    }
    do {
      const next = this.waiting.shift();
      if (next === undefined) return;
      this.count -= next.all.length;
      this.send(next);
    } while (this.clock.now() - now < TURN_MS);
    this.arm(now);
  }
}

/** Announcements of one kind that follow each other. */
class Lane {
  private readonly port: AnnouncePort;
  private readonly clock: Clock;
  private readonly gapMs: Millis;
  private waiting: Announcement[] = [];
  private nextAt: Instant = -Infinity;
  private cancel: Cancel | null = null;

  constructor(port: AnnouncePort, clock: Clock, gapMs: Millis) {
    this.port = port;
    this.clock = clock;
    this.gapMs = gapMs;
  }

  add(one: Announcement): void {
    if (this.waiting.length >= WAITING_MAX) return;
    this.waiting.push(one);
    if (this.cancel === null) this.go();
  }

  forget(addresses: ReadonlySet<string>): void {
    this.waiting = this.waiting.filter(({ address }) => !addresses.has(address));
  }

  /** Gives what still waits. */
  leave(): readonly Announcement[] {
    const { waiting } = this;
    this.waiting = [];
    this.cancel?.();
    this.cancel = null;
    return waiting;
  }

  private go(): void {
    this.cancel = null;
    const now = this.clock.now();
    if (now >= this.nextAt) {
      const one = this.waiting.shift();
      if (one === undefined) return;
      this.port.announce(one.interface, one.address, one.form);
      this.nextAt = now + this.gapMs;
    }
    if (this.waiting.length > 0) this.cancel = this.clock.wakeAt(this.nextAt, () => this.go());
  }
}
