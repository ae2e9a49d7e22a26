/**
 * Keeps the will of a VRRP process new: written whenever a state has changed, and again and again while there is
 * something to inherit, for one that is too old is void.
 */
import type { Cancel, Clock, Millis } from '../../base/time.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';
import { type Mastership, type VrrpWill, writtenEveryMs } from './will.ts';

export interface WillPorts {
  readonly clock: Clock;
  /** On the clock that the processes of this machine share. */
  sharedTimeMs(): Millis;
  masters(): readonly { readonly instance: VrrpInstance; readonly mastership: Mastership }[];
  leave(will: VrrpWill): void;
}

export class WillWriter {
  private readonly ports: WillPorts;
  private cancel: Cancel = () => {};

  constructor(ports: WillPorts) {
    this.ports = ports;
  }

  write(): void {
    const { clock } = this.ports;
    this.cancel();
    const masters = this.ports.masters();
    this.ports.leave({
      atMs: this.ports.sharedTimeMs(),
      masters: masters.map(({ mastership }) => mastership),
    });
    if (masters.length === 0) return;
    const everyMs = writtenEveryMs(masters.map(({ instance }) => instance));
    this.cancel = clock.wakeAt(clock.now() + everyMs, () => this.write());
  }

  /** Nothing is written any more; what was left stays. */
  close(): void {
    this.cancel();
  }
}
