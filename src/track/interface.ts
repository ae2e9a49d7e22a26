/**
 * A tracked interface. One that is absent is down; it may appear, vanish and come back under the same name.
 * With `interface_up_down_delays` a change counts only after it has lasted for a while.
 */
import type { Cancel } from '../base/time.ts';
import type { LinkDelay } from '../model/vrrp.ts';
import { type Reading, type Tracker, type TrackPorts, UNKNOWN } from './tracker.ts';

export class TrackedInterface implements Tracker {
  readonly kind = 'interface';
  readonly name: string;
  reading: Reading = UNKNOWN;
  sinceMs: number;
  private readonly ports: Pick<TrackPorts, 'clock' | 'links'>;
  private readonly onChange: () => void;
  private delay: Omit<LinkDelay, 'interface'> | null = null;
  private cancel: Cancel | null = null;

  constructor(name: string, ports: Pick<TrackPorts, 'clock' | 'links'>, onChange: () => void) {
    this.name = name;
    this.ports = ports;
    this.onChange = onChange;
    this.sinceMs = ports.clock.wallTimeMs();
  }

  get detail(): string | null {
    return this.cancel === null ? null : 'has changed, and is waited for';
  }

  setDelay(delay: Omit<LinkDelay, 'interface'> | null): void {
    this.delay = delay;
  }

  /** Takes in how it is now; a change that must last first is told by `onChange`. */
  look(): void {
    const running = this.ports.links.find(this.name, 'ipv4')?.running ?? false;
    if (running === this.reading.up) {
      this.close();
      return;
    }
    const waitMs = (running ? this.delay?.upMs : this.delay?.downMs) ?? 0;
    if (this.reading.up === null || waitMs === 0) {
      this.close();
      this.become(running);
    } else if (this.cancel === null) {
      const { clock } = this.ports;
      this.cancel = clock.wakeAt(clock.now() + waitMs, () => {
        this.cancel = null;
        this.become(running);
        this.onChange();
      });
    }
  }

  close(): void {
    this.cancel?.();
    this.cancel = null;
  }

  private become(up: boolean): void {
    this.reading = { up, value: null };
    this.sinceMs = this.ports.clock.wallTimeMs();
  }
}
