/**
 * What was signed and believed, kept in the run directory over a restart of the vrrp process: a recorded
 * advertisement must not be believed by a director that has just begun, and our own must go on behind the last one.
 * Instants are kept as what the kernel's clock since boot showed; of another boot only the stamps count.
 */
import { existsSync, readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { errnoName } from '../../base/error.ts';
import type { Log } from '../../base/log.ts';
import type { Cancel, Clock, Instant, Millis } from '../../base/time.ts';
import type { Spent, SpentStamps } from '../../vrrp/adverts/replay.ts';
import type { Stamp } from '../../wire/vrrp-hmac.ts';
import { readJson, writeWhole } from '../durable.ts';

const BOOT_ID = '/proc/sys/kernel/random/boot_id';
const WRITE_EVERY_MS: Millis = 1_000;
const INSTANCES_MAX = 1024;

/** Milliseconds since boot go into the file where the values have instants. */
interface Kept {
  readonly boot: string;
  readonly instances: Readonly<Record<string, Spent>>;
}

export class SpentFile {
  private readonly path: string;
  private readonly clock: Clock;
  private readonly log: Log;
  private written = '';
  private cancel: Cancel = () => {};
  private hasFailed = false;

  constructor(path: string, { clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.path = path;
    this.clock = clock;
    this.log = log;
  }

  /** What an earlier life has left; a file that is not whole is none, and that is told. */
  read(): SpentStamps {
    const kept = readJson(this.path);
    if (!isKept(kept)) {
      if (existsSync(this.path)) this.tellDamaged();
      return new Map();
    }
    const isThisBoot = kept.boot === bootId();
    const offsetMs = uptime() * 1000 - this.clock.now();
    const toInstant = (sinceBootMs: Millis): Instant =>
      isThisBoot ? sinceBootMs - offsetMs : -Number.MAX_SAFE_INTEGER;
    return new Map(
      Object.entries(kept.instances).map(([name, spent]) => [name, withInstants(spent, toInstant)]),
    );
  }

  private tellDamaged(): void {
    const fields = {
      path: this.path,
      hint: 'signed advertisements that somebody recorded within the time window may be believed once more',
    };
    this.log.warn(fields, 'what was signed before is lost: its file is damaged');
  }

  /** Writes what has changed, once a second. */
  follow(spent: () => SpentStamps): void {
    this.cancel = this.clock.wakeAt(this.clock.now() + WRITE_EVERY_MS, () => {
      this.write(spent());
      this.follow(spent);
    });
  }

  close(spent: SpentStamps): void {
    this.cancel();
    this.write(spent);
  }

  private write(spent: SpentStamps): void {
    if (spent.size === 0 && this.written === '') return;
    const offsetMs = uptime() * 1000 - this.clock.now();
    const instances = Object.fromEntries(
      [...spent].map(([name, one]) => [name, withInstants(one, (at) => at + offsetMs)]),
    );
    const text = JSON.stringify({ boot: bootId(), instances } satisfies Kept);
    if (text === this.written) return;
    try {
      writeWhole(this.path, text);
      this.written = text;
      this.hasFailed = false;
    } catch (error) {
      const fields = { path: this.path, reason: errnoName(error) };
      if (!this.hasFailed) this.log.warn(fields, 'what was signed cannot be kept over a restart');
      this.hasFailed = true;
    }
  }
}

function withInstants({ sent, heard }: Spent, change: (at: number) => number): Spent {
  return {
    sent: sent === null ? null : { stamp: sent.stamp, at: change(sent.at) },
    heard: heard.map(([source, stretches]) => [
      source,
      stretches.map((one) => ({ ...one, heardAt: change(one.heardAt) })),
    ]),
  };
}

function bootId(): string {
  try {
    return readFileSync(BOOT_ID, 'utf8').trim();
  } catch {
    return '';
  }
}

function isKept(value: unknown): value is Kept {
  if (!isRecord(value) || typeof value.boot !== 'string' || !isRecord(value.instances))
    return false;
  const all = Object.values(value.instances);
  return all.length <= INSTANCES_MAX && all.every(isSpent);
}

function isSpent(value: unknown): value is Spent {
  if (!isRecord(value) || !Array.isArray(value.heard)) return false;
  const { sent, heard } = value;
  const sentIsSound =
    sent === null || (isRecord(sent) && isStamp(sent.stamp) && Number.isFinite(sent.at));
  return sentIsSound && heard.every(isHeard);
}

function isHeard(value: unknown): boolean {
  if (!Array.isArray(value) || typeof value[0] !== 'string' || !Array.isArray(value[1]))
    return false;
  return value[1].every(
    (one) => isRecord(one) && isStamp(one.low) && isStamp(one.high) && Number.isFinite(one.heardAt),
  );
}

function isStamp(value: unknown): value is Stamp {
  return isRecord(value) && Number.isFinite(value.ticks) && Number.isFinite(value.counter);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
