/** `npm run simulate -- --seeds N --from FIRST`: runs N seeds, and prints each that breaks an invariant. */
import { parseArgs } from 'node:util';
import { runSeed } from './run.ts';

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '10000' }, from: { type: 'string', default: '1' } },
});
const first = Number(values.from);
const count = Number(values.seeds);
let failed = 0;
const startedAt = performance.now();
for (let seed = first; seed < first + count; seed += 1) {
  const { findings, timeline } = await runSeed(seed);
  if (findings.length === 0 && count > 1) continue;
  failed += findings.length > 0 ? 1 : 0;
  if (failed <= 5) console.log(`${timeline()}\n`);
}
const seconds = (performance.now() - startedAt) / 1000;
console.log(`${count} seeds in ${seconds.toFixed(1)} s: ${failed} broke an invariant`);
process.exitCode = failed > 0 ? 1 : 0;
