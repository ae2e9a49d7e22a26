/**
 * When which router is woken: one timer for all, and in portions, so that a takeover of hundreds keeps neither packets
 * nor advertisements waiting.
 *
 * Who was busy, or not let to work, finds its timers run before its sockets are read: it would take over from a master
 * that has advertised meanwhile, or go on as one beside it. So it reads first.
 */
import type { Cancel, Clock, Instant, Millis } from '../base/time.ts';
import { Deadlines } from './deadlines.ts';
import { LATE_MS } from './machine/timers.ts';
import type { VrrpPorts } from './ports.ts';
import type { VirtualRouter } from './virtual-router.ts';

/** Routers that are due are woken as long as this; then others have their turn, and advertisements of masters theirs. */
const WAKING_MS: Millis = 4;

const NONE: readonly VirtualRouter[] = [];

export class Waking {
  /** There are so many that what they do at once takes its time. */
  areMany = false;
  private readonly clock: Clock;
  private readonly turn: VrrpPorts['turn'];
  private readonly onAlarm: () => void;
  private readonly deadlines = new Deadlines<VirtualRouter>();
  /** Those that are due and wait for the next turn, as `mastersFirst` has sorted them. */
  private waiting: readonly VirtualRouter[] = [];
  private armedFor: Instant = Infinity;
  private cancel: Cancel = () => {};
  private isReading = false;
  /** What had come to the sockets before this alarm has been heard. */
  private hasRead = false;

  constructor({ clock, turn }: Pick<VrrpPorts, 'clock' | 'turn'>, onAlarm: () => void) {
    this.clock = clock;
    this.turn = turn;
    this.onAlarm = onAlarm;
  }

  /** Whether routers wait for their turn to become MASTER, or it is being found out who must. */
  get isAdvertising(): boolean {
    return this.isReading || this.areTakingOver;
  }

  private get areTakingOver(): boolean {
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

  /**
   * Those that are left are woken the next time, and those that are no masters when what has come is read. Whoever is
   * woken is to be noted again.
   */
  wakeDue(wake: (router: VirtualRouter) => void): void {
    const { clock } = this;
    const hasRead = this.hasRead || this.turn === undefined;
    this.hasRead = false;
    const begunAt = clock.now();
    const due = mastersFirst(this.waiting, this.deadlines.takeDue(begunAt));
    let at = 0;
    for (; at < due.length && (at === 0 || clock.now() - begunAt < WAKING_MS); at += 1) {
      const router = due[at] as VirtualRouter;
      if (!hasRead && router.state.is !== 'master') break;
      wake(router);
    }
    this.waiting = at < due.length ? due.slice(at) : NONE;
  }

  /** Has the alarm go off when the first one is due, or at an instant if that is earlier. */
  arm(orAt: Instant): void {
    const { clock, turn } = this;
    const first = this.waiting.length > 0 ? clock.now() : this.deadlines.first;
    const next = Math.min(orAt, first);
    if (next >= this.armedFor) return;
    this.cancel();
    this.armedFor = next;
    if (this.areTakingOver && turn !== undefined) {
      this.readFirst(turn);
      return;
    }
    this.cancel = clock.wakeAt(next, () => {
      const mayBeBehind = this.areMany || clock.now() - next > LATE_MS;
      if (turn !== undefined && mayBeBehind) this.readFirst(turn);
      else this.alarm();
    });
  }

  close(): void {
    this.cancel();
  }

  private readFirst(turn: () => Promise<void>): void {
    // What is heard meanwhile arms nothing.
    this.armedFor = -Infinity;
    this.isReading = true;
    void turn().then(() => {
      this.isReading = false;
      this.hasRead = true;
      this.alarm();
    });
  }

  private alarm(): void {
    this.armedFor = Infinity;
    this.onAlarm();
  }
}

/** To advertise takes a tenth of the time that to take over does, and a peer waits for it. */
function mastersFirst(
  waiting: readonly VirtualRouter[],
  due: readonly VirtualRouter[],
): readonly VirtualRouter[] {
  // So it is with almost every advertisement, which is to leave no garbage.
  if (waiting.length === 0 && due.length < 2) return due;
  const all = [...waiting, ...due];
  const isMaster = ({ state }: VirtualRouter): boolean => state.is === 'master';
  return [...all.filter(isMaster), ...all.filter((router) => !isMaster(router))];
}
