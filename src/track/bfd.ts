/** A BFD session as VRRP tracks it: whether it is up is asked of whoever speaks BFD. */
import { type Reading, type Tracker, type TrackPorts, UNKNOWN } from './tracker.ts';

export class TrackedBfd implements Tracker {
  readonly kind = 'bfd';
  readonly name: string;
  readonly detail = null;
  reading: Reading = UNKNOWN;
  sinceMs: number;
  private readonly ports: Pick<TrackPorts, 'clock' | 'bfdUp'>;

  constructor(name: string, ports: Pick<TrackPorts, 'clock' | 'bfdUp'>) {
    this.name = name;
    this.ports = ports;
    this.sinceMs = ports.clock.wallTimeMs();
  }

  look(): void {
    // keepalived: a session that nobody has heard of is down.
    const up = this.ports.bfdUp(this.name) ?? false;
    if (up === this.reading.up) return;
    this.reading = { up, value: null };
    this.sinceMs = this.ports.clock.wallTimeMs();
  }

  close(): void {}
}
