/**
 * Somebody else says that an address is his while we hold it (RFC 5227 §2.4): told at once, counted, and
 * defended by one announcement in ten seconds, so that two who defend do not flood the link.
 */
import type { Instant, Millis } from '../../base/time.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';
import type { Counters } from '../counters.ts';
import type { VrrpPorts } from '../ports.ts';
import type { Alarms } from './alarms.ts';

/** DEFEND_INTERVAL of RFC 5227 §1.1. */
const DEFEND_MS: Millis = 10_000;

export class Claims {
  private readonly ports: Pick<VrrpPorts, 'announcer' | 'clock'>;
  private readonly counters: Counters;
  private readonly alarms: Alarms;
  private readonly defendedAt = new Map<string, Instant>();

  constructor(ports: Pick<VrrpPorts, 'announcer' | 'clock'>, counters: Counters, alarms: Alarms) {
    this.ports = ports;
    this.counters = counters;
    this.alarms = alarms;
  }

  /** A master is told of a claim; of what is not its own it takes no notice. */
  heard(instance: VrrpInstance, address: string, mac: string): void {
    const own = [...instance.addresses, ...instance.excludedAddresses].find(
      (one) => one.address === address,
    );
    if (own === undefined) return;
    const now = this.ports.clock.now();
    this.counters.add('claimsByOthers');
    this.alarms.raise(instance.name, 'address-claimed', mac, `it says that it has ${address}`);
    const before = this.defendedAt.get(address) ?? -Infinity;
    if (now - before < DEFEND_MS) return;
    this.defendedAt.set(address, now);
    this.ports.announcer.announce(own.interface, address, instance.announce.form);
    this.counters.add('announcementsSent');
  }
}
