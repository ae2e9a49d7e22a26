/**
 * Tells the supervisor in which states the instances are, and leaves the will of this process with it: at once when
 * all was quiet, and together when many change, as in a takeover of hundreds.
 */
import { uptime } from 'node:os';
import {
  type Cancel,
  type Instant,
  type Millis,
  sharedTimeMs,
  systemClock,
} from '../../base/time.ts';
import type { WillTime } from '../../vrrp/holding/will.ts';
import { WillWriter } from '../../vrrp/holding/will-writer.ts';
import type { VrrpSpeaker } from '../../vrrp/speaker.ts';
import type { Uplink } from '../ipc.ts';
import type { LeaseDesk } from './lease-desk.ts';

/** On the clocks by which a will is read. */
export function willTime(): WillTime {
  return { atMs: sharedTimeMs(), bootMs: uptime() * 1000 };
}

const TELL_EVERY_MS: Millis = 50;

export class StateTeller {
  private readonly uplink: Pick<Uplink, 'tellVrrpStates' | 'leaveWill'>;
  private readonly speaker: Pick<VrrpSpeaker, 'states' | 'masters'>;
  private readonly will: WillWriter;
  /** When the states are told; Infinity: nothing has changed since. */
  private tellAt: Instant = Infinity;
  private toldAt: Instant = -Infinity;
  private cancel: Cancel = () => {};

  constructor(
    uplink: Pick<Uplink, 'tellVrrpStates' | 'leaveWill'>,
    speaker: Pick<VrrpSpeaker, 'states' | 'masters'>,
    leases: Pick<LeaseDesk, 'held'>,
  ) {
    this.uplink = uplink;
    this.speaker = speaker;
    this.will = new WillWriter({
      clock: systemClock,
      now: willTime,
      masters: () => speaker.masters(),
      leases: () => leases.held(),
      leave: (will) => uplink.leaveWill(will),
    });
  }

  /** Once for all that change in one turn. `canWait`: of a takeover of hundreds, once in a while. */
  tell({ canWait }: { readonly canWait: boolean }): void {
    const at = canWait ? this.toldAt + TELL_EVERY_MS : -Infinity;
    if (at >= this.tellAt) return;
    this.tellAt = at;
    this.cancel();
    this.cancel = systemClock.wakeAt(at, () => this.tellNow());
  }

  /** The next process may go on with it for longer. */
  leaseRenewed(): void {
    this.will.renew();
  }

  /** What is still to be told is told. */
  close(): void {
    this.cancel();
    if (this.tellAt < Infinity) this.tellNow();
    this.will.close();
  }

  private tellNow(): void {
    this.tellAt = Infinity;
    this.toldAt = systemClock.now();
    this.uplink.tellVrrpStates(this.speaker.states());
    this.will.write();
  }
}
