/** What an instance tells of itself: each change in the log, to scripts, FIFOs and mail; and since when it is so, and why. */
import type { LogFields } from '../base/log.ts';
import type { Instant, Millis } from '../base/time.ts';
import type { VrrpWord } from '../model/notice.ts';
import type { VrrpInstance } from '../model/vrrp.ts';
import type { Counters } from './counters.ts';
import type { Mastership } from './holding/will.ts';
import type { Heard, Note, State } from './machine/state.ts';
import { STATE_WORD, type VrrpPorts } from './ports.ts';

/** So many notes are told once by name; what a flood of forged ones adds is not told. */
const NOTED_MAX = 16;
/** Of a lesser master it is told once an interval of its own, which a forged one says, and not more often than this. */
const LOWER_TOLD_EVERY_MS: Millis = 1_000;

const NOTE = {
  'lesser-master': {
    counter: 'lesserMasters',
    level: 'warn',
    message: 'a master of lower priority was heard',
  },
} as const;

/** Of whom it is told. */
interface Subject {
  readonly instance: VrrpInstance;
  readonly effectivePriority: number;
}

export class Chronicle {
  /** When its state began, in milliseconds since 1970, and by the clock of deadlines. */
  sinceMs: number;
  since: Instant = -Infinity;
  /** Of the last change. */
  reason = 'start';
  private readonly ports: Pick<VrrpPorts, 'clock' | 'log' | 'notify'>;
  private readonly counters: Counters;
  /** When a master of lower priority was told of last. */
  private lowerToldAt: Instant = -Infinity;
  /** What was noted in this state already, and need not be said loudly again. */
  private readonly noted = new Set<string>();

  constructor(ports: Pick<VrrpPorts, 'clock' | 'log' | 'notify'>, counters: Counters) {
    this.ports = ports;
    this.counters = counters;
    this.sinceMs = ports.clock.wallTimeMs();
  }

  changed(subject: Subject, from: State['is'], to: State['is'], reason: string): void {
    const { clock, log } = this.ports;
    this.sinceMs = clock.wallTimeMs();
    this.since = clock.now();
    this.reason = reason;
    this.noted.clear();
    if (to === 'master') this.counters.add('becameMaster');
    if (from === 'master') this.counters.add('releasedMaster');
    const { instance, effectivePriority: priority } = subject;
    const fields: LogFields = { instance: instance.name, from, to, reason, priority };
    log.info(fields, 'state changed');
    if (to !== 'init') this.notify(subject, STATE_WORD[to]);
  }

  /** To everybody else nothing has changed: no script is run. */
  resumed(
    { instance, effectivePriority: priority }: Subject,
    { sinceMs }: Mastership,
    reason: string,
  ): void {
    const { clock, log } = this.ports;
    this.sinceMs = sinceMs;
    this.since = clock.now() - Math.max(0, clock.wallTimeMs() - sinceMs);
    this.reason = reason;
    log.info({ instance: instance.name, reason, priority }, 'still master');
  }

  /** What kept it in fault has gone, and something else does now. */
  otherFault(instance: string, reason: string): void {
    if (reason === this.reason) return;
    this.reason = reason;
    this.ports.log.info({ instance, reason }, 'another fault keeps it out of service');
  }

  /** Its effective priority is another one. */
  priorityChanged(subject: Subject, { is }: State): void {
    if (!subject.instance.notify.tellsPriority || (is !== 'master' && is !== 'backup')) return;
    this.notify(subject, `${STATE_WORD[is]}_PRIORITY`);
  }

  note(instance: string, note: Note, source: string): void {
    this.counters.add(NOTE[note].counter);
    const key = `${note} ${source}`;
    const isNews = !this.noted.has(key) && this.noted.size < NOTED_MAX;
    if (isNews) this.noted.add(key);
    const level = isNews ? NOTE[note].level : 'debug';
    this.ports.log[level]({ instance, source }, NOTE[note].message);
  }

  /** Somebody of lower priority says that he is master, too. */
  heardLower(subject: Subject, { intervalMs }: Heard): void {
    const now = this.ports.clock.now();
    if (now < this.lowerToldAt + Math.max(intervalMs, LOWER_TOLD_EVERY_MS)) return;
    this.lowerToldAt = now;
    this.notify(subject, 'MASTER_RX_LOWER_PRI');
  }

  notify({ instance, effectivePriority: priority }: Subject, state: VrrpWord): void {
    const { name, notify } = instance;
    this.ports.notify.changed({ kind: 'INSTANCE', name, state, priority }, notify);
  }
}
