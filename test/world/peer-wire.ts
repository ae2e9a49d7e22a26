/** What directors tell each other beside VRRP, on a link where a datagram takes a millisecond. */
import type { Clock } from '../../src/base/time.ts';
import type { PeerPlace, PeerPort } from '../../src/vrrp/peers/ports-peers.ts';

interface End {
  readonly source: string;
  readonly place: PeerPlace;
  onDatagram(octets: Uint8Array, from: string): void;
}

const DELAY_MS = 1;

export class PeerWire {
  private readonly clock: Clock;
  private readonly ends = new Set<End>();
  private identities = 0;
  /** Nothing comes through. */
  isCut = false;
  /** Addresses of directors that are out of reach. */
  readonly cut: Set<string> = new Set();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  get port(): PeerPort {
    return {
      identity: () => (++this.identities).toString(16).padStart(16, '0'),
      open: (place, onDatagram) => {
        const end: End = { source: place.source, place, onDatagram };
        this.ends.add(end);
        return {
          send: (octets, to) => this.carry(end, octets, to),
          close: () => void this.ends.delete(end),
        };
      },
    };
  }

  private carry(from: End, octets: Uint8Array, to: string | null): void {
    if (this.isCut || this.cut.has(from.source)) return;
    this.clock.wakeAt(this.clock.now() + DELAY_MS, () => {
      for (const end of this.ends) {
        if (end.source === from.source || end.place.name !== from.place.name) continue;
        if (this.cut.has(end.source)) continue;
        if (to === null || end.source === to) end.onDatagram(octets, from.source);
      }
    });
  }
}
