/**
 * The machine of one VRRP instance: RFC 9568 §6.4, and keepalived's FAULT.
 *
 *                       start                         no advertisement in time
 *    init ───────────────────────────▶ backup ─────────────────────────────────▶ master
 *     │                                ▲  │ ◀─────────────────────────────────── │
 *     │ fault      mended              │  │ fault    higher priority, or late     │ fault
 *     └───────▶ fault ─────────────────┘  └─────────────▶ fault ◀────────────────┘
 *
 * It reads no clock and does nothing itself: it answers an event with the next state and with effects
 * as values, and tells when it next wants to be woken.
 */
import { compareAddresses } from '../../base/address.ts';
import { unreachable } from '../../base/error.ts';
import type { Instant, Millis } from '../../base/time.ts';
import type { AnnounceTiming } from '../../model/vrrp.ts';
import {
  dueRounds,
  firstRound,
  isToldAgainst,
  NO_ROUNDS,
  nextRound,
  underTiming,
} from './announce.ts';
import { answer, answerLesser } from './answers.ts';
import { due, RESTED, served } from './pace.ts';
import {
  type Backup,
  type Effect,
  type Event,
  type Fault,
  type Heard,
  type Init,
  type Master,
  type Self,
  SILENCE,
  type State,
  type Step,
} from './state.ts';
import {
  LATE_MS,
  LOWERED_PRIORITY,
  masterDownMs,
  nextAdvertAt,
  OWNER_PRIORITY,
  READ_FIRST_MS,
  silenceMs,
  skewMs,
  YIELD_MS,
} from './timers.ts';

const RESUMED = 'its process died, and the next one goes on';

/** What happens to `state` at `now`. */
export function step(self: Self, state: State, event: Event, now: Instant): Step {
  switch (event.type) {
    case 'fault':
      return state.is === 'fault' ? stay(state) : leave(state, { is: 'fault' }, event.reason);
    case 'stop':
      return leave(state, { is: 'init' }, 'stop');
    case 'start':
      return state.is === 'init' || state.is === 'fault' ? begin(self, state, now) : stay(state);
    case 'resume':
      return state.is === 'init' ? becomeMaster(self, now, RESUMED) : stay(state);
    case 'group-master':
      return state.is === 'backup' ? takeOver(self, state, now, 'sync group') : stay(state);
    case 'group-backup':
      return state.is === 'master' ? yieldTo(self, null, now, 'sync group') : stay(state);
    case 'shut':
      return state.is === 'master' ? yieldTo(self, null, now, event.reason) : stay(state);
    case 'hand-over':
      return state.is === 'backup'
        ? becomeMaster(self, now, `handed over by ${event.from}`)
        : stay(state);
    case 'resign':
      return state.is === 'master' ? resign(self, now, event.reason) : stay(state);
    case 'heard':
      if (state.is === 'backup') return backupHears(self, state, event.advert, now);
      return state.is === 'master' ? masterHears(self, state, event.advert, now) : stay(state);
    case 'time':
      return onTime(self, state, now);
    default:
      return unreachable(event);
  }
}

/** When the machine next wants a `time` event; Infinity: never by itself. */
export function nextDeadline(state: State): Instant {
  switch (state.is) {
    case 'backup':
      return Math.min(state.masterDownAt, state.preemptAt ?? Infinity);
    case 'master':
      return Math.min(
        state.advertAt,
        state.holdAt ?? Infinity,
        state.rival?.decideAt ?? Infinity,
        state.answers.owedAt ?? Infinity,
        nextRound(state.announcements),
      );
    default:
      return Infinity;
  }
}

/** A reload tells how often what is held is announced. */
export function retimed(state: State, timing: AnnounceTiming, now: Instant): State {
  if (state.is !== 'master') return state;
  return { ...state, announcements: underTiming(state.announcements, timing, now) };
}

/** A master stays one, and has announced its addresses against another one of lower priority. */
export function isToldOfLesser(before: State, after: State): boolean {
  if (before.is !== 'master' || after.is !== 'master') return false;
  return isToldAgainst(before.announcements, after.announcements);
}

function stay(state: State, effects: readonly Effect[] = []): Step {
  return { state, effects, reason: null };
}

function begin(self: Self, from: Init | Fault, now: Instant): Step {
  const { instance, priority } = self;
  const { advertIntervalMs, initialState, version } = instance;
  if (priority === OWNER_PRIORITY) return becomeMaster(self, now, 'owner of the addresses');
  // keepalived: `state MASTER` only shortens the first wait, to one interval and the least skew.
  const hinted = initialState === 'master' && from.is === 'init';
  const waitMs = hinted
    ? advertIntervalMs + skewMs(version, OWNER_PRIORITY, advertIntervalMs)
    : masterDownMs(self, advertIntervalMs);
  return {
    state: backup(advertIntervalMs, now + waitMs),
    effects: [],
    reason: from.is === 'init' ? 'start' : 'fault mended',
  };
}

