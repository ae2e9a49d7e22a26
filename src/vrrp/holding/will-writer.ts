/**
 * Keeps the will of a VRRP process new: written whenever a state has changed, and again and again while there is
 * something to inherit, for one that is too old is void.
 */
import type { Cancel, Clock, Instant } from '../../base/time.ts';
import type { HeldLease } from '../../model/lease.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';
import {
  type Mastership,
  type VrrpWill,
  type WillTime,
  WRITTEN_EVERY_MS_MIN,
  writtenEveryMs,
} from './will.ts';

export interface WillPorts {
  readonly clock: Clock;
  /** On the clocks that the processes of this machine share. */
  now(): WillTime;
  masters(): readonly { readonly instance: VrrpInstance; readonly mastership: Mastership }[];
  /** Those that are held. */
  leases(): readonly HeldLease[];
  leave(will: VrrpWill): void;
}

export class WillWriter {
  private readonly ports: WillPorts;
  private cancel: Cancel = () => {};
  private writtenAt: Instant = -Infinity;

  constructor(ports: WillPorts) {
    this.ports = ports;
  }

  write(): void {
    const { clock } = this.ports;
    this.cancel();
    this.writtenAt = clock.now();
    const masters = this.ports.masters();
    this.ports.leave({
      ...this.ports.now(),
      masters: masters.map(({ mastership }) => mastership),
      leases: this.ports.leases(),
    });
    if (masters.length === 0) return;
    const everyMs = writtenEveryMs(masters.map(({ instance }) => instance));
    this.cancel = clock.wakeAt(clock.now() + everyMs, () => this.write());
  }

  /** A lease lasts for longer now; of hundreds it is written once in a while. */
  renew(): void {
    this.cancel();
    const at = this.writtenAt + WRITTEN_EVERY_MS_MIN;
    this.cancel = this.ports.clock.wakeAt(at, () => this.write());
  }

  /** Nothing is written any more; what was left stays. */
  close(): void {
    this.cancel();
  }
}
