/** As long as something drains, the connections that it still has are counted every second, until its drain has ended. */
import { DirectorError, describeError, reasonAndHint } from '../base/error.ts';
import type { Log } from '../base/log.ts';
import type { Cancel, Clock, Instant, Millis } from '../base/time.ts';
import { Trouble } from '../base/trouble.ts';
import type { DrainEnd, DrainOrder, Leaving, Order } from '../model/drain.ts';
import type { Connections } from '../model/plan.ts';
import { type Held, type Place, sumOf } from './places.ts';
import { type Count, howEnded } from './progress.ts';

/** How often connections are counted while something drains. */
const LOOK_EVERY_MS: Millis = 1_000;
/** The first time: an idle server need not be waited for. */
const FIRST_LOOK_MS: Millis = 100;

export interface CountPorts {
  readonly clock: Clock;
  readonly log: Log;
  /** What the kernel holds, one entry a place; null: nothing. @throws DirectorError when it does not answer. */
  count(places: readonly Place[]): Promise<readonly (Held | null)[]>;
  /** Whether persistence still brings clients to a real server of weight 0 (progress.ts). @throws DirectorError */
  templatesBind(): boolean;
}

export type Draining = DrainOrder | Leaving;

export interface Running {
  readonly one: Draining;
  readonly places: readonly Place[];
}

export interface Ended {
  readonly one: Draining;
  readonly how: DrainEnd['how'];
  readonly left: Connections | null;
}

export interface Watched {
  /** Whether anything drains now. */
  isRunning(): boolean;
  /** All that does. */
  running(): readonly Running[];
  /** Some of it may have been lifted, or taken up again, while its connections were counted. */
  ended(ended: readonly Ended[]): void;
}

export class DrainWatch {
  private readonly ports: CountPorts;
  private readonly watched: Watched;
  /** On this process's own clock, so that a step of the wall clock ends nothing. */
  private readonly deadlines = new WeakMap<Draining, Instant | null>();
  private readonly counts = new WeakMap<Order | Leaving, Count>();
  private cancel: Cancel | null = null;
  private closed = false;
  private readonly uncounted: Trouble;
  private readonly unknownSetting: Trouble;

  constructor(ports: CountPorts, watched: Watched) {
    this.ports = ports;
    this.watched = watched;
    this.uncounted = new Trouble(ports, {
      level: 'warn',
      message: 'connections could not be counted',
      over: 'connections can be counted again',
    });
    this.unknownSetting = new Trouble(ports, {
      level: 'warn',
      message: 'expire_quiescent_template is not known, and taken for unset',
      over: 'expire_quiescent_template is known again',
    });
  }

  /** Its time runs from now on, and gives when it is over; null: never. Nothing is begun twice. */
  begin(one: Draining): Instant | null {
    const known = this.deadlines.get(one);
    if (known !== undefined) return known;
    const { clock } = this.ports;
    const { untilMs } = one;
    const leftMs = untilMs === null ? null : Math.max(0, untilMs - clock.wallTimeMs());
    const deadline = leftMs === null ? null : clock.now() + leftMs;
    this.deadlines.set(one, deadline);
    return deadline;
  }

  /** As counted last; null: it has not been, or could not be. */
  leftOf(one: Order | Leaving): Connections | null {
    return this.counts.get(one)?.left ?? null;
  }

  /** An order that has ended is another object than while it drained. */
  carry(before: Order, order: Order): void {
    const count = this.counts.get(before);
    if (count !== undefined) this.counts.set(order, count);
  }

  /** What drains, or where, has changed. */
  lookSoon(): void {
    this.look(FIRST_LOOK_MS);
  }

  /** As the port tells; if it cannot, they bind: a drain had better wait too long than cut clients off. */
  templatesBind(): boolean {
    try {
      const bind = this.ports.templatesBind();
      this.unknownSetting.wentWell({});
      return bind;
    } catch (error) {
      if (!(error instanceof DirectorError)) throw error;
      this.unknownSetting.happened(reasonAndHint(error));
      return true;
    }
  }

  close(): void {
    this.closed = true;
    this.cancel?.();
  }

  private look(afterMs: Millis): void {
    this.cancel?.();
    this.cancel = null;
    if (this.closed || !this.watched.isRunning()) return;
    const { clock } = this.ports;
    this.cancel = clock.wakeAt(clock.now() + afterMs, () => {
      this.cancel = null;
      void this.countAll().then(() => {
        if (this.cancel === null) this.look(LOOK_EVERY_MS);
      });
    });
  }

  private async countAll(): Promise<void> {
    const running = this.watched.running();
    const held = await this.held(running.flatMap(({ places }) => places));
    if (this.closed) return;
    // For all at once: there may be thousands, and each time is a read of a file.
    const templatesBind = this.templatesBind();
    const now = this.ports.clock.now();
    let from = 0;
    const ended = running.flatMap(({ one, places }) => {
      const count = held && sumOf(held.slice(from, from + places.length));
      from += places.length;
      if (count !== null) this.counts.set(one, count);
      const how = howEnded({
        count,
        deadline: this.begin(one),
        now,
        templatesBind,
      });
      return how === null ? [] : [{ one, how, left: count?.left ?? null }];
    });
    if (ended.length > 0) this.watched.ended(ended);
  }

  private async held(places: readonly Place[]): Promise<readonly (Held | null)[] | null> {
    try {
      const held = places.length === 0 ? [] : await this.ports.count(places);
      this.uncounted.wentWell({});
      return held;
    } catch (error) {
      this.uncounted.happened({ reason: describeError(error) });
      return null;
    }
  }
}
