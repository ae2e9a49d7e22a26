/**
 * When which router is woken: one timer for all, and in portions, so that a takeover of hundreds keeps neither packets
 * nor advertisements waiting.
 */
import type { Cancel, Clock, Instant, Millis } from '../base/time.ts';
import { Deadlines } from './deadlines.ts';
import type { VirtualRouter } from './virtual-router.ts';

/** Routers that are due are woken as long as this; then others have their turn, and advertisements of masters theirs. */
const WAKING_MS: Millis = 4;

export class Waking {
  private readonly clock: Clock;
  private readonly onAlarm: () => void;
  private readonly deadlines = new Deadlines<VirtualRouter>();
  /** Those that are due and wait for the next turn, as `mastersFirst` has sorted them. */
  private waiting: readonly VirtualRouter[] = [];
  private armedFor: Instant = Infinity;
  private cancel: Cancel = () => {};

  constructor(clock: Clock, onAlarm: () => void) {
    this.clock = clock;
    this.onAlarm = onAlarm;
  }

  /** Whether routers wait for their turn to become MASTER. */
  get isAdvertising(): boolean {
    const last = this.waiting.at(-1);
    return last !== undefined && last.state.is !== 'master';
  }

  /** Its deadline may be another one. */
  note(router: VirtualRouter): void {
    this.deadlines.note(router);
  }

  forget(router: VirtualRouter): void {
    this.deadlines.forget(router);
  }

  /** Those that are left are woken the next time. Whoever is woken is to be noted again. */
  wakeDue(wake: (router: VirtualRouter) => void): void {
    const { clock } = this;
    const begunAt = clock.now();
    const due = mastersFirst([...this.waiting, ...this.deadlines.takeDue(begunAt)]);
    let at = 0;
    for (; at < due.length && (at === 0 || clock.now() - begunAt < WAKING_MS); at += 1) {
      wake(due[at] as VirtualRouter);
    }
    this.waiting = due.slice(at);
  }

  /** Has the alarm go off when the first one is due, or at an instant if that is earlier. */
  arm(orAt: Instant): void {
    const { clock } = this;
    const first = this.waiting.length > 0 ? clock.now() : this.deadlines.first;
    const next = Math.min(orAt, first);
    if (next >= this.armedFor) return;
    this.cancel();
    this.armedFor = next;
    this.cancel = clock.wakeAt(next, () => {
      this.armedFor = Infinity;
      this.onAlarm();
    });
  }

  close(): void {
    this.cancel();
  }
}

/** To advertise takes a tenth of the time that to take over does, and a peer waits for it. */
function mastersFirst(due: readonly VirtualRouter[]): readonly VirtualRouter[] {
  const isMaster = ({ state }: VirtualRouter): boolean => state.is === 'master';
  return [...due.filter(isMaster), ...due.filter((router) => !isMaster(router))];
}