function backup(masterIntervalMs: Millis, masterDownAt: Instant): Backup {
  return {
    is: 'backup',
    masterIntervalMs,
    masterDownAt,
    preemptAt: null,
    lesserHeardAt: null,
    wasLate: false,
  };
}

/** RFC 9568 §6.4.2: advertise first, so that others yield before the addresses move. */
function becomeMaster(self: Self, now: Instant, reason: string): Step {
  const advertAt = nextAdvertAt(self, now);
  const held = hold(self, { advertAt, rival: null, answers: RESTED }, now);
  const advertise: Effect = { do: 'advertise', priority: self.priority };
  return { ...held, effects: [advertise, ...held.effects], reason };
}

function hold(
  self: Self,
  { advertAt, rival, answers }: Pick<Master, 'advertAt' | 'rival' | 'answers'>,
  now: Instant,
): Step {
  const { plan, times } = firstRound(self.instance.announce, now);
  const waits = { advertAt, holdAt: null, rival, answers };
  return stay({ is: 'master', ...waits, announcements: plan }, [
    { do: 'hold-addresses' },
    { do: 'announce', times },
  ]);
}

/** A backup becomes master; from a lesser master that is alive it takes the addresses a moment later. */
function takeOver(self: Self, state: Backup, now: Instant, reason: string): Step {
  const { lesserHeardAt, masterIntervalMs } = state;
  const silentMs = lesserHeardAt === null ? Infinity : now - lesserHeardAt;
  if (silentMs > masterDownMs(self, masterIntervalMs)) return becomeMaster(self, now, reason);
  const master: Master = {
    is: 'master',
    advertAt: nextAdvertAt(self, now),
    holdAt: now + YIELD_MS,
    rival: null,
    answers: RESTED,
    announcements: NO_ROUNDS,
  };
  return { state: master, effects: [{ do: 'advertise', priority: self.priority }], reason };
}

/** A backup hears an advertisement: RFC 9568 §6.4.2. */
function backupHears(self: Self, state: Backup, heard: Heard, now: Instant): Step {
  const { instance, priority } = self;
  if (heard.priority === 0) {
    // The master resigned: only the skew is left to wait.
    const skew = skewMs(instance.version, priority, state.masterIntervalMs);
    return stay({ ...state, masterDownAt: now + skew, preemptAt: null, lesserHeardAt: null });
  }
  const intervalMs = heard.intervalMs;
  const accepted = backup(intervalMs, now + masterDownMs(self, intervalMs));
  if (heard.priority >= priority || !instance.preempt) return stay(accepted);
  if (instance.preemptDelayMs === 0) return stay({ ...state, lesserHeardAt: now }); // let it run out
  // A lesser master is endured for a while.
  const preemptAt = state.preemptAt ?? now + instance.preemptDelayMs;
  return stay({ ...accepted, preemptAt, lesserHeardAt: now, wasLate: state.wasLate });
}

/** A master hears an advertisement: RFC 9568 §6.4.3. */
function masterHears(self: Self, state: Master, heard: Heard, now: Instant): Step {
  const { instance, priority } = self;
  const paused = afterPause(self, state, now);
  // Who was paused reads before its timers run: that it is master is not to be told any more.
  if (paused !== null) {
    return { ...paused, state: backupHears(self, paused.state, heard, now).state };
  }
  if (heard.priority === 0) {
    const answered = answer(self, state, now);
    return stay(answered.state, answered.effects);
  }
  if (isGreater(heard, self)) {
    const reason = `higher priority ${heard.priority} of ${heard.source}`;
    const yielded = yieldTo(self, heard, now, reason);
    if (!instance.answerHigherPriority) return yielded;
    return { ...yielded, effects: [{ do: 'advertise', priority }, ...yielded.effects] };
  }
  if (heard.priority === priority && compareAddresses(heard.source, self.address) === 0) {
    // Who answered here would be answered by its double, and so on without end.
    return stay(state);
  }
  return answerLesser(self, state, heard, now);
}

/** By priority, then by address as an unsigned number. */
function isGreater(heard: Heard, self: Self): boolean {
  if (heard.priority !== self.priority) return heard.priority > self.priority;
  return compareAddresses(heard.source, self.address) > 0;
}

