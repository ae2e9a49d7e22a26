/**
 * A clock that wakes to a fraction of a millisecond and sleeps until then (timerfd_create(2), by the addon): Node's own
 * timers count whole milliseconds, and who waits turn by turn for the rest has a fifth of a CPU for 100
 * advertisements a second. Without the addon it is the one that waits so.
 */
import { Heap, NOWHERE, type Placed } from '../base/heap.ts';
import { type Cancel, type Clock, type Instant, preciseClock } from '../base/time.ts';
import { type Addon, loadAddon } from './addon.ts';

/** Less is not told apart from nothing: what is due a moment later is due. */
const EARLY_MS = 0.005;

interface WakeUp extends Placed {
  readonly at: Instant;
  /** Null: cancelled. */
  run: (() => void) | null;
}

/** For the whole life of the process. */
export function openAlarmClock(): Clock {
  let addon: Addon;
  try {
    addon = loadAddon();
  } catch {
    return preciseClock;
  }
  const waiting = new Heap<WakeUp>((a, b) => a.at - b.at);
  const { now } = preciseClock;
  let armedFor: Instant = Infinity;
  const handle = addon.openAlarm(() => {
    armedFor = Infinity;
    const until = now() + EARLY_MS;
    // Those that are added meanwhile have their turn later, though they may be due.
    const due: WakeUp[] = [];
    for (let first = waiting.first(); first !== undefined && first.at <= until; ) {
      waiting.pop();
      due.push(first);
      first = waiting.first();
    }
    arm();
    for (const { run } of due) run?.();
  });
  const arm = (): void => {
    const at = waiting.first()?.at ?? Infinity;
    if (at === armedFor) return;
    armedFor = at;
    addon.setAlarm(handle, at === Infinity ? -1 : Math.max(0, at - now()));
  };
  return {
    ...preciseClock,
    wakeAt(at, run): Cancel {
      const wakeUp: WakeUp = { at, run, place: NOWHERE };
      waiting.push(wakeUp);
      arm();
      return () => {
        wakeUp.run = null;
        waiting.delete(wakeUp);
        arm();
      };
    },
  };
}
