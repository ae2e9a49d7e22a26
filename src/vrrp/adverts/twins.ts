/**
 * One advertisement comes by several paths, and counts once: by its stamp where it is signed, else by who says what,
 * and when.
 */
import type { Instant, Millis } from '../../base/time.ts';

/** Paths and senders that are remembered: only who has a key comes so far. */
const LATEST_MAX = 256;
/** Advertisements whose twins are waited for. */
const RECENT_MAX = 8;

/** By path and sender, the latest mark that has come that way. */
export class LatestByPath<Mark> {
  private readonly isLater: (one: Mark, other: Mark) => boolean;
  private readonly latest = new Map<string, Mark>();

  constructor(isLater: (one: Mark, other: Mark) => boolean) {
    this.isLater = isLater;
  }

  /** Whether nothing as late has come this way before; from now on it has. */
  take(path: string, sender: string, mark: Mark): boolean {
    const key = `${path} ${sender}`;
    const before = this.latest.get(key);
    if (before !== undefined && !this.isLater(mark, before)) return false;
    this.latest.delete(key);
    this.latest.set(key, mark);
    const [oldest] = this.latest.keys();
    if (this.latest.size > LATEST_MAX && oldest !== undefined) this.latest.delete(oldest);
    return true;
  }
}

interface Recent {
  readonly sender: string;
  readonly priority: number;
  readonly at: Instant;
  /** Those that it has come by. */
  readonly paths: Set<string>;
}

/** Advertisements in which nothing tells whether they are new. */
export class Twins {
  private recent: readonly Recent[] = [];

  /** Whether another path has brought the same so shortly before, and this one has not. */
  isTwin(
    path: string,
    { sender, priority }: { readonly sender: string; readonly priority: number },
    withinMs: Millis,
    now: Instant,
  ): boolean {
    const lasting = this.recent.filter(({ at }) => now - at < withinMs);
    const first = lasting.find(
      (one) => one.sender === sender && one.priority === priority && !one.paths.has(path),
    );
    if (first !== undefined) {
      first.paths.add(path);
      return true;
    }
    const next: Recent = { sender, priority, at: now, paths: new Set([path]) };
    this.recent = [next, ...lasting].slice(0, RECENT_MAX);
    return false;
  }
}