/** From master to backup: the addresses go, and nothing is sent. */
function yieldTo(self: Self, heard: Heard | null, now: Instant, reason: string): Step {
  const intervalMs = heard === null ? self.instance.advertIntervalMs : heard.intervalMs;
  return {
    state: backup(intervalMs, now + masterDownMs(self, intervalMs)),
    effects: [{ do: 'release-addresses' }],
    reason,
  };
}

/** To a backup that stays in service: as when it stops, the addresses go first. */
function resign(self: Self, now: Instant, reason: string): Step {
  const yielded = yieldTo(self, null, now, reason);
  return { ...yielded, effects: [...yielded.effects, { do: 'advertise', priority: 0 }] };
}

/**
 * Out of service. A master gives its addresses up before it says so: whoever hears the priority 0 may
 * hold them at once, and two must never.
 */
function leave(from: State, to: Init | Fault, reason: string): Step {
  const effects: readonly Effect[] =
    from.is === 'master' ? [{ do: 'release-addresses' }, { do: 'advertise', priority: 0 }] : [];
  return { state: to, effects, reason: from.is === to.is ? null : reason };
}

function onTime(self: Self, state: State, now: Instant): Step {
  if (state.is === 'backup') return backupOnTime(self, state, now);
  return state.is === 'master' ? masterOnTime(self, state, now) : stay(state);
}

function backupOnTime(self: Self, state: Backup, now: Instant): Step {
  const { masterDownAt, masterIntervalMs, preemptAt, wasLate } = state;
  const isDown = now >= masterDownAt;
  if (!isDown && (preemptAt === null || now < preemptAt)) return stay(state);
  const lateMs = now - Math.min(masterDownAt, preemptAt ?? Infinity);
  const { lateTimerAdverts } = self.instance;
  if (lateTimerAdverts !== null && lateMs > lateTimerAdverts * masterIntervalMs) {
    return stay(backup(masterIntervalMs, now + masterDownMs(self, masterIntervalMs)));
  }
  // Once: on a machine that is always late it would never take over.
  if (lateMs > LATE_MS && !wasLate) {
    const soon = now + READ_FIRST_MS;
    const again = { masterDownAt: soon, preemptAt: preemptAt === null ? null : soon };
    return stay({ ...state, ...again, wasLate: true });
  }
  return takeOver(self, state, now, isDown ? SILENCE : 'preempt delay is over');
}

/** We were paused for longer than a peer waits: it may hold the addresses now. Listen first. Null: we were not. */
function afterPause(
  { instance }: Self,
  state: Master,
  now: Instant,
): (Step & { readonly state: Backup }) | null {
  const { advertIntervalMs, version } = instance;
  const silentMs = now - (state.advertAt - advertIntervalMs);
  if (silentMs <= silenceMs(instance)) return null;
  const waitMs = advertIntervalMs + skewMs(version, OWNER_PRIORITY, advertIntervalMs);
  return {
    state: backup(advertIntervalMs, now + waitMs),
    effects: [{ do: 'release-addresses' }],
    reason: `was paused for ${Math.round(silentMs)} ms`,
  };
}

function masterOnTime(self: Self, state: Master, now: Instant): Step {
  const { instance, priority } = self;
  const { advertIntervalMs } = instance;
  const paused = afterPause(self, state, now);
  if (paused !== null) return paused;
  if (state.holdAt !== null && now >= state.holdAt) return hold(self, state, now);
  if (state.rival !== null && now >= state.rival.decideAt) {
    const { heardAt, withinMs } = state.rival;
    const isThere = heardAt >= now - withinMs;
    const effects: readonly Effect[] = isThere
      ? [{ do: 'lower-priority', to: LOWERED_PRIORITY }]
      : [];
    return stay({ ...state, rival: null }, effects);
  }
  const { plan, times } = dueRounds(state.announcements, instance.announce, now);
  const owed = due(state.answers, now);
  const isTime = now >= state.advertAt;
  // An array that grows has room for a dozen more.
  const effects: Effect[] = isTime || owed.isNow ? [{ do: 'advertise', priority }] : [];
  let { advertAt } = state;
  if (isTime) {
    // Absolute: a late timer does not move the ones after it.
    advertAt += advertIntervalMs;
    if (advertAt <= now) advertAt = now + advertIntervalMs;
  } else if (owed.isNow) advertAt = nextAdvertAt(self, now);
  const answers = isTime ? served(state.answers) : owed.pace;
  if (times > 0) effects.push({ do: 'announce', times });
  return stay({ ...state, advertAt, answers, announcements: plan }, effects);
}
