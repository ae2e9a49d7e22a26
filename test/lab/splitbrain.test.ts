// needs: root, nftables; takes 35 s
/**
 * A few trials of `npm run bench -- splitbrain`: what a seed draws is cut, stopped and killed, and no two ever hold the
 * address. First that the prober finds two when there are two.
 */
import { afterEach, expect, test } from 'vitest';
import { faultsOf } from './faults.ts';
import { runTrial, togetherWhenCutMs, whatIsWrong } from './trial.ts';
import { Trio, type TrioOptions } from './trio.ts';

const SEEDS = [1, 2, 3, 4];
const CUT_MS = 2_000;
/** What is left when the backup has waited for its master, with room for a busy machine. */
const TOGETHER_MS_MIN = 500;

let trio: Trio | null = null;

afterEach(async () => {
  await trio?.close();
  trio = null;
});

async function layOut(policy: TrioOptions['policy']): Promise<Trio> {
  trio = await Trio.layOut(`splitbrain-${policy}`, { policy, intervalMs: 200 });
  await trio.startAll();
  return trio;
}

test('two that do not hear each other both answer without a lease, and the prober sees it', async () => {
  const directors = await layOut('availability');
  expect(await togetherWhenCutMs(directors, CUT_MS)).toBeGreaterThan(TOGETHER_MS_MIN);
});

test('with a lease never two, whatever is cut, stopped and killed, and somebody is back afterwards', async () => {
  const directors = await layOut('lease');
  for (const seed of SEEDS) {
    const trial = await runTrial(directors, faultsOf(seed));
    expect([`seed ${seed}`, ...whatIsWrong(trial)], trial.timeline.join('\n')).toEqual([
      `seed ${seed}`,
    ]);
  }
});
