/**
 * A director that reaches none of its anchors (`isolation_anchor`: addresses, the gateway, real servers, whatever
 * must be there for it to be of use) and hears no peer is cut off: it stands down by itself and comes back by
 * itself. Anchors of which nothing is known count for nothing: without any other it never stands down.
 */
import type { Instant, Millis } from '../../base/time.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';
import type { Gateway, VrrpPorts } from '../ports.ts';
import type { Alarms } from './alarms.ts';

const ASK_EVERY_MS: Millis = 500;
/** Without an answer; three questions may be lost. */
const ISOLATED_MS: Millis = 2_000;

const NO_GATEWAYS: readonly Gateway[] = [];

type Ports = Pick<VrrpPorts, 'anchors' | 'announcer' | 'clock'>;

export class Isolation {
  private readonly ports: Ports;
  private readonly alarms: Alarms;
  private askAt: Instant = -Infinity;
  /** When somebody was heard last, or the watch began. */
  private heardAt: Instant | null = null;
  private isolated = false;
  private gateways: readonly Gateway[] = NO_GATEWAYS;

  constructor(ports: Ports, alarms: Alarms) {
    this.ports = ports;
    this.alarms = alarms;
  }

  get fault(): string | null {
    return this.isolated ? 'isolated: no anchor answers and no peer is heard' : null;
  }

  nextAt({ isolationAnchors }: VrrpInstance): Instant {
    return isolationAnchors.length === 0 ? Infinity : this.askAt;
  }

  /** Asks if it is time to. True: it is isolated now and was not, or the other way round. */
  onTime(instance: VrrpInstance, ownAddress: string | null): boolean {
    const now = this.ports.clock.now();
    const before = this.isolated;
    if (instance.isolationAnchors.length === 0) {
      this.isolated = false;
      this.heardAt = null;
      return before;
    }
    if (now < this.askAt) return false;
    // Who was stopped himself has asked nobody.
    if (this.heardAt === null || now - this.askAt > ASK_EVERY_MS) this.heardAt = now;
    this.askAt = now + ASK_EVERY_MS;
    if (!this.ask(instance, ownAddress)) this.heardAt = now;
    this.isolated = now - this.heardAt > ISOLATED_MS;
    return this.isolated !== before;
  }

  /** An anchor or a peer is there. */
  heard(): void {
    this.heardAt = this.ports.clock.now();
  }

  /** Somebody says on a link that he has an address. */
  heardOn(link: string, address: string): void {
    for (const gateway of this.gateways) {
      if (gateway.address === address && gateway.interface === link) this.heard();
    }
  }

  /** False: nothing that could answer is known, or one is known to be there. */
  private ask(instance: VrrpInstance, ownAddress: string | null): boolean {
    const { isolationAnchors, interface: link } = instance;
    let couldAnswer = false;
    for (const anchor of isolationAnchors) {
      switch (anchor.kind) {
        case 'address':
          this.ports.announcer.probe(link, anchor.address, ownAddress);
          couldAnswer = true;
          break;
        case 'gateway':
          couldAnswer = this.askGateways(instance, ownAddress) || couldAnswer;
          break;
        case 'real-servers': {
          const areUp = this.ports.anchors?.areServersUp() ?? null;
          if (areUp === true) return false;
          couldAnswer ||= areUp === false;
          break;
        }
      }
    }
    return couldAnswer;
  }

  /** False: there is none. */
  private askGateways(
    { name, family, interface: link }: VrrpInstance,
    ownAddress: string | null,
  ): boolean {
    const { anchors, announcer } = this.ports;
    this.gateways = anchors?.gateways(family, link) ?? NO_GATEWAYS;
    for (const gateway of this.gateways) {
      const isOwnLink = gateway.interface === link && isOfSameFamily(gateway.address, ownAddress);
      announcer.probe(gateway.interface, gateway.address, isOwnLink ? ownAddress : null);
    }
    if (this.gateways.length > 0) return true;
    const detail = 'isolation_anchor gateway: there is no default route to a router on a link';
    this.alarms.raise(name, 'no-gateway', family, detail);
    return false;
  }
}

function isOfSameFamily(address: string, other: string | null): boolean {
  return other !== null && address.includes(':') === other.includes(':');
}
