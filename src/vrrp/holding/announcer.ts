/**
 * Announcements with a gap between them: interfaces of a group take turns, gratuitous ARP and neighbour
 * advertisements count apart. What waits is sent by the clock, so that nobody waits for it, and is dropped when
 * the address is let go: a backup announces nothing.
 */
import { familyOf } from '../../base/address.ts';
import type { Cancel, Clock, Instant, Millis } from '../../base/time.ts';
import type { AnnounceGaps, AnnounceTiming } from '../../model/vrrp.ts';
import type { AnnouncePort } from '../ports.ts';

/** More than that wait for their turn only where the gap is longer than the time until they are due again. */
const WAITING_MAX = 100_000;

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

  constructor(port: AnnouncePort, clock: Clock) {
    this.port = port;
    this.clock = clock;
  }

  /** What waits already goes by the gaps that it was told of. */
  configure(gaps: AnnounceGaps): void {
    if (JSON.stringify(gaps) === JSON.stringify(this.gaps)) return;
    this.gaps = gaps;
    for (const lane of this.lanes.values()) lane.leave();
    this.lanes.clear();
  }

  announce(one: Announcement): void {
    const isArp = familyOf(one.address) === 'ipv4';
    const { gap, name } = this.gapOf(one.interface);
    const gapMs = isArp ? gap.arpMs : gap.neighbourMs;
    if (gapMs === 0) {
      this.port.announce(one.interface, one.address, one.form);
      return;
    }
    const key = `${isArp ? 'arp' : 'na'} ${name}`;
    let lane = this.lanes.get(key);
    if (lane === undefined) {
      lane = new Lane(this.port, this.clock, gapMs);
      this.lanes.set(key, lane);
    }
    lane.add(one);
  }

  /** These are ours no more. */
  forget(addresses: ReadonlySet<string>): void {
    for (const lane of this.lanes.values()) lane.forget(addresses);
  }

  close(): void {
    for (const lane of this.lanes.values()) lane.leave();
  }

  private gapOf(link: string): { readonly gap: AnnounceGaps['standard']; readonly name: string } {
    const at = this.gaps.groups.findIndex(({ interfaces }) => interfaces.includes(link));
    const group = this.gaps.groups[at];
    if (group !== undefined) return { gap: group, name: `group ${at}` };
    return { gap: this.gaps.standard, name: `interface ${link}` };
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

  leave(): void {
    this.waiting = [];
    this.cancel?.();
    this.cancel = null;
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
