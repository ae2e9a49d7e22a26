/**
 * Blocks that an earlier reading has made something of, as they stood in their text: where the same stands again it
 * is found by comparing texts, however many blocks that are, and none of them is cut into words.
 *
 *   then   real_server A {…}  real_server B {…}  real_server C {…}  real_server D {…}
 *   now    real_server A {…}  real_server X {…}  real_server C {…}  real_server D {…}
 *          ╰──── run ──────╯                     ╰──────────────── run ────────────╯
 */

import { grown } from '../../base/columns.ts';
import type { Extent, Span } from './source.ts';

/** Blocks of one keyword, in the order of their text. Columns may be longer than their number. */
export interface Pool {
  readonly keyword: string;
  /** What it all stands in. */
  readonly text: string;
  readonly count: number;
  /** Where each block begins, with its keyword, and ends, behind its brace. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** 1: nothing but blanks and comments stands between a block and the next one. */
  readonly joined: Uint8Array;
}

/** Blocks of a pool, from an index on so many. */
export interface Run {
  readonly pool: Pool;
  readonly from: number;
  readonly count: number;
}

/** A pool in the making. */
export class PoolBuilder implements Pool {
  readonly keyword: string;
  readonly text: string;
  /** Places count from here on. */
  private readonly origin: number;
  count = 0;
  starts: Uint32Array;
  ends: Uint32Array;
  joined: Uint8Array;

  /** `capacity`: so many blocks it has room for at first. */
  constructor(
    keyword: string,
    { text, origin = 0, capacity = 16 }: { text: string; origin?: number; capacity?: number },
  ) {
    this.keyword = keyword;
    this.text = text;
    this.origin = origin;
    this.starts = new Uint32Array(capacity);
    this.ends = new Uint32Array(capacity);
    this.joined = new Uint8Array(capacity);
  }

  /** Without the text, which would keep all of its file in memory. */
  get places(): Omit<Pool, 'text'> {
    const { keyword, count, starts, ends, joined } = this;
    return { keyword, count, starts, ends, joined };
  }

  /** False: it stands before the last one, and is not taken. */
  add({ start, end }: Pick<Extent, 'start' | 'end'>): boolean {
    if (!this.joins(start)) return false;
    this.makeRoom(1);
    this.starts[this.count] = start - this.origin;
    this.ends[this.count] = end - this.origin;
    this.count += 1;
    return true;
  }

  /** The same, of blocks the first of which begins at `start` now. */
  addRun({ pool, from, count }: Run, start: number): boolean {
    if (!this.joins(start)) return false;
    this.makeRoom(count);
    const first = this.count;
    const shift = start - this.origin - (pool.starts[from] as number);
    for (let at = 0; at < count; at += 1) {
      this.starts[first + at] = (pool.starts[from + at] as number) + shift;
      this.ends[first + at] = (pool.ends[from + at] as number) + shift;
    }
    this.joined.fill(1, first, first + count - 1);
    this.count += count;
    return true;
  }

  /** Finds out what stands between the last block and this place. */
  private joins(start: number): boolean {
    if (this.count === 0) return true;
    const before = (this.ends[this.count - 1] as number) + this.origin;
    if (start < before) return false;
    const isJoined = start - before < GAP_MAX && GAP.test(this.text.slice(before, start));
    this.joined[this.count - 1] = isJoined ? 1 : 0;
    return true;
  }

  private makeRoom(count: number): void {
    const needed = this.count + count;
    if (needed <= this.starts.length) return;
    const length = Math.max(needed, this.starts.length * 2);
    this.starts = grown(this.starts, new Uint32Array(length));
    this.ends = grown(this.ends, new Uint32Array(length));
    this.joined = grown(this.joined, new Uint8Array(length));
  }
}

/** Blanks and comments; so many characters of them. */
const GAP = /^(?:[ \t\r\n]|[#!][^\n]*\n)*$/;
const GAP_MAX = 4096;

/** So many blocks that are new, or gone, in one place do not keep the others from being found. */
const SHIFT_MAX = 8;

/** Follows a text from block to block, and a pool with it. */
export class PoolReader {
  private readonly pool: Pool;
  /** The block that is expected next. */
  private next = 0;
  /** The first one that was not found yet. */
  private first = 0;

  constructor(pool: Pool) {
    this.pool = pool;
  }

  /** The block that is expected; null: there is no more. */
  get expected(): Run | null {
    const { pool, next: from } = this;
    return from < pool.count ? { pool, from, count: 1 } : null;
  }

  /** The blocks of the pool that stand from here on, as many as there are; or null. */
  runAt(text: string, at: number): Run | null {
    const { pool, next } = this;
    const last = Math.min(next + SHIFT_MAX, pool.count - 1);
    for (let from = Math.max(this.first, next - SHIFT_MAX); from <= last; from += 1) {
      if (!isSame(pool, from, 1, text, at)) continue;
      const count = countAt(pool, from, text, at);
      this.first = from + count;
      this.next = this.first;
      return { pool, from, count };
    }
    return null;
  }

  /** A block of some keyword is read that is not of the pool: mostly one of it that has changed. */
  passedOver(keyword: string): void {
    if (keyword === this.pool.keyword) this.next += 1;
  }

  get hasFound(): boolean {
    return this.first > 0;
  }
}

/** Whether this stands before the first block, from a place of another text on, too. */
export function hasOpening({ text: before, starts }: Pool, text: string, at: number): boolean {
  return text.startsWith(before.slice(0, starts[0]), at);
}

/** Where one of the blocks of a run has its keyword; `span` is that of the first one. */
export function placeIn({ pool, from }: Run, at: number, { file, start }: Span): Span {
  const begin = start + (pool.starts[from + at] as number) - (pool.starts[from] as number);
  return { file, start: begin, end: begin + pool.keyword.length };
}

/** How long the text of a run is. */
export function lengthOf({ pool: { starts, ends }, from, count }: Run): number {
  return (ends[from + count - 1] as number) - (starts[from] as number);
}

/** How many blocks from the first one on, which is there, stand here: twice as many, until it is too many. */
function countAt(pool: Pool, from: number, text: string, at: number): number {
  const most = joinedFrom(pool, from);
  let good = 1;
  let tooMany = most + 1;
  for (let step = 2; good < most && tooMany > most; step *= 2) {
    const tried = Math.min(step, most);
    if (isSame(pool, from, tried, text, at)) good = tried;
    else tooMany = tried;
  }
  while (tooMany - good > 1) {
    const tried = (good + tooMany) >> 1;
    if (isSame(pool, from, tried, text, at)) good = tried;
    else tooMany = tried;
  }
  return good;
}

function joinedFrom({ joined }: Pool, from: number): number {
  let at = from;
  while (joined[at] === 1) at += 1;
  return at - from + 1;
}

function isSame(pool: Pool, from: number, count: number, text: string, at: number): boolean {
  const start = pool.starts[from] as number;
  const end = pool.ends[from + count - 1] as number;
  // Two texts of one length are compared many characters at a time.
  return pool.text.slice(start, end) === text.slice(at, at + end - start);
}
