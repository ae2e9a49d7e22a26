/** A mutant with a fault → a smaller one with the same fault, for a person to read. */
import type { Files } from './mutate.ts';

/** Enough for a few hundred lines; a shrinking that is not finished is good all the same. */
const TRIES_MAX = 4000;
const SHRINK_MS_MAX = 20_000;

/** `isFaulty` tells whether files still have the fault. */
export function shrunk(files: Files, isFaulty: (files: Files) => boolean): Files {
  const until = performance.now() + SHRINK_MS_MAX;
  let left = TRIES_MAX;
  const isGood = (candidate: Files): boolean => {
    left -= 1;
    return left > 0 && performance.now() < until && isFaulty(candidate);
  };
  let smallest = files;
  for (const path of Object.keys(files)) {
    const { [path]: text = '', ...others } = smallest;
    if (isGood(others)) {
      smallest = others;
      continue;
    }
    const isFaultyWith = (pieces: readonly string[], glue: string): boolean =>
      isGood({ ...smallest, [path]: pieces.join(glue) });
    const lines = fewest(text.split('\n'), (pieces) => isFaultyWith(pieces, '\n')).join('\n');
    smallest = { ...smallest, [path]: lines };
    const characters = fewest([...lines], (pieces) => isFaultyWith(pieces, '')).join('');
    smallest = { ...smallest, [path]: characters };
  }
  return smallest;
}

/** Leaves out ever smaller runs of pieces while the fault stays. */
function fewest(
  pieces: readonly string[],
  isFaulty: (pieces: readonly string[]) => boolean,
): readonly string[] {
  let kept = pieces;
  for (let run = Math.ceil(kept.length / 2); run >= 1; run = run === 1 ? 0 : Math.ceil(run / 2)) {
    for (let at = 0; at < kept.length; ) {
      const fewer = [...kept.slice(0, at), ...kept.slice(at + run)];
      if (isFaulty(fewer)) kept = fewer;
      else at += run;
    }
  }
  return kept;
}
