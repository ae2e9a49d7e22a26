/**
 * The machine of an instance that is master only while it has the lease (`split_brain_policy lease`): that of
 * instance.ts, but for one door. Who would become master waits as a backup without a deadline until it is granted.
 *
 *    backup ── would become master ──▶ backup that waits ── granted ──▶ master ── lost, or wanted ──▶ backup
 *                                        │ a master that it may not preempt is heard, or no lease is needed any more
 *                                        ▼
 *                                      backup
 */
import type { Instant } from '../../base/time.ts';
import { step } from './instance.ts';
import type { Backup, Effect, Event, Self, State, Step } from './state.ts';
import { masterDownMs } from './timers.ts';

export type LeaseEvent =
  | { readonly type: 'lease-granted' }
  /** It ran out, or another one is needed from now on (`again`: it will be asked for at once). */
  | { readonly type: 'lease-lost'; readonly again: boolean }
  /** None is needed from now on. */
  | { readonly type: 'lease-unneeded' }
  /** A director of a higher priority asks for it. */
  | { readonly type: 'lease-wanted'; readonly priority: number };

export type LeasedEvent = Event | LeaseEvent;

/** Whether the instance has its lease now. */
export interface LeaseView {
  isHeld(): boolean;
  /** Null: it is not held. */
  holdsUntil(): Instant | null;
}

/** Only the lease is missing. */
export function isWaiting(state: State): state is Backup {
  return state.is === 'backup' && state.masterDownAt === Infinity;
}

/** As `step`; `lease`: null if the instance needs none. */
export function leasedStep(
  self: Self,
  state: State,
  event: LeasedEvent,
  { now, lease }: { readonly now: Instant; readonly lease: LeaseView | null },
): Step {
  switch (event.type) {
    case 'lease-granted': {
      if (!isWaiting(state)) return stay(state);
      // Whoever had it has let go of the addresses: nobody is to be waited for.
      const ready = { ...state, masterDownAt: now, lesserHeardAt: null };
      const begun = holdingFirst(step(self, ready, { type: 'time' }, now));
      return { ...begun, reason: 'lease granted' };
    }
    case 'lease-lost':
      return state.is === 'master' ? lose(self, state, event.again, now) : stay(state);
    case 'lease-unneeded':
      return isWaiting(state) ? stay(listening(self, state, now)) : stay(state);
    case 'lease-wanted': {
      if (state.is !== 'master') return stay(state);
      const reason = `priority ${event.priority} asks for the lease`;
      return { ...step(self, state, { type: 'group-backup' }, now), reason };
    }
    default:
      return guarded(self, state, event, { now, lease });
  }
}

function stay(state: State): Step {
  return { state, effects: [], reason: null };
}

/** The gate opens before the advertisement: with a lease nobody has to hear it before his own is shut. */
function holdingFirst(next: Step): Step {
  const isHold = (effect: Effect): boolean => effect.do === 'hold-addresses';
  const effects = [
    ...next.effects.filter(isHold),
    ...next.effects.filter((effect) => !isHold(effect)),
  ];
  return { ...next, effects };
}

function lose(self: Self, state: State, again: boolean, now: Instant): Step {
  const left = step(self, state, { type: 'group-backup' }, now);
  if (again) return { ...left, state: waiting(self, left.state), reason: 'waits for the lease' };
  // Whoever gets it next need not wait for our silence.
  const effects = [...left.effects, { do: 'advertise', priority: 0 } as const];
  return { ...left, effects, reason: 'lease lost' };
}

function guarded(
  self: Self,
  state: State,
  event: Event,
  { now, lease }: { readonly now: Instant; readonly lease: LeaseView | null },
): Step {
  const isOfLesser =
    event.type === 'heard' && event.advert.priority > 0 && event.advert.priority < self.priority;
  if (isWaiting(state) && isOfLesser && self.instance.preempt) {
    // It has the lease, and hands it over when it hears that we ask for it.
    return stay({ ...state, lesserHeardAt: now });
  }
  if (isWaiting(state) && event.type === 'heard' && event.advert.priority === 0) return stay(state);
  const next = step(self, state, event, now);
  const isRefused =
    next.state.is === 'master' && state.is !== 'master' && lease?.isHeld() === false;
  if (!isRefused) return lease === null ? next : holdingFirst(next);
  const reason = state.is === 'backup' ? null : 'waits for the lease';
  return { state: waiting(self, state), effects: [], reason };
}

/** Another one may be master by the lease: whoever needs none waits until nobody has been heard. */
function listening(self: Self, state: Backup, now: Instant): Backup {
  return { ...state, masterDownAt: now + masterDownMs(self, state.masterIntervalMs) };
}

function waiting({ instance }: Self, state: State): Backup {
  const known = state.is === 'backup' ? state : null;
  return {
    is: 'backup',
    masterIntervalMs: known?.masterIntervalMs ?? instance.advertIntervalMs,
    masterDownAt: Infinity,
    preemptAt: null,
    lesserHeardAt: known?.lesserHeardAt ?? null,
    wasLate: false,
  };
}
