/**
 * Long work in slices, so that checks and questions have their turns meanwhile. Such work is a generator that yields
 * wherever it may pause, and whoever wants its result says how: `atOnce` or `inSlices`.
 *
 * Between two slices anything may happen. So the work is on data that is never changed, or it looks again.
 */
import { type Clock, type Instant, type Millis, nextTurn } from './time.ts';

/** Work that pauses at each `yield`; a step between two of them takes much less than a millisecond. */
export type Steps<Result> = Generator<undefined, Result, void>;

/** Where many small things are done one after the other, so many of them are a step. */
export const STEP = 64;

/** So long others wait at most for the work of one turn of the event loop, whoever does it. */
const SLICE_MS: Millis = 5;

/** Looking at the clock is a system call on some machines: as long as steps are short, it is done after more of them. */
const LOOK_MS: Millis = 0.25;
const STEPS_PER_LOOK_MAX = 8;

type Ticks = Pick<Clock, 'now'>;

/** Without a pause. */
export function atOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Others have their turns between two slices; what is done within one is as if it had been done at once. */
export async function inSlices<Result>(steps: Steps<Result>, clock: Ticks): Promise<Result> {
  return (await inSlicesWhile(() => true, steps, clock)) as Result;
}

/** The same, given up between two slices when it is not wanted any more: null. */
export async function inSlicesWhile<Result>(
  isWanted: () => boolean,
  steps: Steps<Result>,
  clock: Ticks,
): Promise<Result | null> {
  let stepsPerLook = 1;
  let looked = beginningOfTurn(clock);
  for (;;) {
    const since = beginningOfTurn(clock);
    for (let at = 0; at < stepsPerLook; at += 1) {
      const step = steps.next();
      if (step.done) return step.value;
    }
    const now = clock.now();
    stepsPerLook = now - looked < LOOK_MS ? Math.min(2 * stepsPerLook, STEPS_PER_LOOK_MAX) : 1;
    looked = now;
    if (now - since < SLICE_MS) continue;
    await nextTurn();
    if (!isWanted()) return null;
  }
}

/** Resolves in a turn that has just begun, and what is done in it at once counts as the beginning of its slice. */
export async function freshTurn(clock: Ticks): Promise<void> {
  await nextTurn();
  beginningOfTurn(clock);
}

/** When the first work of this turn has begun, by which clock. */
let turn: { readonly clock: Ticks; readonly since: Instant } | null = null;

function beginningOfTurn(clock: Ticks): Instant {
  if (turn?.clock === clock) return turn.since;
  const begun = { clock, since: clock.now() };
  turn = begun;
  void nextTurn().then(() => {
    if (turn === begun) turn = null;
  });
  return begun.since;
}
