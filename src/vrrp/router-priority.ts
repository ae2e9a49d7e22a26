/**
 * The effective priority of a router, as it goes: the priority of its configuration, moved by what it tracks. An owner
 * that another owner does not yield to counts itself as less, until the next reload. Pure but for what it keeps.
 */
import { effectivePriority, type Tracked } from './machine/priority.ts';

export interface PriorityChange {
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

export class RouterPriority {
  /** The base, moved by what is tracked. */
  effective: number;
  /** Without what is tracked. */
  private base: number;
  /** Null: it has the priority of its configuration. */
  private loweredTo: number | null = null;

  constructor(configured: number) {
    this.effective = configured;
    this.base = configured;
  }

  /** What holds now; null: nothing has changed. */
  weigh(configured: number, tracked: readonly Tracked[]): PriorityChange | null {
    const base = this.loweredTo ?? configured;
    const reason = base === this.base ? 'tracking' : 'reload';
    this.base = base;
    const from = this.effective;
    const to = effectivePriority(base, tracked);
    this.effective = to;
    return to === from ? null : { from, to, reason };
  }

  lower(to: number): PriorityChange {
    const from = this.effective;
    this.loweredTo = to;
    this.base = to;
    this.effective = to;
    return { from, to, reason: 'another owner does not yield' };
  }

  /** The configuration counts again, from the next weighing on. */
  restore(): void {
    this.loweredTo = null;
  }
}
