/** What is wrong with what is heard, as long as it is: named once when it begins, shown while it lasts. */
import type { Log } from '../../base/log.ts';
import type { Clock, Instant, Millis } from '../../base/time.ts';
import { Trouble } from '../../base/trouble.ts';
import type { AlarmName, AlarmSnapshot } from '../../model/snapshot-vrrp.ts';

/** An alarm is over when its cause has not been seen for so many intervals, and for this time. */
const QUIET_INTERVALS = 3;
const QUIET_MS_MIN: Millis = 10_000;
/** Of one instance: a flood of forged sources must not fill the memory. */
const ALARMS_MAX = 16;

interface Alarm {
  readonly name: AlarmName;
  readonly source: string;
  readonly detail: string;
  lastAt: Instant;
}

export class Alarms {
  private readonly clock: Clock;
  private readonly alarms = new Map<string, Alarm>();
  private readonly raised: Trouble;

  constructor(ports: { readonly clock: Clock; readonly log: Log }) {
    this.clock = ports.clock;
    this.raised = new Trouble(ports, {
      level: 'warn',
      message: 'alarm',
      over: null,
      newsMax: ALARMS_MAX,
    });
  }

  raise(instance: string, name: AlarmName, source: string, detail: string): void {
    const now = this.clock.now();
    const key = `${name} ${source}`;
    const known = this.alarms.get(key);
    if (known !== undefined && known.detail === detail) {
      known.lastAt = now;
      return;
    }
    if (known === undefined && this.alarms.size >= ALARMS_MAX) return;
    this.alarms.set(key, { name, source, detail, lastAt: now });
    this.raised.happened({ instance, alarm: name, source, detail }, `${key} ${detail}`);
  }

  /** Those that last; what has not been seen for long enough is forgotten. */
  lasting(intervalMs: Millis): readonly AlarmSnapshot[] {
    const now = this.clock.now();
    const quietMs = Math.max(QUIET_MS_MIN, QUIET_INTERVALS * intervalMs);
    for (const [key, { lastAt }] of this.alarms) {
      if (now - lastAt > quietMs) this.alarms.delete(key);
    }
    return [...this.alarms.values()].map(({ name, source, detail }) => ({ name, source, detail }));
  }
}
