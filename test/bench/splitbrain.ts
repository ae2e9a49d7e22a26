/**
 * Who answers for the address when two directors are cut off, stopped and killed. `BENCH_PART=proof,stopped,lease`
 * chooses parts, `BENCH_RUNS` how many trials (200), `BENCH_SEED` the first of their seeds, `BENCH_TRIOS` how many are
 * done side by side.
 */
import { lease } from './splitbrain-lease.ts';
import { proof } from './splitbrain-proof.ts';
import { stopped } from './splitbrain-stopped.ts';

const PARTS: Readonly<Record<string, () => Promise<void>>> = { proof, stopped, lease };

const wanted = (process.env.BENCH_PART || Object.keys(PARTS).join()).split(',');
for (const name of wanted) {
  const part = PARTS[name];
  if (part === undefined) {
    process.stdout.write(`${name}: no such part; there are ${Object.keys(PARTS).join(', ')}\n`);
    process.exitCode = 1;
  } else await part();
}
