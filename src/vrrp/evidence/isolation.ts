/**
 * A director that reaches none of its anchors (`isolation_anchor`: the gateway, real servers, whatever must be
 * there for it to be of use) and hears no peer is cut off: it stands down by itself and comes back by itself.
 */
import type { Instant, Millis } from '../../base/time.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';
import type { VrrpPorts } from '../ports.ts';

const ASK_EVERY_MS: Millis = 500;
/** Without an answer; three questions may be lost. */
const ISOLATED_MS: Millis = 2_000;

export class Isolation {
  private readonly ports: Pick<VrrpPorts, 'announcer' | 'clock'>;
  private askAt: Instant = -Infinity;
  /** When somebody was heard last, or the watch began. */
  private heardAt: Instant | null = null;
  private isolated = false;

  constructor(ports: Pick<VrrpPorts, 'announcer' | 'clock'>) {
    this.ports = ports;
  }

  get fault(): string | null {
    return this.isolated ? 'isolated: no anchor answers and no peer is heard' : null;
  }

  nextAt({ isolationAnchors }: VrrpInstance): Instant {
    return isolationAnchors.length === 0 ? Infinity : this.askAt;
  }

  /** Asks if it is time to. True: it is isolated now and was not, or the other way round. */
  onTime(instance: VrrpInstance, ownAddress: string | null): boolean {
    const { isolationAnchors: anchors, interface: link } = instance;
    const now = this.ports.clock.now();
    const before = this.isolated;
    if (anchors.length === 0) {
      this.isolated = false;
      this.heardAt = null;
      return before;
    }
    if (now < this.askAt) return false;
    // Who was stopped himself has asked nobody.
    if (this.heardAt === null || now - this.askAt > ASK_EVERY_MS) this.heardAt = now;
    this.askAt = now + ASK_EVERY_MS;
    for (const anchor of anchors) this.ports.announcer.probe(link, anchor, ownAddress);
    this.isolated = now - this.heardAt > ISOLATED_MS;
    return this.isolated !== before;
  }

  /** An anchor or a peer is there. */
  heard(): void {
    this.heardAt = this.ports.clock.now();
  }
}
