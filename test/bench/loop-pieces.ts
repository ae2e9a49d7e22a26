/**
 * The longest pieces of work of this process, in which its event loop could do nothing else. In CPU time, as far as it
 * can be known: the time by the clock or the CPU time of the whole process, whichever is less, because the loop's thread
 * cannot have worked for longer than either. V8's major collections are told apart.
 */
import { constants, PerformanceObserver } from 'node:perf_hooks';

export interface LoopReport {
  /** The longest piece, what V8's major collections took of it aside. */
  readonly longestMs: number;
  /** The longest with them, and what they took of one piece at most. */
  readonly withMajorMs: number;
  readonly majorMs: number;
  /** All CPU time since the last report. */
  readonly cpuMs: number;
}

interface Piece {
  readonly from: number;
  readonly to: number;
  readonly cpuMs: number;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Shorter ones are not kept. */
const KEPT_MS = 2;

export class LoopPieces {
  private pieces: Piece[] = [];
  private majors: Span[] = [];
  private since = process.cpuUsage();

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
    this.watch(performance.now(), process.cpuUsage());
  }

  /** Since the last one; the turn in which it is asked for does not count. */
  async report(): Promise<LoopReport> {
    // Collections are told a turn later.
    for (let turns = 0; turns < 3; turns += 1) await new Promise(setImmediate);
    const { pieces, majors, since } = this;
    [this.pieces, this.majors, this.since] = [[], [], process.cpuUsage()];
    const told = pieces.map((piece) => {
      const majorMs = majors.reduce((sum, span) => sum + overlapMs(piece, span), 0);
      return { ms: Math.min(piece.to - piece.from, piece.cpuMs), majorMs };
    });
    return {
      longestMs: Math.max(0, ...told.map(({ ms, majorMs }) => ms - majorMs)),
      withMajorMs: Math.max(0, ...told.map(({ ms }) => ms)),
      majorMs: Math.max(0, ...told.map(({ majorMs }) => majorMs)),
      cpuMs: totalMs(process.cpuUsage(since)),
    };
  }

  private watch(from: number, cpu: NodeJS.CpuUsage): void {
    setImmediate(() => {
      const to = performance.now();
      const cpuMs = totalMs(process.cpuUsage(cpu));
      if (to - from > KEPT_MS && cpuMs > KEPT_MS) this.pieces.push({ from, to, cpuMs });
      this.watch(performance.now(), process.cpuUsage());
    });
  }
}

function overlapMs(a: Span, b: Span): number {
  return Math.max(0, Math.min(a.to, b.to) - Math.max(a.from, b.from));
}

function totalMs({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000;
}
