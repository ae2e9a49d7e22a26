/**
 * The longest pieces of work of this process, in which its event loop could do nothing else, in CPU time of the loop's
 * thread. V8's major collections are told apart.
 */
import { openSync, readSync } from 'node:fs';
import { constants, PerformanceObserver } from 'node:perf_hooks';

export interface LoopReport {
  /** The longest piece, what V8's major collections took of it aside. */
  readonly longestMs: number;
  /** What they took of one piece at most. */
  readonly majorMs: number;
  /** All pieces together. */
  readonly totalMs: number;
}

/** By the clock. */
interface Span {
  readonly from: number;
  readonly to: number;
}

interface Piece extends Span {
  readonly cpuMs: number;
}

/** What is shorter is this watch itself, or little more. */
const PIECE_MS_MIN = 0.2;

export class LoopPieces {
  private pieces: Piece[] = [];
  private majors: Span[] = [];

  constructor() {
    const { NODE_PERFORMANCE_GC_MAJOR, NODE_PERFORMANCE_GC_INCREMENTAL } = constants;
    const majors = [NODE_PERFORMANCE_GC_MAJOR, NODE_PERFORMANCE_GC_INCREMENTAL];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { startTime, duration } = entry;
        const { kind } = (entry as typeof entry & { detail: { kind: number } }).detail;
        if (majors.includes(kind)) this.majors.push({ from: startTime, to: startTime + duration });
      }
    }).observe({ entryTypes: ['gc'] });
    this.watch(performance.now(), threadMs());
  }

  /** Since the last one. */
  async report(): Promise<LoopReport> {
    // Collections are told a turn later.
    for (let turns = 0; turns < 3; turns += 1) await new Promise(setImmediate);
    const { pieces, majors } = this;
    [this.pieces, this.majors] = [[], []];
    const told = pieces.map((piece) => {
      const overlaps = majors.reduce((sum, span) => sum + overlapMs(piece, span), 0);
      const majorMs = Math.min(overlaps, piece.cpuMs);
      return { otherMs: piece.cpuMs - majorMs, majorMs };
    });
    return {
      longestMs: Math.max(0, ...told.map(({ otherMs }) => otherMs)),
      majorMs: Math.max(0, ...told.map(({ majorMs }) => majorMs)),
      totalMs: pieces.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    };
  }

  private watch(from: number, cpuFrom: number): void {
    setImmediate(() => {
      const [to, cpuTo] = [performance.now(), threadMs()];
      const cpuMs = cpuTo - cpuFrom;
      if (cpuMs > PIECE_MS_MIN) this.pieces.push({ from, to, cpuMs });
      this.watch(to, cpuTo);
    });
  }
}

function overlapMs(a: Span, b: Span): number {
  return Math.max(0, Math.min(a.to, b.to) - Math.max(a.from, b.from));
}

const told = Buffer.alloc(512);
const file = openSync(`/proc/self/task/${process.pid}/sched`, 'r');

/** CPU time of the main thread. */
function threadMs(): number {
  // The kernel brings its count up to date when the process asks for its usage.
  process.cpuUsage();
  const text = told.toString('latin1', 0, readSync(file, told, 0, told.length, 0));
  return Number(/sum_exec_runtime\s*:\s*([\d.]+)/.exec(text)?.[1]);
}
