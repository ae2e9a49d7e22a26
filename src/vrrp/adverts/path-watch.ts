/**
 * The paths of an instance, as an operator looks at them: which of them there are, what came by each of them when,
 * and which is silent while others hear. A MASTER hears nobody in good times, and so it cannot tell.
 */
import type { Log } from '../../base/log.ts';
import type { Clock, Instant, Millis } from '../../base/time.ts';
import type { AdvertPathSnapshot, AlarmSnapshot } from '../../model/snapshot-vrrp.ts';

/** A path that is silent for less is late, at any interval. */
const SILENT_MS_MIN: Millis = 1_000;

/** One path, and what has come by it. */
export class PathRecord {
  readonly name: string;
  readonly isMain: boolean;
  /** Null: it is down, or was never there. */
  upAt: Instant | null = null;
  /** Why it is down; null: it is not. */
  why: string | null = null;
  /** When it was last heard, and from which address of the sender on this path. */
  heardAt: Instant | null = null;
  heardFrom: string | null = null;
  /** The address on the main path of who that was. */
  heardSender: string | null = null;
  /** Since when nothing came by it, though others heard; null: it is not silent. */
  silentSince: Instant | null = null;
  sent = 0;
  heard = 0;
  silences = 0;
  readonly dropped: Map<string, number> = new Map();

  constructor(name: string, isMain: boolean) {
    this.name = name;
    this.isMain = isMain;
  }

  /** One more packet dropped for this reason: how many there are now. */
  drop(reason: string): number {
    const count = (this.dropped.get(reason) ?? 0) + 1;
    this.dropped.set(reason, count);
    return count;
  }
}

export class PathWatch {
  private readonly clock: Clock;
  private readonly log: Log;
  private all: readonly PathRecord[] = [];
  /** When somebody was heard last on any path, since when without a gap, and how long one may be. */
  private lastAt: Instant = -Infinity;
  private runSince: Instant = -Infinity;
  private gapMs: Millis = SILENT_MS_MIN;

  constructor({ clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.clock = clock;
    this.log = log;
  }

  /** Those that there are from now on. */
  watch(paths: readonly PathRecord[]): void {
    this.all = paths;
  }

  /** A path is there, or not and why; told when that is news. */
  found(instance: string, path: PathRecord, why: string | null): void {
    const isNews = path.why !== why;
    const wasUp = path.upAt !== null;
    path.why = why;
    if (why === null) path.upAt ??= this.clock.now();
    else path.upAt = null;
    if (!isNews) return;
    const fields = { instance, path: path.name };
    if (why !== null) this.log.warn({ ...fields, reason: why }, 'advertisement path is down');
    else if (!wasUp) this.log.info(fields, 'advertisement path is up');
  }

  /** An advertisement came by it. `intervalMs`: after so long its sender says the next; `missed`: so many may be. */
  heard(
    instance: string,
    path: PathRecord,
    { source, sender }: { readonly source: string; readonly sender: string },
    { intervalMs, missed }: { readonly intervalMs: Millis; readonly missed: number },
  ): void {
    const now = this.clock.now();
    this.gapMs = Math.max(SILENT_MS_MIN, missed * intervalMs);
    if (now - this.lastAt > this.gapMs) this.runSince = now;
    this.lastAt = now;
    this.endSilence(instance, path, now);
    path.heard += 1;
    path.heardAt = now;
    path.heardFrom = source;
    path.heardSender = sender;
    for (const other of this.all) if (other !== path) this.judge(instance, other, path, now);
  }

  private endSilence(instance: string, path: PathRecord, now: Instant): void {
    if (path.silentSince === null) return;
    const afterMs = Math.round(now - path.silentSince);
    path.silentSince = null;
    this.log.info({ instance, path: path.name, afterMs }, 'advertisement path hears again');
  }

  private judge(instance: string, path: PathRecord, hears: PathRecord, now: Instant): void {
    if (path.upAt === null || path.silentSince !== null) return;
    const since = Math.max(path.heardAt ?? -Infinity, path.upAt, this.runSince);
    if (now - since <= this.gapMs) return;
    path.silentSince = since;
    path.silences += 1;
    const fields = {
      instance,
      path: path.name,
      heardOn: hears.name,
      forMs: Math.round(now - since),
    };
    this.log.warn(fields, 'advertisement path hears nothing');
  }

  /** Of those that are silent while others hear. */
  lastingAlarms(): readonly AlarmSnapshot[] {
    return this.all.flatMap((path) => {
      const silentMs = this.silentMs(path);
      if (silentMs === null) return [];
      const detail = `it hears nothing for ${Math.round(silentMs / 1000)} s, and others do`;
      return { name: 'path-silent' as const, source: path.name, detail };
    });
  }

  /** Null: it is not, or nobody is heard anywhere now. */
  private silentMs({ silentSince }: PathRecord): Millis | null {
    const now = this.clock.now();
    return silentSince === null || now - this.lastAt > this.gapMs ? null : now - silentSince;
  }

  snapshot(): readonly AdvertPathSnapshot[] {
    const now = this.clock.now();
    return this.all.map((path) => {
      const { name, isMain, why, heardAt, heardFrom, sent, heard, silences, dropped } = path;
      const silentMs = this.silentMs(path);
      return {
        name,
        isMain,
        down: why,
        silentMs: silentMs === null ? null : Math.round(silentMs),
        heardMs: heardAt === null ? null : Math.round(now - heardAt),
        heardFrom,
        counters: { sent, heard, silences, dropped: Object.fromEntries(dropped) },
      };
    });
  }
}
