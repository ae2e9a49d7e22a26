/**
 * Looks on while a real server drains: asks the daemon every second, and keeps one line up to date on a terminal;
 * elsewhere a line now and then. The daemon drains whether somebody looks on or not.
 */
import { DirectorError, describeError } from '../base/error.ts';
import { type Clock, type Millis, sleep } from '../base/time.ts';
import type { DrainOrder, DrainSnapshot } from '../model/drain.ts';
import type { Connections } from '../model/plan.ts';
import { leftInDetail } from './drain-text.ts';
import type { Terminal } from './terminal.ts';
import { formatSpan } from './text.ts';

export type Outcome =
  | { readonly is: 'none-left' | 'timeout'; readonly left: Connections | null }
  /** Somebody has ordered something else of it meanwhile. */
  | { readonly is: 'replaced' }
  /** Nobody waits for it any more. */
  | { readonly is: 'interrupted'; readonly left: Connections | null }
  /** The daemon is gone, and does not come back. */
  | { readonly is: 'silent'; readonly why: string };

export interface WatchPorts {
  readonly clock: Clock;
  /** @throws DirectorError when the daemon does not answer. */
  readonly ask: () => Promise<DrainSnapshot>;
  /** Resolves when the person wants to have the prompt back. */
  readonly interrupted: Promise<void>;
  /** Null: no progress is shown. */
  readonly terminal: Terminal | null;
}

const ASK_EVERY_MS: Millis = 1_000;
/** Where lines cannot be overwritten. */
const LINE_EVERY_MS: Millis = 10_000;
/** A daemon that is restarted by its service manager is back long before. */
const SILENT_MS_MAX: Millis = 60_000;

export async function watchDrain(order: DrainOrder, ports: WatchPorts): Promise<Outcome> {
  const { clock } = ports;
  const line = new ProgressLine(ports);
  let left: Connections | null = null;
  let answeredAt = clock.now();
  let isInterrupted = false;
  const interrupted = ports.interrupted.then(() => {
    isInterrupted = true;
  });
  try {
    for (;;) {
      const told = await ports.ask().catch((error: unknown) => {
        if (error instanceof DirectorError) return error;
        throw error;
      });
      if (isInterrupted) return { is: 'interrupted', left };
      if (told instanceof DirectorError) {
        const why = describeError(told);
        if (clock.now() - answeredAt >= SILENT_MS_MAX) return { is: 'silent', why };
        line.show('lvsd does not answer; the drain goes on when it does');
      } else {
        answeredAt = clock.now();
        const found = told.orders.find((one) => isSame(one.order, order));
        if (found === undefined || found.order.kind !== 'drain') return { is: 'replaced' };
        const { ended } = found.order;
        if (ended !== null) return { is: ended.how, left: ended.left };
        left = found.left;
        line.show(progressText(left, order, told.atMs));
      }
      await Promise.race([sleep(clock, ASK_EVERY_MS), interrupted]);
      if (isInterrupted) return { is: 'interrupted', left };
    }
  } finally {
    line.end();
  }
}

function isSame(a: DrainSnapshot['orders'][number]['order'], b: DrainOrder): boolean {
  return (
    a.kind === 'drain' &&
    a.realServer === b.realServer &&
    a.virtualServer === b.virtualServer &&
    a.sinceMs === b.sinceMs
  );
}

function progressText(
  left: Connections | null,
  { sinceMs, untilMs }: DrainOrder,
  nowMs: number,
): string {
  const count = left === null ? 'counting connections' : leftInDetail(left);
  const after = `after ${formatSpan(Math.max(0, nowMs - sinceMs))}`;
  const toGo = untilMs === null ? '' : `, ${formatSpan(Math.max(0, untilMs - nowMs))} to go`;
  return `${count} ${after}${toGo}`;
}

/** One line of the terminal, written over and over; without a terminal, new lines at intervals. */
class ProgressLine {
  private readonly terminal: Terminal | null;
  private readonly clock: Clock;
  private shownAt = Number.NEGATIVE_INFINITY;
  private isOpen = false;

  constructor({ terminal, clock }: Pick<WatchPorts, 'terminal' | 'clock'>) {
    this.terminal = terminal;
    this.clock = clock;
  }

  show(text: string): void {
    if (this.terminal === null) return;
    if (this.terminal.live) {
      // Back to the first column, and the rest of the old line is erased (ECMA-48: CR, EL).
      this.terminal.write(`\r${text}\u001b[K`);
      this.isOpen = true;
      return;
    }
    const now = this.clock.now();
    if (now - this.shownAt < LINE_EVERY_MS) return;
    this.shownAt = now;
    this.terminal.write(`${text}\n`);
  }

  end(): void {
    if (this.isOpen) this.terminal?.write('\n');
  }
}
