/**
 * Virtual time: nothing passes by itself, and every wake-up runs at its exact instant, in the order in
 * which they were entered. Each host has a clock of its own, which may run faster or slower than the
 * world's, and stands still for a process that is paused.
 */
import { Heap, NOWHERE, type Placed } from '../base/heap.ts';
import { type Cancel, type Clock, type Instant, nextTurn } from '../base/time.ts';

interface WakeUp extends Placed {
  readonly at: Instant;
  readonly order: number;
  readonly run: () => void;
}

/** What the wall clocks show at instant 0. */
const WALL_TIME_AT_ZERO_MS = Date.UTC(2026, 0, 1);

/** So many wake-ups at one instant are a loop. */
const TURNS_MAX = 10_000;

export class VirtualTime implements Clock {
  private readonly heap = new Heap<WakeUp>((a, b) => a.at - b.at || a.order - b.order);
  private entered = 0;
  private current: Instant = 0;

  now(): Instant {
    return this.current;
  }

  wallTimeMs(): number {
    return WALL_TIME_AT_ZERO_MS + this.current;
  }

  wakeAt(at: Instant, run: () => void): Cancel {
    const wakeUp: WakeUp = {
      at: Math.max(at, this.current),
      order: this.entered++,
      run,
      place: NOWHERE,
    };
    this.heap.push(wakeUp);
    return () => this.heap.delete(wakeUp);
  }

  /** Lets time pass until `at`. What awaits settles before, between and after the wake-ups. */
  async runTo(at: Instant): Promise<void> {
    await settled();
    let turns = 0;
    for (let first = this.heap.first(); first !== undefined; first = this.heap.first()) {
      if (first.at > at) break;
      this.heap.pop();
      turns = first.at === this.current ? turns + 1 : 0;
      if (turns > TURNS_MAX) throw new Error(`time stands still at ${this.current} ms`);
      this.current = first.at;
      first.run();
      await settled();
    }
    this.current = Math.max(this.current, at);
    // Whoever else is in this process has its turn.
    await nextTurn();
  }
}

/**
 * Resolves when all promises that can settle without time passing have done so: what is put off to the next tick from
 * within a promise runs when none is left. A turn of the event loop for each wake-up would cost a fifth of all time.
 */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    queueMicrotask(() => process.nextTick(resolve));
  });
}

/** How many packets a socket keeps for a process that does not read: rmem_default is room for about so many. */
const BUFFERED_MAX = 256;

/** The clock of one process on a host. While it is paused nothing in it runs, and all runs late. */
export class ProcessTime implements Clock {
  private readonly world: VirtualTime;
  /** Milliseconds of this host that pass in one of the world. */
  private readonly rate: number;
  /** A wake-up is never early, whatever dividing and multiplying makes of its time. */
  private wokenAt: Instant = 0;
  private lateTimers: (() => void)[] = [];
  private unread: (() => void)[] = [];
  private packetsWaiting = 0;
  private state: 'runs' | 'paused' | 'ended' = 'runs';

  constructor(world: VirtualTime, rate: number) {
    this.world = world;
    this.rate = rate;
  }

  now(): Instant {
    return Math.max(this.wokenAt, this.world.now() * this.rate);
  }

  wallTimeMs(): number {
    return this.world.wallTimeMs();
  }

  wakeAt(at: Instant, run: () => void): Cancel {
    let cancelled = false;
    const wake = (): void => {
      this.wokenAt = Math.max(this.wokenAt, at);
      if (!cancelled) run();
    };
    const cancel = this.world.wakeAt(at / this.rate, () => {
      if (this.state === 'paused') this.lateTimers.push(wake);
      else if (this.state === 'runs') wake();
    });
    return () => {
      cancelled = true;
      cancel();
    };
  }

  /** A packet: now, or when the process reads again, unless too many wait for that. */
  receive(read: () => void): void {
    if (this.state !== 'paused') this.hear(read);
    else if (this.packetsWaiting < BUFFERED_MAX) {
      this.packetsWaiting += 1;
      this.unread.push(read);
    }
  }

  /** What the kernel or the supervisor says: now, or when the process reads again; it is never lost. */
  hear(read: () => void): void {
    if (this.state === 'runs') read();
    else if (this.state === 'paused') this.unread.push(read);
  }

  pause(): void {
    if (this.state === 'runs') this.state = 'paused';
  }

  /** What was missed happens now, each in a turn of its own; Node runs timers before it reads. */
  resume(): void {
    if (this.state !== 'paused') return;
    this.state = 'runs';
    const late = [...this.lateTimers, ...this.unread];
    this.lateTimers = [];
    this.unread = [];
    this.packetsWaiting = 0;
    for (const run of late) this.world.wakeAt(this.world.now(), () => this.hear(run));
  }

  end(): void {
    this.state = 'ended';
  }

  get isRunning(): boolean {
    return this.state === 'runs';
  }
}
