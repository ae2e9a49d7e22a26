/** Trials in lease mode: what a seed draws is done to the trio, and no two ever hold the address. */
import { faultsOf } from '../lab/faults.ts';
import { BACK_MS_MAX, runTrial, type Trial, whatIsWrong } from '../lab/trial.ts';
import { Trio } from '../lab/trio.ts';
import { quantile } from './figures.ts';

const INTERVAL_MS = 200;
const RUNS = Number(process.env.BENCH_RUNS || 200);
const FIRST_SEED = Number(process.env.BENCH_SEED || 1);
/** Each waits most of the time. */
const TRIOS = Math.min(RUNS, Number(process.env.BENCH_TRIOS || 3));
const PROGRESS_EVERY = 25;
const IS_VERBOSE = Boolean(process.env.BENCH_VERBOSE);

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

export async function lease(): Promise<void> {
  const trials: Trial[] = [];
  let wrong = 0;
  let next = 0;
  const lane = async (name: string): Promise<void> => {
    let trio: Trio | null = null;
    let laidOut = 0;
    while (next < RUNS) {
      const seed = FIRST_SEED + next++;
      laidOut += trio === null ? 1 : 0;
      trio ??= await begin(`${name}${laidOut}`);
      const { trial, complaints } = await tried(trio, seed);
      if (trial !== null) trials.push(trial);
      if (trials.length % PROGRESS_EVERY === 0) tell(`${trials.length} trials, ${wrong} wrong`);
      if (complaints.length > 0 || IS_VERBOSE) {
        tell(`seed ${seed}: ${complaints.join(', ') || 'nothing is wrong'}; ${trio.lab.folder}`);
        for (const line of trial?.timeline ?? []) tell(line);
      }
      if (complaints.length === 0) continue;
      wrong += 1;
      // Whatever is wrong with it shall not be found again in the next one.
      await trio.close();
      trio = null;
    }
    await trio?.close();
  };
  await Promise.all(Array.from({ length: TRIOS }, (_, at) => lane(`splitbrain-${at + 1}-`)));
  sum(trials, wrong);
}

/** A trial that cannot be carried out is one that is wrong: the others go on. */
async function tried(
  trio: Trio,
  seed: number,
): Promise<{ readonly trial: Trial | null; readonly complaints: readonly string[] }> {
  try {
    const trial = await runTrial(trio, faultsOf(seed));
    return { trial, complaints: whatIsWrong(trial) };
  } catch (error) {
    return { trial: null, complaints: [String(error)] };
  }
}

async function begin(name: string): Promise<Trio> {
  const trio = await Trio.layOut(name, { policy: 'lease', intervalMs: INTERVAL_MS });
  await trio.startAll();
  return trio;
}

function sum(trials: readonly Trial[], wrong: number): void {
  const overlaps = trials.filter((one) => one.overlaps.length > 0).length;
  const seeds = `seeds ${FIRST_SEED} to ${FIRST_SEED + RUNS - 1}`;
  tell(`${trials.length} trials in lease mode (${seeds}): two held the address in ${overlaps}`);
  const moves = trials.reduce((total, one) => total + one.moves, 0);
  tell(`the address went from one director to the other ${moves} times`);
  tellParts('nobody answers while there are faults, in all', trials, ({ nobodyMs }) => nobodyMs);
  tellParts('… longest time at once', trials, ({ longestNobodyMs }) => longestNobodyMs);
  tellParts('longest time when all is well again', trials, (trial) => trial.longestAfterMs);
  tell(
    `limits (no overlap, and an answer within ${BACK_MS_MAX} ms): ${wrong === 0 ? 'kept' : 'NOT KEPT'}`,
  );
  if (wrong > 0) process.exitCode = 1;
}

function tellParts(what: string, trials: readonly Trial[], figure: (trial: Trial) => number): void {
  const values = trials.map(figure);
  const parts = [0.5, 0.9, 0.99, 1].map((part) => quantile(values, part).toFixed(0)).join(' / ');
  tell(`${what}: p50 / p90 / p99 / worst ${parts} ms`);
}
