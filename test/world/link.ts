/** A simulated link: what one speaker sends the others hear, unless the link is cut. */
import type { Clock } from '../../src/base/time.ts';
import type { ReceivedPacket } from '../../src/vrrp/adverts/admit.ts';

interface Listener {
  readonly host: string;
  readonly onPacket: (packet: ReceivedPacket) => void;
}

export class SimulatedLink {
  private readonly clock: Clock;
  private readonly latencyMs: number;
  private readonly listeners = new Set<Listener>();
  private readonly cut = new Set<string>();
  private isFiltered: (packet: ReceivedPacket) => boolean = () => false;

  constructor(clock: Clock, latencyMs = 1) {
    this.clock = clock;
    this.latencyMs = latencyMs;
  }

  /** Takes a host off the link, or puts it back. */
  setCut(host: string, cut: boolean): void {
    if (cut) this.cut.add(host);
    else this.cut.delete(host);
  }

  /** What a switch keeps from everybody. */
  filter(isFiltered: (packet: ReceivedPacket) => boolean): void {
    this.isFiltered = isFiltered;
  }

  isCut(host: string): boolean {
    return this.cut.has(host);
  }

  attach(listener: Listener): {
    send(packet: ReceivedPacket): void;
    close(): void;
  } {
    this.listeners.add(listener);
    return {
      send: (packet) =>
        this.carry(listener, { ...packet, payload: Uint8Array.from(packet.payload) }),
      close: () => void this.listeners.delete(listener),
    };
  }

  private carry(from: Listener, packet: ReceivedPacket): void {
    if (this.cut.has(from.host) || this.isFiltered(packet)) return;
    this.clock.wakeAt(this.clock.now() + this.latencyMs, () => {
      for (const to of this.listeners) {
        if (to.host === from.host || this.cut.has(to.host)) continue;
        to.onPacket(packet);
      }
    });
  }
}
