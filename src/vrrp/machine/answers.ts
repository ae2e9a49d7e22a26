/** What a master says to other masters that it does not yield to (RFC 9568 §6.4.3), at a bounded pace. Pure. */
import type { Instant } from '../../base/time.ts';
import { afterLowerMaster } from './announce.ts';
import { asked } from './pace.ts';
import type { Effect, Heard, Master, Rival, Self, Step } from './state.ts';
import { ANSWER_EVERY_MS, nextAdvertAt, OWNER_PRIORITY } from './timers.ts';

interface Answered {
  readonly state: Master;
  readonly effects: readonly Effect[];
}

/** Advertises out of turn, unless it has just done so: then in a moment. */
export function answer(self: Self, state: Master, now: Instant): Answered {
  const { pace: answers, isNow } = asked(state.answers, ANSWER_EVERY_MS, now);
  if (!isNow) return { state: { ...state, answers }, effects: [] };
  const effects: readonly Effect[] = [{ do: 'advertise', priority: self.priority }];
  return { state: { ...state, advertAt: nextAdvertAt(self, now), answers }, effects };
}

/** Another router is master, and should not be: it and the switches are told who is. */
export function answerLesser(self: Self, state: Master, heard: Heard, now: Instant): Step {
  const { instance } = self;
  const isOwner = heard.priority === OWNER_PRIORITY;
  const note: Effect = { do: 'note', note: 'lesser-master', source: heard.source };
  const answered: Answered = instance.answerLowerPriority
    ? answer(self, state, now)
    : { state, effects: [] };
  const effects = [note, ...answered.effects];
  const rival = isOwner ? rivalOf(self, state.rival, heard, now) : state.rival;
  if (state.holdAt !== null) return stay({ ...answered.state, rival }, effects);
  const { plan, times } = afterLowerMaster(state.announcements, instance.announce, now);
  const announce: readonly Effect[] = times > 0 ? [{ do: 'announce', times }] : [];
  return stay({ ...answered.state, rival, announcements: plan }, [...effects, ...announce]);
}

/** keepalived: two advertisements of our own and 1.2 of the longer interval are the other's time to yield. */
function rivalOf(self: Self, known: Rival | null, heard: Heard, now: Instant): Rival {
  const ownMs = self.instance.advertIntervalMs;
  const withinMs = 1.2 * Math.max(ownMs, heard.intervalMs);
  return { decideAt: known?.decideAt ?? now + 2 * ownMs + withinMs, heardAt: now, withinMs };
}

function stay(state: Master, effects: readonly Effect[]): Step {
  return { state, effects, reason: null };
}
